import type { Clock } from "../../platform/clock.ts";
import { createRateLimiter, type RateAlgorithm, type RateLimiter } from "../../platform/rate-limiter.ts";
import { toLimiterKey, type CallerScope } from "../caller.ts";
import { isSame } from "../limits.bounds.ts";
import type { LimitValues } from "../limits.schema.ts";

/** How a rate runs for a caller that has an allowance of its own. */
export interface RunningOverride {
  readonly caller: string;
  readonly values: LimitValues;
  readonly revision: number;
  readonly by: string;
  readonly at: string;
  readonly reason: string | null;
  /** Null when it stays until somebody deletes it. */
  readonly until: string | null;
}

export interface OwnRatesOptions {
  readonly clock: Clock;
  readonly scope: CallerScope;
  readonly windowMs: number;
  readonly algorithm: RateAlgorithm;
  /** Of all who have no allowance of their own. */
  readonly shared: RateLimiter;
}

export interface OwnRates {
  /** What counts a caller: its own limiter, or the one that all others share. */
  limiterOf(key: string): RateLimiter;
  find(key: string): RunningOverride | undefined;
  /** The newest first. */
  list(): readonly RunningOverride[];
  /** From now on these and no others. What a caller has used stays used. */
  run(overrides: readonly RunningOverride[]): void;
  /** What these callers have used, and of how many. */
  used(): { readonly key: string; readonly used: number; readonly of: number }[];
}

interface OwnRate {
  readonly limiter: RateLimiter;
  override: RunningOverride;
}

/** Generations of a limiter hold half of it each, and one that is full ends with every call. */
const KEYS_OF_ONE = 4;

/**
 * The callers of a rate that have an allowance of their own. What was used moves with the caller, all of it, whenever one begins, changes
 * or ends: whoever sets and deletes one in turns hands out no second burst. Guarded by own-rates.prop.test.ts.
 */
export function createOwnRates({ clock, scope, windowMs, algorithm, shared }: OwnRatesOptions): OwnRates {
  const own = new Map<string, OwnRate>();

  const begin = (key: string, override: RunningOverride): void => {
    const limiter = createRateLimiter({
      clock,
      windowMs,
      algorithm,
      maxKeys: KEYS_OF_ONE,
      ...toRate(override.values),
    });
    limiter.putIn(key, shared.takeOut(key));
    own.set(key, { limiter, override });
  };

  const end = (key: string, { limiter }: OwnRate): void => {
    shared.putIn(key, limiter.takeOut(key));
    own.delete(key);
  };

  const change = (rate: OwnRate, override: RunningOverride): void => {
    if (!isSame(rate.override.values, override.values)) rate.limiter.reconfigure(toRate(override.values));
    rate.override = override;
  };

  return {
    // A caller's key is hashed for a map only where some caller has an allowance of its own.
    limiterOf: (key) => (own.size === 0 ? shared : (own.get(key)?.limiter ?? shared)),
    find: (key) => own.get(key)?.override,
    list: () => [...own.values()].map(({ override }) => override).sort((a, b) => b.revision - a.revision),
    run: (overrides) => {
      const wanted = new Map(overrides.map((override) => [toLimiterKey(override.caller, scope), override]));
      for (const [key, rate] of own) {
        if (!wanted.has(key)) end(key, rate);
      }
      for (const [key, override] of wanted) {
        const rate = own.get(key);
        if (rate) change(rate, override);
        else begin(key, override);
      }
    },
    used: () =>
      [...own].flatMap(([key, { limiter, override }]) => {
        const used = limiter.top(1)[0]?.used ?? 0;
        return used > 0 ? [{ key, used, of: override.values.burst ?? override.values.limit }] : [];
      }),
  };
}

function toRate({ limit, burst }: LimitValues): { limit: number; burst: number } {
  return { limit, burst: burst ?? limit };
}
