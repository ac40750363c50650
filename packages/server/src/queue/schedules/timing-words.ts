import cronstrue from "cronstrue/i18n.js";
import type { z } from "zod";
import type { scheduleWordsSchema } from "./schedules.schema.ts";
import type { Timing } from "./timing.ts";

export type TimingWords = z.infer<typeof scheduleWordsSchema>;

interface Describer {
  toString(expression: string, options: { readonly locale: string; readonly use24HourTimeFormat: boolean }): string;
}

// A CommonJS module: to Node its default export is the module, to bundlers what the module calls its default. Both can do this.
const { toString: toWords } = cronstrue as unknown as Describer;

const LENGTH_MAX = 200;
const UNITS = [
  { ms: 24 * 3_600_000, en: "day", zh: "天" },
  { ms: 3_600_000, en: "hour", zh: "小时" },
  { ms: 60_000, en: "minute", zh: "分钟" },
  { ms: 1000, en: "second", zh: "秒" },
  { ms: 1, en: "millisecond", zh: "毫秒" },
];

/** A timing as a person would say it; null when that would be long, or the expression is one for which there are no words. */
export function toTimingWords({ cron, everyMs }: Pick<Timing, "cron" | "everyMs">): TimingWords | null {
  if (everyMs !== null) return toIntervalWords(everyMs);
  if (cron === null) return null;
  const en = describe(cron, "en");
  const zh = describe(cron, "zh_CN");
  return en === undefined || zh === undefined ? null : { en, "zh-CN": zh };
}

function describe(cron: string, locale: string): string | undefined {
  try {
    const words = toWords(cron, { locale, use24HourTimeFormat: true });
    return words.length > LENGTH_MAX ? undefined : words;
  } catch {
    // It knows a little less than what runs: `+` before a weekday, for one.
    return undefined;
  }
}

function toIntervalWords(everyMs: number): TimingWords {
  const unit = UNITS.find(({ ms }) => everyMs % ms === 0);
  if (!unit) throw new Error(`No unit divides ${everyMs} ms.`);
  const count = everyMs / unit.ms;
  return { en: count === 1 ? `Every ${unit.en}` : `Every ${count} ${unit.en}s`, "zh-CN": `每隔 ${count} ${unit.zh}` };
}
