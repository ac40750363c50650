import type { Clock } from "../platform/clock.ts";

/** Resolves after `ms` or when the signal aborts. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch {
    // Only the abort of the signal ends a sleep early, and the caller looks at it.
  }
}
