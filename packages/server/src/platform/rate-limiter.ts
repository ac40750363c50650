import type { Clock } from "./clock.ts";
import { createGenerations } from "./generations.ts";

export type RateAlgorithm = "gcra" | "sliding-log";

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Calls per window and key. */
  readonly limit: number;
  readonly windowMs: number;
  /** GCRA: calls that may come at once after a quiet time. Default `limit`. A sliding log has no burst of its own. */
  readonly burst?: number;
  /**
   * `gcra` (default) keeps two numbers per key and never grants more than `burst + limit / windowMs x time`.
   * `sliding-log` keeps the time of each grant, so that no window of `windowMs`, wherever it starts, holds more than
   * `limit`; for limits of at most 200.
   */
  readonly algorithm?: RateAlgorithm;
  /**
   * Keys remembered at once. Default 100,000. With more callers than that within one window the quietest are forgotten and
   * start with a full allowance: memory stays bounded, whoever sends.
   */
  readonly maxKeys?: number;
}

export interface RateAnswer {
  readonly allowed: boolean;
  readonly limit: number;
  readonly windowMs: number;
  /** Calls left right now. */
  readonly remaining: number;
  /** Milliseconds until the whole allowance is back. */
  readonly resetMs: number;
  /** Milliseconds until `cost` is allowed; 0 when it was. */
  readonly retryAfterMs: number;
  /** When this was so, by the monotonic clock. Whoever counts calls by time needs no second look at it, which costs half a `take`. */
  readonly atMs: number;
}

export interface RateLimiter {
  /** Charges `cost` to a key. A refused call is not charged. */
  take(key: string, cost?: number): RateAnswer;
  /** What `take` would find, without charging; `allowed` is about one more call. */
  peek(key: string): RateAnswer;
  /** Keys that use most of their allowance, busiest first. Reads every key: for an operator's page, not for a hot path. */
  top(count: number): { key: string; used: number }[];
  /**
   * Goes on with another limit, and what was used stays used: of GCRA it has drained at the old rate up to this moment, and may be
   * more than the new burst, which then takes its time; a sliding log keeps its grants. Touches every key. Raises RangeError as
   * `createRateLimiter` does, and then changes nothing.
   */
  reconfigure(change: RateChange): void;
  /** What a key has used, to be put into another limiter. Here the key is as good as new from then on. */
  takeOut(key: string): RateUse;
  /**
   * A key has used this, in place of what was known of it: all of it, also where that is more than this limiter grants at once, which then
   * takes its time. `use` is of the same algorithm and, of a sliding log, of the same window.
   */
  putIn(key: string, use: RateUse): void;
}

/** Use of a key at the moment when it was taken out. */
export interface RateUse {
  /** GCRA: calls that time had not drained. */
  readonly level: number;
  /** Sliding log: when each was granted, by the monotonic clock, oldest first. */
  readonly grantedMs: readonly number[];
}

/** `burst` as in the options: without one, GCRA takes `limit`. */
export type RateChange = Pick<RateLimiterOptions, "limit" | "burst">;

const MAX_KEYS = 100_000;
const SLIDING_LOG_MAX = 200;

/** Raises RangeError for a limit, window or burst that is not above 0, and for a sliding log over 200 calls. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { limit, windowMs, algorithm = "gcra", burst = limit } = options;
  return algorithm === "gcra"
    ? createLimiter(options, createGcra({ limit, windowMs, burst }))
    : createLimiter(options, createSlidingLog({ limit, windowMs }));
}

function requireAboveZero(policy: { readonly limit: number; readonly windowMs: number; readonly burst: number }): void {
  const { limit, windowMs, burst } = policy;
  if (!(limit > 0 && windowMs > 0 && burst > 0)) throw new RangeError("limit, windowMs and burst must be above 0");
}

/** How one algorithm treats the state of one key. */
interface Algorithm<State> {
  readonly limit: number;
  readonly windowMs: number;
  /** Milliseconds after its last grant, or after the last change, from which a key is as good as new. */
  readonly idleMs: number;
  /** Changes the limit; `states` visits the state of every key. */
  reconfigure(change: RateChange, nowMs: number, states: (visit: (state: State) => void) => void): void;
  create(nowMs: number): State;
  /** Milliseconds until `cost` fits; 0 when it fits right now. Brings `state` up to `nowMs`. */
  waitMs(state: State, nowMs: number, cost: number): number;
  charge(state: State, nowMs: number, cost: number): void;
  used(state: State, nowMs: number): number;
  remaining(state: State, nowMs: number): number;
  resetMs(state: State, nowMs: number): number;
  toUse(state: State, nowMs: number): RateUse;
  ofUse(use: RateUse, nowMs: number): State;
}

