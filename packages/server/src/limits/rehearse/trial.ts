import type { Spell } from "./arrivals.ts";

/** A rate that calls are tried against. */
export interface TrialRate {
  readonly limit: number;
  readonly windowMs: number;
  readonly burst: number;
}

/**
 * What a rate limiter of `platform/rate-limiter.ts` would have decided, for all calls of a spell in one step: whoever called 10,000
 * times in a second must not cost 10,000 steps. Calls of a spell count as if they had come at even distances from the first to
 * the last, which is exact for one, for two, and for any number that came at once.
 */
export interface Trial<State> {
  /** Of a caller that has its whole allowance. */
  create(): State;
  /** How many of these calls are refused. Spells of a caller come in order of time. */
  refused(state: State, secondMs: number, spell: Spell): number;
}

/** As in the limiter: makes up for rounding, grants nothing. */
const ROUNDING = 1e-9;

export interface Level {
  used: number;
  /** Of the last call. */
  atMs: number;
}

/** `burst` is a whole number, as that of every limit is. */
export function createGcraTrial({ limit, windowMs, burst }: TrialRate): Trial<Level> {
  const perMs = limit / windowMs;
  return {
    create: () => ({ used: 0, atMs: 0 }),
    refused: (level, secondMs, { calls, firstMs, lastMs }) => {
      const found = Math.max(0, level.used - (secondMs + firstMs - level.atMs) * perMs);
      const drained = (lastMs - firstMs) * perMs;
      const { granted, used } =
        drained < calls - 1 && burst > 1
          ? grantToRising(found, burst, calls, drained)
          : grantToFalling(found, burst, calls, drained);
      level.used = used;
      level.atMs = secondMs + lastMs;
      return calls - granted;
    },
  };
}

interface Granted {
  readonly granted: number;
  /** The level right after the last call. */
  readonly used: number;
}

/**
 * Less drains between two calls than one takes: the level rises until it leaves room for a call now and then, and is never empty in
 * between. What fits in all is what fitted at the first call and what has drained by the last.
 */
function grantToRising(found: number, burst: number, calls: number, drained: number): Granted {
  const granted = clamp(Math.floor(burst - found + drained + ROUNDING), calls);
  return { granted, used: found + granted - drained };
}

/**
 * At least as much drains from one grant to the next as a grant takes, so that none finds less room than the one before: as many of
 * the first are refused as it takes to make room once, and then one is granted every few calls; every call, unless the burst is 1.
 */
function grantToFalling(found: number, burst: number, calls: number, drained: number): Granted {
  const perGap = calls === 1 ? 0 : drained / (calls - 1);
  const over = found + 1 - burst - ROUNDING;
  const first = over <= 0 ? 0 : Math.ceil(over / perGap);
  if (first >= calls) return { granted: 0, used: Math.max(0, found - drained) };
  const every = perGap >= 1 ? 1 : Math.min(calls, Math.ceil((1 - ROUNDING) / perGap));
  const granted = 1 + Math.floor((calls - 1 - first) / every);
  const last = first + (granted - 1) * every;
  const foundByLast = Math.max(0, Math.max(0, found - first * perGap) - (granted - 1) * (every * perGap - 1));
  return { granted, used: Math.max(0, foundByLast + 1 - (calls - 1 - last) * perGap) };
}

/** Times of the grants that still count, in a ring of `limit` places. */
export interface Log {
  readonly times: number[];
  oldest: number;
  count: number;
}

/** One step for each grant, of which there are at most `limit` in a window, and none for what is refused. */
export function createSlidingLogTrial({ limit, windowMs }: Omit<TrialRate, "burst">): Trial<Log> {
  const expire = (log: Log, atMs: number): void => {
    while (log.count > 0 && oldestOf(log) + windowMs <= atMs) {
      log.oldest = (log.oldest + 1) % limit;
      log.count -= 1;
    }
  };
  return {
    create: () => ({ times: [], oldest: 0, count: 0 }),
    refused: (log, secondMs, { calls, firstMs, lastMs }) => {
      const gapMs = calls === 1 ? 0 : (lastMs - firstMs) / (calls - 1);
      const startMs = secondMs + firstMs;
      let refused = 0;
      for (let call = 0; call < calls;) {
        const atMs = startMs + call * gapMs;
        expire(log, atMs);
        if (log.count < limit) {
          log.times[(log.oldest + log.count) % limit] = atMs;
          log.count += 1;
          call += 1;
          continue;
        }
        // None is granted before the oldest grant has left the window.
        const freeMs = oldestOf(log) + windowMs - startMs;
        const next = gapMs === 0 ? calls : Math.min(calls, Math.max(call + 1, Math.ceil(freeMs / gapMs)));
        refused += next - call;
        call = next;
      }
      return refused;
    },
  };
}

function oldestOf({ times, oldest }: Log): number {
  return times[oldest] ?? 0;
}

function clamp(count: number, most: number): number {
  return Math.min(most, Math.max(0, count));
}
