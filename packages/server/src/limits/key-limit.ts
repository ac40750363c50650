import type { RateDecision } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
import { createRateLimiter } from "../platform/rate-limiter.ts";

const MINUTE_MS = 60_000;
/** What every key may use up in a minute; large, since what is left of it is told in whole parts. */
const ALLOWANCE = 1e9;
/** A hair less than its share, or sums of thirds would refuse the last call of a minute. It grants none beyond. */
const SHARE = 1 - 1e-9;

export interface KeyLimit {
  /** Charges one call to a key that may make `ratePerMinute` of them. */
  take(keyId: string, ratePerMinute: number): RateDecision;
}

/**
 * The limits of single keys, each with a rate of its own, in one limiter: every key has the same allowance and a call costs the
 * part of it that its rate leaves to one. A rate that is changed keeps the part that was used up. After a quiet minute all of its
 * calls may come at once.
 */
export function createKeyLimit(clock: Clock): KeyLimit {
  const limiter = createRateLimiter({ clock, limit: ALLOWANCE, windowMs: MINUTE_MS });
  return {
    take: (keyId, ratePerMinute) => {
      const cost = (ALLOWANCE / ratePerMinute) * SHARE;
      const answer = limiter.take(keyId, cost);
      return {
        ...answer,
        policy: "key",
        limit: ratePerMinute,
        remaining: Math.floor(answer.remaining / cost),
      };
    },
  };
}
