const SECOND_MS = 1000;
const SECONDS_KEPT = 900;
const MAX_SPELLS = 50_000;

/** Calls of one caller within one second. */
export interface Spell {
  calls: number;
  /** Whole milliseconds into the second at which the first came, and the last. */
  readonly firstMs: number;
  lastMs: number;
}

export interface RecordedArrivals {
  /** Where the first second that is told begins, by the monotonic clock. Of every second since, all calls are there. */
  readonly fromMs: number;
  /** Whether that is as far back as was asked for. */
  readonly isWhole: boolean;
  /** Oldest first; seconds without a call are left out. Holds until the next call is recorded. */
  readonly seconds: readonly { readonly startMs: number; readonly spells: ReadonlyMap<string, Spell> }[];
}

/** Which calls came in the last 15 minutes, allowed or not. */
export interface Arrivals {
  /** `atMs` by the monotonic clock; not before that of the call before. */
  record(key: string, atMs: number): void;
  /** The last `windowMs` up to the second of `nowMs`, which counts as well. */
  read(nowMs: number, windowMs: number): RecordedArrivals;
}

export interface ArrivalsOptions {
  readonly startMs: number;
  /** Callers times seconds that are remembered at once. Default 50,000, which take about 12 MB with their keys. With more the oldest
   *  seconds go. */
  readonly maxSpells?: number;
}

/**
 * A map for each second in place of a list of calls: a caller that calls a thousand times a second costs as much memory as one that
 * calls once. When the spells are too many for one second, that second is left out: half of its callers would be told as all.
 */
export function createArrivals({ startMs, maxSpells = MAX_SPELLS }: ArrivalsOptions): Arrivals {
  // In order of time, since a map keeps the order in which its keys came.
  const bySecond = new Map<number, Map<string, Spell>>();
  let present = new Map<string, Spell>();
  let presentSecond = -1;
  /** Of the seconds before this one, something is missing. */
  let completeFrom = toSecond(startMs);
  let size = 0;

  const forget = (second: number, spells: ReadonlyMap<string, Spell>): void => {
    bySecond.delete(second);
    size -= spells.size;
    completeFrom = Math.max(completeFrom, second + 1);
  };
  const forgetUntil = (lastSecond: number): void => {
    for (const [second, spells] of bySecond) {
      if (second > lastSecond) return;
      forget(second, spells);
    }
  };
  const turnTo = (second: number): void => {
    forgetUntil(second - SECONDS_KEPT);
    present = new Map();
    presentSecond = second;
    bySecond.set(second, present);
  };
  const forgetOldest = (): void => {
    for (const [second, spells] of bySecond) {
      forget(second, spells);
      // A second that was empty makes no room.
      if (spells.size > 0) return;
    }
  };

  return {
    record: (key, atMs) => {
      const second = toSecond(atMs);
      if (second < completeFrom) return;
      if (second !== presentSecond) turnTo(second);
      const ms = Math.trunc(atMs - second * SECOND_MS);
      const spell = present.get(key);
      if (spell) {
        spell.calls += 1;
        spell.lastMs = ms;
        return;
      }
      if (size >= maxSpells) forgetOldest();
      // The oldest was this very second.
      if (second < completeFrom) return;
      present.set(key, { calls: 1, firstMs: ms, lastMs: ms });
      size += 1;
    },
    read: (nowMs, windowMs) => {
      const askedFrom = toSecond(nowMs) - Math.ceil(windowMs / SECOND_MS) + 1;
      const from = Math.max(askedFrom, completeFrom);
      return {
        fromMs: from * SECOND_MS,
        isWhole: from === askedFrom,
        seconds: [...bySecond]
          .filter(([second]) => second >= from)
          .map(([second, spells]) => ({ startMs: second * SECOND_MS, spells })),
      };
    },
  };
}

function toSecond(atMs: number): number {
  return Math.floor(atMs / SECOND_MS);
}
