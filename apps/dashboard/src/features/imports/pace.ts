/** How far something was at an instant. */
export interface Reading {
  readonly atMs: number;
  readonly done: number;
}

/** Shorter than this, and the first chunk decides the figure. */
export const PACE_AFTER_MS = 3000;
const WINDOW_MS = 15_000;

/** The readings of the last 15 s. One that is behind the last begins anew: something else is counted. */
export function addReading(readings: readonly Reading[], reading: Reading): readonly Reading[] {
  const last = readings.at(-1);
  if (last && reading.done < last.done) return [reading];
  if (last && reading.atMs <= last.atMs) return readings;
  return [...readings.filter(({ atMs }) => reading.atMs - atMs <= WINDOW_MS), reading];
}

/** Per second over the readings; null until they span 3 s. */
export function paceOf(readings: readonly Reading[]): number | null {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || last.atMs - first.atMs < PACE_AFTER_MS) return null;
  return ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
}