function createLimiter<State>(options: RateLimiterOptions, algorithm: Algorithm<State>): RateLimiter {
  const { clock, maxKeys = MAX_KEYS } = options;
  const states = createGenerations<State>(Math.max(1, Math.ceil(maxKeys / 2)), algorithm.idleMs, clock.monotonicMs());

  const answer = (state: State, nowMs: number, retryAfterMs: number): RateAnswer => ({
    allowed: retryAfterMs === 0,
    limit: algorithm.limit,
    windowMs: algorithm.windowMs,
    remaining: algorithm.remaining(state, nowMs),
    resetMs: algorithm.resetMs(state, nowMs),
    retryAfterMs,
    atMs: nowMs,
  });

  return {
    take: (key, cost = 1) => {
      const nowMs = clock.monotonicMs();
      let state = states.get(key, nowMs);
      if (state === undefined) {
        state = algorithm.create(nowMs);
        states.add(key, state);
      }
      const waitMs = algorithm.waitMs(state, nowMs, cost);
      if (waitMs === 0) algorithm.charge(state, nowMs, cost);
      return answer(state, nowMs, waitMs);
    },
    peek: (key) => {
      const nowMs = clock.monotonicMs();
      const state = states.get(key, nowMs) ?? algorithm.create(nowMs);
      return answer(state, nowMs, algorithm.waitMs(state, nowMs, 1));
    },
    top: (count) => {
      const nowMs = clock.monotonicMs();
      const busiest: { key: string; used: number }[] = [];
      states.forEach((state, key) => {
        const used = algorithm.used(state, nowMs);
        if (used <= 0 || (busiest.length === count && used <= (busiest.at(-1)?.used ?? 0))) return;
        busiest.push({ key, used });
        busiest.sort((a, b) => b.used - a.used);
        if (busiest.length > count) busiest.pop();
      });
      return busiest;
    },
    reconfigure: (change) => {
      const nowMs = clock.monotonicMs();
      algorithm.reconfigure(change, nowMs, states.forEach);
      states.keepFor(algorithm.idleMs, nowMs);
    },
    takeOut: (key) => {
      const nowMs = clock.monotonicMs();
      const state = states.get(key, nowMs) ?? algorithm.create(nowMs);
      states.delete(key);
      return algorithm.toUse(state, nowMs);
    },
    putIn: (key, use) => {
      const nowMs = clock.monotonicMs();
      const state = algorithm.ofUse(use, nowMs);
      // For its turn to forget what is quiet.
      states.get(key, nowMs);
      states.add(key, state);
      states.keepUntil(nowMs + algorithm.resetMs(state, nowMs));
    },
  };
}

interface Level {
  /** Calls charged and not yet drained by time. */
  used: number;
  atMs: number;
}

/** A millionth of a millionth of any burst: makes up for rounding, grants nothing. */
const ROUNDING = 1e-9;

/**
 * GCRA, kept as a level that drains rather than as its theoretical arrival time: sums of an interval such as a third of
 * a second drift, and the last call of a burst was refused for it.
 */
