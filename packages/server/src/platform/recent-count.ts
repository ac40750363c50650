import type { Clock } from "./clock.ts";

const SLOT_MS = 1000;

/** Counts events of the last few seconds without keeping them. */
export interface RecentCount {
  add(count?: number): void;
  /** Events per second over the window. The window moves in steps of a second. */
  perSecond(): number;
}

/** `windowSeconds` is how far back `perSecond` looks; the second under way counts as well. */
export function createRecentCount(clock: Clock, windowSeconds = 10): RecentCount {
  const counts = new Float64Array(windowSeconds);
  let newestSlot = slotOf(clock);

  /** Empties the slots that time has passed since the last look. */
  const advance = (): number => {
    const slot = slotOf(clock);
    const passed = Math.min(slot - newestSlot, windowSeconds);
    for (let step = 1; step <= passed; step += 1) counts[(newestSlot + step) % windowSeconds] = 0;
    newestSlot = slot;
    return slot % windowSeconds;
  };

  return {
    add: (count = 1) => {
      const index = advance();
      counts[index] = (counts[index] ?? 0) + count;
    },
    perSecond: () => {
      advance();
      return counts.reduce((sum, count) => sum + count, 0) / windowSeconds;
    },
  };
}

function slotOf(clock: Clock): number {
  return Math.floor(clock.monotonicMs() / SLOT_MS);
}
