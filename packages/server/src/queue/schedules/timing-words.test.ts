import { expect, test } from "vitest";
import { toTimingWords } from "./timing-words.ts";

test.each([
  ["0 9 * * 1-5", "At 09:00, Monday through Friday", "在09:00, 星期一至星期五"],
  ["@hourly", "Every hour", "每小时"],
])("%s is said in both languages", (cron, en, zh) => {
  expect(toTimingWords({ cron, everyMs: null })).toEqual({ en, "zh-CN": zh });
});

test.each([
  [1000, "Every second", "每隔 1 秒"],
  [300_000, "Every 5 minutes", "每隔 5 分钟"],
  [5_400_000, "Every 90 minutes", "每隔 90 分钟"],
  [86_400_000, "Every day", "每隔 1 天"],
  [1001, "Every 1001 milliseconds", "每隔 1001 毫秒"],
])("an interval of %i ms is said in both languages", (everyMs, en, zh) => {
  expect(toTimingWords({ cron: null, everyMs })).toEqual({ en, "zh-CN": zh });
});

test("what has no words, or too many, is not said", () => {
  expect(toTimingWords({ cron: "0 0 1 * +1", everyMs: null })).toBeNull();
  const minutes = Array.from({ length: 40 }, (_, index) => index).join(",");
  const hours = Array.from({ length: 20 }, (_, index) => index).join(",");
  expect(toTimingWords({ cron: `${minutes} ${hours} * * *`, everyMs: null })).toBeNull();
});
