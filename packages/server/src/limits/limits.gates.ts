import type { Permit, RateDecision } from "../middleware/chain.ts";
import { createBulkhead } from "../platform/bulkhead.ts";
import type { Clock } from "../platform/clock.ts";
import { createRateLimiter, type RateAlgorithm } from "../platform/rate-limiter.ts";
import { createRecentCount } from "../platform/recent-count.ts";
import type { LimitRow, Policy } from "./limits.schema.ts";

const TOP_CALLERS = 5;
const SECOND_MS = 1000;

/** A rate limit and what it decided so far. */
export interface RateGate {
  take(key: string): RateDecision;
  peek(key: string): RateDecision;
  row(): LimitRow;
}

export interface RateGateOptions {
  readonly clock: Clock;
  /** A class, a procedure path or `address`. */
  readonly policy: string;
  readonly scope: "address" | "principal";
  readonly limit: number;
  readonly windowMs: number;
  readonly burst: number;
  readonly algorithm: RateAlgorithm;
}

export function createRateGate(options: RateGateOptions): RateGate {
  const { clock, policy, scope, limit, windowMs, burst, algorithm } = options;
  const limiter = createRateLimiter({ clock, limit, windowMs, burst, algorithm });
  const tally = createTally(clock);
  const capacity = algorithm === "gcra" ? burst : limit;
  return {
    take: (key) => {
      const answer = limiter.take(key);
      tally.count(answer.allowed);
      return { ...answer, policy };
    },
    peek: (key) => ({ ...limiter.peek(key), policy }),
    row: () => {
      const top = limiter.top(TOP_CALLERS);
      return {
        name: `${policy}.rate`,
        kind: "rate",
        scope,
        algorithm,
        limit,
        windowMs,
        burst: algorithm === "gcra" ? burst : null,
        usage: Math.min(1, (top[0]?.used ?? 0) / capacity),
        inFlight: null,
        waiting: null,
        queueLimit: null,
        ...tally.figures(),
        top,
      };
    },
  };
}

/** Calls per second; below one, one call per as many seconds: `0.5` is one call in two seconds. */
export function toWindow(ratePerSecond: number): { limit: number; windowMs: number } {
  return ratePerSecond >= 1
    ? { limit: ratePerSecond, windowMs: SECOND_MS }
    : { limit: 1, windowMs: SECOND_MS / ratePerSecond };
}

/** A number of slots and what was decided about them so far. */
export interface SlotGate {
  tryAcquire(): Permit | undefined;
  acquire(signal: AbortSignal): Promise<Permit>;
  row(): LimitRow;
}

export function createSlotGate(clock: Clock, policy: string, slots: Pick<Policy, "concurrency" | "queue">): SlotGate {
  const bulkhead = createBulkhead({ clock, limit: slots.concurrency, queueLimit: slots.queue });
  const tally = createTally(clock);
  return {
    tryAcquire: () => {
      const permit = bulkhead.tryAcquire();
      if (permit) tally.count(true);
      return permit;
    },
    acquire: async (signal) => {
      try {
        const permit = await bulkhead.acquire(signal);
        tally.count(true);
        return permit;
      } catch (error) {
        tally.count(false);
        throw error;
      }
    },
    row: () => ({
      name: `${policy}.concurrency`,
      kind: "concurrency",
      scope: "global",
      algorithm: "bulkhead",
      limit: bulkhead.limit,
      windowMs: null,
      burst: null,
      usage: bulkhead.inFlight / bulkhead.limit,
      inFlight: bulkhead.inFlight,
      waiting: bulkhead.waiting,
      queueLimit: bulkhead.queueLimit,
      ...tally.figures(),
      top: [],
    }),
  };
}

interface Tally {
  count(isAllowed: boolean): void;
  figures(): Pick<LimitRow, "allowed" | "rejected" | "rejectedPerSecond">;
}

function createTally(clock: Clock): Tally {
  const recentlyRejected = createRecentCount(clock);
  let allowed = 0;
  let rejected = 0;
  return {
    count: (isAllowed) => {
      if (isAllowed) {
        allowed += 1;
        return;
      }
      rejected += 1;
      recentlyRejected.add();
    },
    figures: () => ({ allowed, rejected, rejectedPerSecond: recentlyRejected.perSecond() }),
  };
}
