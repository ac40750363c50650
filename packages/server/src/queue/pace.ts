import type { QueuePace } from "./store/rates.store.ts";

/** Jobs per second that a queue gets through when it has enough to do: a band. */
export interface Pace {
  readonly low: number;
  readonly expected: number;
  readonly high: number;
}

/** What a job costs beside its run. */
const OVERHEAD_MS = 1;
/** Below this share of its slots in use the queue was not held up by them, and could have done more. */
const BUSY = 0.5;

/**
 * From what was measured in the last minutes, and from what the slots could do with jobs that take as long as those did. Undefined when
 * nothing has ended lately.
 */
export function toPace(measured: QueuePace | undefined, slots: number): Pace | undefined {
  if (!measured || slots === 0 || measured.perSecond <= 0) return undefined;
  const { perSecond, slowest, fastest, averageMs } = measured;
  const capacity = (slots * 1000) / (averageMs + OVERHEAD_MS);
  const isBusy = perSecond >= capacity * BUSY;
  const expected = isBusy ? perSecond : Math.sqrt(perSecond * capacity);
  return {
    low: Math.min(slowest ?? perSecond, expected * 0.7),
    expected,
    high: Math.max(fastest ?? perSecond, isBusy ? expected * 1.3 : capacity, expected),
  };
}
