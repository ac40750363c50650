import type { limitRehearseEn } from "../en/limit-rehearse.ts";
import type { TranslationOf } from "../message.ts";

export const limitRehearseZh: TranslationOf<typeof limitRehearseEn> = {
  "limitRehearse.title": "推演",
  "limitRehearse.since": "{time} 以来的调用",
  "limitRehearse.working": "正在推演…",
  "limitRehearse.calls": { other: "{count} 次调用" },
  "limitRehearse.callers": { other: "{count} 个调用者" },
  "limitRehearse.arrivals": "{callers}共 {calls}，一秒内最多 {peak} 次。",
  "limitRehearse.arrivalsOfOne": "{calls}，一秒内最多 {peak} 次。",
  "limitRehearse.shorter": "更早的调用没有记录。",
  "limitRehearse.none": "这段时间内没有调用，无法推演这些值。",
  "limitRehearse.now": "按当前值",
  "limitRehearse.asked": "按新值",
  "limitRehearse.refused": "约拒绝 {refused} 次（{share}），{callers}",
  "limitRehearse.refusedOfOne": "约拒绝 {refused} 次（{share}）",
  "limitRehearse.refusedNone": "不会拒绝",
  "limitRehearse.most": "被拒绝最多：{callers}。",
  "limitRehearse.one": "{caller}（{arrivals} 次中 {refused} 次）",
  "limitRehearse.failed": "无法推演最近几分钟的调用：{message}",
  "limitRehearse.note": "仅限本进程。被拒绝后会等待的调用者，实际调用会更少。",
};
