import type { Outputs } from "../../lib/trpc.ts";

export type Series = Outputs["stats"]["series"];
export type Point = Series["points"][number];

const LONGEST_MS = 360 * 60_000;

/** The window on show, and the one of the same length before it. */
export interface Windows {
  readonly stepMs: number;
  readonly current: readonly Point[];
  /** Empty when the server does not remember that far. */
  readonly before: readonly Point[];
}

/** What to ask for: twice the window, as far as the server remembers. */
export function askedRangeMs(rangeMs: number): number {
  return rangeMs * 2 <= LONGEST_MS ? rangeMs * 2 : rangeMs;
}

export function splitWindows(series: Series, rangeMs: number): Windows {
  const steps = Math.ceil(rangeMs / series.stepMs);
  return {
    stepMs: series.stepMs,
    current: series.points.slice(-steps),
    before: series.points.slice(-2 * steps, -steps),
  };
}

export interface Tally {
  readonly calls: number;
  readonly errors: number;
  readonly limited: number;
  /** Seconds for which there are samples. */
  readonly seconds: number;
}

export function tallyOf(points: readonly Point[], stepMs: number): Tally {
  const known = points.filter((point) => point.ok !== null);
  const sum = (read: (point: Point) => number | null): number =>
    known.reduce((all, point) => all + (read(point) ?? 0), 0);
  const [errors, limited] = [sum((point) => point.errors), sum((point) => point.limited)];
  return {
    calls: sum((point) => point.ok) + errors + limited,
    errors,
    limited,
    seconds: (known.length * stepMs) / 1000,
  };
}

export interface Changes {
  /** Share: 0.1 is a tenth more. */
  readonly calls: number | null;
  /** Difference of the failed shares, 0 to 1. */
  readonly errorShare: number | null;
  readonly limitedPerSecond: number | null;
}

const COVERED_MIN = 0.5;

/** How the window differs from the one before; nulls while less than half of either has samples. */
export function changesOf({ current, before, stepMs }: Windows): Changes {
  const now = tallyOf(current, stepMs);
  const then = tallyOf(before, stepMs);
  const neededSeconds = (current.length * stepMs * COVERED_MIN) / 1000;
  if (now.seconds < neededSeconds || then.seconds < neededSeconds || then.calls === 0 || now.calls === 0) {
    return { calls: null, errorShare: null, limitedPerSecond: null };
  }
  return {
    calls: now.calls / now.seconds / (then.calls / then.seconds) - 1,
    errorShare: now.errors / now.calls - then.errors / then.calls,
    limitedPerSecond: now.limited / now.seconds - then.limited / then.seconds,
  };
}

const NORMAL_MIN_POINTS = 12;
/** The newest minutes are what is compared with the normal, so they are no part of it. */
const NEWEST_SHARE = 0.2;

/** The p95 that is usual here: the median of the older steps. Null while there are too few of them. */
export function normalP95(windows: Windows): number | null {
  const all = [...windows.before, ...windows.current];
  const older = all.slice(0, Math.floor(all.length * (1 - NEWEST_SHARE)));
  const values = older.flatMap((point) => (point.p95 === null ? [] : [point.p95])).sort((a, b) => a - b);
  return values.length < NORMAL_MIN_POINTS ? null : (values[Math.floor(values.length / 2)] ?? null);
}

/** Age of the oldest ready job. The gauge has no reading when nothing is ready, which is an age of zero and not a gap. */
export function waitingAges(points: readonly Point[]): (number | null)[] {
  return points.map((point) => point.oldestReadyAgeMs ?? (point.ok === null ? null : 0));
}

export function perSecond(count: number | null, stepMs: number): number | null {
  return count === null ? null : (count * 1000) / stepMs;
}
