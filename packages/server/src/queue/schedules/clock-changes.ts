import type { z } from "zod";
import type { clockChangeSchema } from "./schedules.schema.ts";
import { isOfFixedTimes, nextTimes, type Timing } from "./timing.ts";

export type ClockChange = z.infer<typeof clockChangeSchema>;

interface Shift {
  /** The first moment of the other offset. */
  readonly at: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

const HOUR_MS = 3_600_000;
const AHEAD_MS = 365 * 24 * HOUR_MS;
/** No zone changes its clocks twice in so short a time. */
const STEP_MS = 6 * HOUR_MS;
/** Of one change: an expression with seconds would name thousands. */
const TIMES_MAX = 60;

/**
 * What changes of clocks within the next 365 days do to a timing, by the rules of the zone that Node's own tables have. Empty for an
 * interval, which counts time that passes. A rhythm over every hour of the day is not touched by a change of whole hours: it goes on
 * beating.
 */
export function findClockChanges({ cron, timeZone }: Timing, from: Date): ClockChange[] {
  if (cron === null) return [];
  return findShifts(timeZone, from.getTime()).flatMap((shift) =>
    isUntouched(cron, shift) ? [] : toChanges(cron, timeZone, shift),
  );
}

function isUntouched(cron: string, { beforeMs, afterMs }: Shift): boolean {
  if ((afterMs - beforeMs) % HOUR_MS !== 0 || isOfFixedTimes(cron)) return false;
  // On a day with clocks that do not change, and with a run, each hour has as many as the first.
  const [first] = wallTimes(cron, 0, Number.MAX_SAFE_INTEGER, 1);
  if (first === undefined) return true;
  const day = first - (first % (24 * HOUR_MS));
  return Array.from({ length: 24 }, (_, hour) => day + hour * HOUR_MS).every(
    (start) => wallTimes(cron, start, start + HOUR_MS, 1).length > 0,
  );
}

function toChanges(cron: string, timeZone: string, { at, beforeMs, afterMs }: Shift): ClockChange[] {
  const isForward = afterMs > beforeMs;
  const [start, end] = isForward ? [at + beforeMs, at + afterMs] : [at + afterMs, at + beforeMs];
  const runs = (moment: number): boolean => isRunAt({ cron, everyMs: null, timeZone }, moment);
  return wallTimes(cron, start, end, TIMES_MAX).map((wall) => {
    // A time that is skipped runs when the clocks have jumped, or not at all; whether the moment of the jump is a time of its own
    // does not matter.
    const moments = isForward ? (isOfFixedTimes(cron) ? [at] : []) : [wall - beforeMs, wall - afterMs];
    const text = new Date(wall).toISOString();
    const seconds = text.slice(16, 19);
    return {
      kind: isForward ? "skipped" : "doubled",
      day: text.slice(0, 10),
      time: text.slice(11, 16) + (seconds === ":00" ? "" : seconds),
      runsAt: moments.filter(runs).map((moment) => new Date(moment).toISOString()),
    };
  });
}

/** The times on the clock in `[start, end)`, as if they were UTC, where no time is skipped or doubled. */
function wallTimes(cron: string, start: number, end: number, limit: number): number[] {
  return nextTimes({ cron, everyMs: null, timeZone: "UTC" }, new Date(start - 1000), limit)
    .map((time) => time.getTime())
    .filter((time) => time < end);
}

function isRunAt(timing: Timing, moment: number): boolean {
  return nextTimes(timing, new Date(moment - 1000), 1)[0]?.getTime() === moment;
}

function findShifts(timeZone: string, from: number): Shift[] {
  const offsetAt = createOffsetReader(timeZone);
  const shifts: Shift[] = [];
  for (let at = from, before = offsetAt(at); at < from + AHEAD_MS; at += STEP_MS) {
    const after = offsetAt(at + STEP_MS);
    if (after !== before) shifts.push({ at: bisect(at, at + STEP_MS, offsetAt), beforeMs: before, afterMs: after });
    before = after;
  }
  return shifts;
}

/** The first second with the offset of `late`. */
function bisect(early: number, late: number, offsetAt: (at: number) => number): number {
  let [low, high] = [Math.floor(early / 1000), Math.ceil(late / 1000)];
  const before = offsetAt(low * 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

function createOffsetReader(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  return (at) => {
    const text = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
    // `GMT`, `GMT+10:30`, and with seconds for dates of long ago.
    const [, sign, hours, minutes, seconds] = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text) ?? [];
    const ms = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
    return sign === "-" ? -ms : ms;
  };
}
