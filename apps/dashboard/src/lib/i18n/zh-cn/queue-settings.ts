import type { queueSettingsEn } from "../en/queue-settings.ts";
import type { TranslationOf } from "../message.ts";

export const queueSettingsZh: TranslationOf<typeof queueSettingsEn> = {
  "queueSettings.open": "队列 {name} 的限制",
  "queueSettings.title": "{name} 的限制",
  "queueSettings.now": "当前：{value}",
  "queueSettings.none": "不限",
  "queueSettings.ofCode": "按任务定义",
  "queueSettings.slots": "每个进程的槽位",
  "queueSettings.slots.hint": "一个进程同时运行的任务数。留空：按任务定义。",
  "queueSettings.globalConcurrency": "所有进程同时运行",
  "queueSettings.globalConcurrency.hint": "与进程数量无关。留空：不限。",
  "queueSettings.keyConcurrency": "每个键同时运行",
  "queueSettings.keyConcurrency.hint": "所有进程中键相同的任务。留空：不限。",
  "queueSettings.rateCount": "启动次数",
  "queueSettings.rateCount.hint": "所有进程合计的上限。留空：不限。",
  "queueSettings.rateSeconds": "时间窗口（秒）",
  "queueSettings.rateSeconds.hint": "速率的时间窗口。",
  "queueSettings.bounds": "{min} 到 {max}。",
  "queueSettings.same": "尚未修改。",
  "queueSettings.incomplete": "有字段填写不正确。",
  "queueSettings.note": "从下一次启动起在所有进程生效，正在运行的任务不受影响。",
  "queueSettings.saved": "{name} 的限制已修改",
  "queueSettings.undone": "{name} 的限制已还原",
  "queueSettings.notUndone": "{name} 的限制未能还原",
};
