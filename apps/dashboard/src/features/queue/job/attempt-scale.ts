import type { Attempt } from "../job.ts";

export interface AttemptScale {
  readonly startMs: number;
  readonly endMs: number;
  /** Milliseconds after the start. */
  readonly ticks: readonly number[];
  /** 0 to 1. */
  at(timeMs: number): number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  48 * HOUR,
];
const TICKS_MAX = 4;

/** From the first attempt to the end of the last, or to now, with round steps. */
export function createAttemptScale(attemptLog: readonly Attempt[], nowMs: number): AttemptScale {
  const startMs = Date.parse(attemptLog[0]?.startedAt ?? new Date(nowMs).toISOString());
  const ends = attemptLog.map(({ finishedAt }) => (finishedAt === null ? nowMs : Date.parse(finishedAt)));
  const lengthMs = Math.max(1, Math.max(...ends, startMs) - startMs);
  const step = STEPS.find((each) => lengthMs / each <= TICKS_MAX) ?? lengthMs;
  const ticks = Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => index * step);
  return {
    startMs,
    endMs: startMs + lengthMs,
    ticks,
    at: (timeMs) => Math.min(1, Math.max(0, (timeMs - startMs) / lengthMs)),
  };
}
