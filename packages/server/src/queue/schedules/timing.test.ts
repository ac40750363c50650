import fc from "fast-check";
import { expect, test } from "vitest";
import { findDueTimes, findTimingIssues, nextTimes, type Timing } from "./timing.ts";

const cronIn = (cron: string, timeZone = "UTC"): Timing => ({ cron, everyMs: null, timeZone });
const every = (everyMs: number): Timing => ({ cron: null, everyMs, timeZone: "UTC" });
const at = (text: string): Date => new Date(`${text}Z`);
const texts = (times: readonly Date[]): string[] => times.map((time) => time.toISOString().slice(0, 19));

test.each(["* * * * *", "*/10 * * * * *", "0 9 * * MON-FRI", "@daily", "0 0 L * *", "0 0 29 2 *", "30 2 * * 1#2"])(
  "%s is a timing",
  (cron) => {
    expect(findTimingIssues(cronIn(cron, "Asia/Shanghai"))).toEqual([]);
  },
);

test.each([
  ["", "cron"],
  ["* * *", "cron"],
  ["* * * * * * *", "cron"],
  ["61 * * * *", "cron"],
  ["tomorrow", "cron"],
  ["2026-01-01T00:00:00", "cron"],
  ["@reboot", "cron"],
  // Read by the clock of whoever reads it.
  ["0 ? * * *", "cron"],
  // A day that never comes.
  ["0 0 30 2 *", "cron"],
])("the expression %j is refused", (cron, field) => {
  expect(findTimingIssues(cronIn(cron)).map(({ path }) => path)).toEqual([[field]]);
});

test.each(["Nowhere/Special", "+02:00", "", "Europe/Berlin; DROP TABLE"])("the time zone %j is refused", (timeZone) => {
  expect(findTimingIssues(cronIn("* * * * *", timeZone)).map(({ path }) => path)).toEqual([["timeZone"]]);
});

test("a timing has a cron expression or an interval, not both and not neither", () => {
  const both = { cron: "* * * * *", everyMs: 1000, timeZone: "UTC" };
  const neither = { cron: null, everyMs: null, timeZone: "UTC" };
  for (const timing of [both, neither]) expect(findTimingIssues(timing)).toMatchObject([{ path: ["cron"] }]);
});

test("times are those of the zone's clock", () => {
  const summerAndWinter = nextTimes(cronIn("0 9 * * *", "Europe/Berlin"), at("2026-10-24T00:00:00"), 2);
  expect(texts(summerAndWinter)).toEqual(["2026-10-24T07:00:00", "2026-10-25T08:00:00"]);
});

test("an interval counts from where it is told to", () => {
  expect(texts(nextTimes(every(90_000), at("2026-01-01T00:00:00"), 2))).toEqual([
    "2026-01-01T00:01:30",
    "2026-01-01T00:03:00",
  ]);
});

test("one time that is due is followed by the next", () => {
  const due = findDueTimes(cronIn("0 * * * *"), at("2026-01-01T05:00:00"), at("2026-01-01T05:00:00.700"), 100);
  expect(due).toEqual({ times: [at("2026-01-01T05:00:00")], hasEarlier: false, next: at("2026-01-01T06:00:00") });
});

test("a time that is due to the millisecond counts", () => {
  const due = findDueTimes(cronIn("0 * * * *"), at("2026-01-01T05:00:00"), at("2026-01-01T07:00:00"), 100);
  expect(texts(due.times)).toEqual(["2026-01-01T05:00:00", "2026-01-01T06:00:00", "2026-01-01T07:00:00"]);
  expect(due.next).toEqual(at("2026-01-01T08:00:00"));
});

test("of many times that passed the newest are kept", () => {
  for (const timing of [cronIn("* * * * *"), every(60_000)]) {
    const due = findDueTimes(timing, at("2026-01-01T00:00:00"), at("2026-01-02T00:00:30"), 100);
    expect(due.times).toHaveLength(100);
    expect(due.times.at(-1)).toEqual(at("2026-01-02T00:00:00"));
    expect(due).toMatchObject({ hasEarlier: true, next: at("2026-01-02T00:01:00") });
  }
});

test("an interval keeps its beat however late somebody looks", () => {
  const due = findDueTimes(every(3_600_000), at("2026-01-01T00:10:00"), at("2026-01-01T05:59:00"), 100);
  expect(due.times).toHaveLength(6);
  expect(due.next).toEqual(at("2026-01-01T06:10:00"));
});

const zones = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai", "Africa/Casablanca"];
const crons = ["*/7 * * * *", "30 2 * * *", "0 1,2,3 * * *", "*/30 1-3 * * SUN", "15 0 1 * *"];

test("what is found to be due is what running each time on time would have run", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...crons),
      fc.date({ min: at("2025-01-01T00:00:00"), max: at("2027-12-01T00:00:00"), noInvalidDate: true }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 599_000 }),
      (timeZone, cron, from, count, lateMs) => {
        const timing = cronIn(cron, timeZone);
        const onTime = nextTimes(timing, from, count);
        const now = new Date((onTime.at(-1)?.getTime() ?? 0) + lateMs);
        const due = findDueTimes(timing, onTime[0] ?? from, now, 20);
        const after = nextTimes(timing, onTime.at(-1) ?? from, 100).filter((time) => time <= now);
        expect(texts(due.times)).toEqual(texts([...onTime, ...after]));
        expect(due.next).toEqual(nextTimes(timing, now, 1)[0]);
      },
    ),
    { numRuns: 40 },
  );
});