function createGcra(policy: { limit: number; windowMs: number; burst: number }): Algorithm<Level> {
  requireAboveZero(policy);
  const { windowMs } = policy;
  let { burst } = policy;
  let perMs = policy.limit / windowMs;
  const usedAt = (level: Level, nowMs: number): number => Math.max(0, level.used - (nowMs - level.atMs) * perMs);
  const gcra = {
    limit: policy.limit,
    windowMs,
    idleMs: burst / perMs,
    reconfigure: (change: RateChange, nowMs: number, states: (visit: (level: Level) => void) => void) => {
      const next = { limit: change.limit, windowMs, burst: change.burst ?? change.limit };
      requireAboveZero(next);
      let most = next.burst;
      states((level) => {
        level.used = usedAt(level, nowMs);
        level.atMs = nowMs;
        most = Math.max(most, level.used);
      });
      gcra.limit = next.limit;
      burst = next.burst;
      perMs = next.limit / windowMs;
      // Who used more than the new burst is not as good as new before that has drained.
      gcra.idleMs = most / perMs;
    },
    create: (nowMs: number) => ({ used: 0, atMs: nowMs }),
    waitMs: (level: Level, nowMs: number, cost: number) => {
      level.used = usedAt(level, nowMs);
      level.atMs = nowMs;
      const over = level.used + cost - burst;
      return over <= ROUNDING ? 0 : over / perMs;
    },
    charge: (level: Level, _nowMs: number, cost: number) => {
      level.used += cost;
    },
    used: usedAt,
    remaining: (level: Level, nowMs: number) => Math.max(0, Math.floor(burst - usedAt(level, nowMs) + ROUNDING)),
    resetMs: (level: Level, nowMs: number) => usedAt(level, nowMs) / perMs,
    toUse: (level: Level, nowMs: number) => ({ level: usedAt(level, nowMs), grantedMs: [] }),
    ofUse: ({ level }: RateUse, nowMs: number) => ({ used: level, atMs: nowMs }),
  };
  return gcra;
}

/** Times of the grants of the last window, oldest first: a few hundred numbers at most. */
type GrantTimes = number[];

function createSlidingLog(policy: { limit: number; windowMs: number }): Algorithm<GrantTimes> {
  requireWhole(policy);
  const { windowMs } = policy;
  const expire = (times: GrantTimes, nowMs: number): void => {
    let expired = 0;
    // A window is half open: a grant of exactly one window ago has left it.
    while (expired < times.length && (times[expired] ?? 0) + windowMs <= nowMs) expired += 1;
    if (expired > 0) times.splice(0, expired);
  };
  const usedAt = (times: GrantTimes, nowMs: number): number => {
    expire(times, nowMs);
    return times.length;
  };
  const log = {
    limit: policy.limit,
    windowMs,
    idleMs: windowMs,
    reconfigure: ({ limit }: RateChange) => {
      requireWhole({ limit, windowMs });
      log.limit = limit;
    },
    create: (): GrantTimes => [],
    waitMs: (times: GrantTimes, nowMs: number, cost: number) => {
      const over = usedAt(times, nowMs) + cost - log.limit;
      if (over <= 0) return 0;
      // A cost above the limit never fits; after a whole window its caller may find that out again.
      return (times[over - 1] ?? nowMs) + windowMs - nowMs;
    },
    charge: (times: GrantTimes, nowMs: number, cost: number) => {
      for (let grant = 0; grant < cost; grant += 1) times.push(nowMs);
    },
    used: usedAt,
    // A limit that was lowered may be below what is used.
    remaining: (times: GrantTimes, nowMs: number) => Math.max(0, log.limit - usedAt(times, nowMs)),
    resetMs: (times: GrantTimes, nowMs: number) =>
      times.length === 0 ? 0 : (times.at(-1) ?? nowMs) + windowMs - nowMs,
    toUse: (times: GrantTimes, nowMs: number) => {
      expire(times, nowMs);
      return { level: 0, grantedMs: times };
    },
    ofUse: ({ grantedMs }: RateUse) => [...grantedMs],
  };
  return log;
}

function requireWhole({ limit, windowMs }: { readonly limit: number; readonly windowMs: number }): void {
  requireAboveZero({ limit, windowMs, burst: limit });
  if (limit > SLIDING_LOG_MAX || !Number.isInteger(limit)) {
    throw new RangeError(`a sliding log takes whole limits up to ${SLIDING_LOG_MAX}`);
  }
}
