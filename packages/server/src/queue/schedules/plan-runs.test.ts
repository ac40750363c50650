import { expect, test } from "vitest";
import { planRuns } from "./plan-runs.ts";
import type { Schedule } from "./schedules.schema.ts";

const HOUR_MS = 3_600_000;
const now = new Date("2026-01-01T12:00:01Z");
const before = (hours: number): Date => new Date(now.getTime() - 1000 - hours * HOUR_MS);
const plan = (missed: Schedule["missed"], hours: readonly number[], hasEarlier = false) =>
  planRuns(missed, { times: hours.map(before), hasEarlier, next: before(-1) }, now);

test.each(["skip", "once", "each"] as const)("a time that is run on time is run whatever the policy, %s", (missed) => {
  expect(plan(missed, [0])).toEqual([{ dueAt: before(0), isRun: true, note: null }]);
});

test("skip puts on record how many were missed and runs the one on time", () => {
  expect(plan("skip", [2, 1, 0])).toEqual([
    { dueAt: before(1), isRun: false, note: "Skipped 2 missed times." },
    { dueAt: before(0), isRun: true, note: null },
  ]);
  expect(plan("skip", [1])).toEqual([{ dueAt: before(1), isRun: false, note: "Skipped 1 missed time." }]);
});

test("once runs one for all, which is the one on time if there is one", () => {
  expect(plan("once", [3, 2, 1])).toEqual([{ dueAt: before(1), isRun: true, note: "Stands for 3 missed times." }]);
  expect(plan("once", [2, 1, 0])).toEqual([{ dueAt: before(0), isRun: true, note: "Stands for 2 missed times." }]);
  expect(plan("once", [2, 1], true)).toMatchObject([{ note: "Stands for more than 2 missed times." }]);
});

test("each runs every one and says when earlier ones were left out", () => {
  expect(plan("each", [2, 1, 0])).toEqual([
    { dueAt: before(2), isRun: true, note: "Was missed." },
    { dueAt: before(1), isRun: true, note: "Was missed." },
    { dueAt: before(0), isRun: true, note: null },
  ]);
  expect(plan("each", [2, 1], true)[0]?.note).toBe("Was missed. Earlier times were left out.");
});

test("a time is late after a minute, or after the period of a shorter rhythm", () => {
  const late = (ageMs: number, periodMs: number): boolean => {
    const at = new Date(now.getTime() - ageMs);
    const due = { times: [at], hasEarlier: false, next: new Date(at.getTime() + periodMs) };
    return planRuns("skip", due, now)[0]?.isRun === false;
  };
  expect(late(60_000, HOUR_MS)).toBe(false);
  expect(late(60_001, HOUR_MS)).toBe(true);
  expect(late(5000, 1000)).toBe(false);
  expect(late(5001, 1000)).toBe(true);
  expect(late(20_000, 30_000)).toBe(false);
});
