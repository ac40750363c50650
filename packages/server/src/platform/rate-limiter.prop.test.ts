import { createFakeClock } from "@switchboard/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import { createRateLimiter, type RateAlgorithm } from "./rate-limiter.ts";

/** Advancing the fake clock lets the event loop turn, which is too slow for thousands of steps. */
function createSteppedClock(): Clock & { step(ms: number): void } {
  const clock = createFakeClock();
  let steppedMs = 0;
  return { ...clock, monotonicMs: () => clock.monotonicMs() + steppedMs, step: (ms) => void (steppedMs += ms) };
}

/**
 * Calls that come about as fast as they are allowed: only there is the limit decided. A wait is a share of the time for one
 * call; a whole number over 1,000, because random doubles are mostly tiny.
 */
const arrivals = fc.array(
  fc.record({
    share: fc.integer({ min: 0, max: 1500 }).map((thousandths) => thousandths / 1000),
    cost: fc.integer({ min: 1, max: 2 }),
  }),
  { minLength: 1, maxLength: 80 },
);
const policies = fc.record({
  limit: fc.integer({ min: 1, max: 8 }),
  windowMs: fc.integer({ min: 1, max: 3000 }),
  burst: fc.integer({ min: 1, max: 8 }),
});
const algorithms = fc.constantFrom<RateAlgorithm>("gcra", "sliding-log");

interface Grant {
  readonly atMs: number;
  readonly cost: number;
}

type Plan = readonly { readonly share: number; readonly cost: number }[];

function grantsOf(
  policy: { limit: number; windowMs: number; burst: number; algorithm: RateAlgorithm },
  plan: Plan,
): Grant[] {
  const clock = createSteppedClock();
  const limiter = createRateLimiter({ clock, ...policy });
  return plan.flatMap(({ share, cost }) => {
    clock.step((share * policy.windowMs) / policy.limit);
    return limiter.take("key", cost).allowed ? [{ atMs: clock.monotonicMs(), cost }] : [];
  });
}

const costOf = (grants: readonly Grant[]): number => grants.reduce((sum, grant) => sum + grant.cost, 0);

test("GCRA never grants more than burst + rate x time, over any stretch of time", () => {
  fc.assert(
    fc.property(policies, arrivals, (policy, plan) => {
      const grants = grantsOf({ ...policy, algorithm: "gcra" }, plan);
      for (const [first, { atMs }] of grants.entries()) {
        for (let last = first; last < grants.length; last += 1) {
          const elapsedMs = (grants[last]?.atMs ?? atMs) - atMs;
          const most = policy.burst + (policy.limit / policy.windowMs) * elapsedMs;
          expect(costOf(grants.slice(first, last + 1))).toBeLessThanOrEqual(most + 1e-6);
        }
      }
    }),
  );
});

test("a sliding log never grants more than its limit in any window", () => {
  fc.assert(
    fc.property(policies, arrivals, (policy, plan) => {
      const grants = grantsOf({ ...policy, algorithm: "sliding-log" }, plan);
      for (const { atMs } of grants) {
        const inWindow = grants.filter((grant) => grant.atMs >= atMs && grant.atMs < atMs + policy.windowMs);
        expect(costOf(inWindow)).toBeLessThanOrEqual(policy.limit);
      }
    }),
  );
});

test("who waits as long as it is told is granted", () => {
  fc.assert(
    fc.property(algorithms, policies, arrivals, (algorithm, policy, plan) => {
      const clock = createSteppedClock();
      const limiter = createRateLimiter({ clock, ...policy, algorithm });
      for (const { share } of plan) {
        clock.step((share * policy.windowMs) / policy.limit);
        const answer = limiter.take("key");
        if (answer.allowed) continue;
        // A nanosecond more: adding the wait to the time rounds.
        clock.step(answer.retryAfterMs + 1e-6);
        expect(limiter.take("key").allowed).toBe(true);
      }
    }),
  );
});

/** Calls, and changes of the limit in between. */
const changes = fc.array(
  fc.record({
    share: fc.integer({ min: 0, max: 1500 }).map((thousandths) => thousandths / 1000),
    cost: fc.integer({ min: 1, max: 2 }),
    change: fc.option(fc.record({ limit: fc.integer({ min: 1, max: 8 }), burst: fc.integer({ min: 1, max: 8 }) }), {
      freq: 4,
      nil: undefined,
    }),
  }),
  { minLength: 1, maxLength: 80 },
);

test("GCRA never grants more than a burst and what its rates allow, over any stretch of time with changes in it", () => {
  fc.assert(
    fc.property(policies, changes, (policy, plan) => {
      const clock = createSteppedClock();
      const limiter = createRateLimiter({ clock, ...policy });
      const { windowMs } = policy;
      let { limit, burst } = policy;
      /** What all rates until now would have let through. */
      let drained = 0;
      const grants: { drained: number; cost: number; burst: number }[] = [];
      for (const { share, cost, change } of plan) {
        clock.step((share * windowMs) / limit);
        drained += share;
        if (change) {
          ({ limit, burst } = change);
          limiter.reconfigure(change);
        }
        if (limiter.take("key", cost).allowed) grants.push({ drained, cost, burst });
      }
      for (const [first, from] of grants.entries()) {
        let sum = 0;
        for (const to of grants.slice(first)) {
          sum += to.cost;
          expect(sum).toBeLessThanOrEqual(to.burst + to.drained - from.drained + 1e-6);
        }
      }
    }),
  );
});

test("who waits as long as it is told is granted, also after a change", () => {
  fc.assert(
    fc.property(policies, changes, (policy, plan) => {
      const clock = createSteppedClock();
      const limiter = createRateLimiter({ clock, ...policy });
      for (const { share, change } of plan) {
        clock.step((share * policy.windowMs) / policy.limit);
        if (change) limiter.reconfigure(change);
        const answer = limiter.take("key");
        if (answer.allowed) continue;
        clock.step(answer.retryAfterMs + 1e-6);
        expect(limiter.take("key").allowed).toBe(true);
      }
    }),
  );
});

test("a sliding log never grants a call that its limit of that moment has no place for, whatever it was before", () => {
  fc.assert(
    fc.property(policies, changes, (policy, plan) => {
      const clock = createSteppedClock();
      const limiter = createRateLimiter({ clock, ...policy, algorithm: "sliding-log" });
      const { windowMs } = policy;
      let { limit } = policy;
      const grants: Grant[] = [];
      for (const { share, cost, change } of plan) {
        clock.step((share * windowMs) / limit);
        if (change) limiter.reconfigure({ limit: (limit = change.limit) });
        if (!limiter.take("key", cost).allowed) continue;
        const atMs = clock.monotonicMs();
        grants.push({ atMs, cost });
        expect(costOf(grants.filter((grant) => grant.atMs + windowMs > atMs))).toBeLessThanOrEqual(limit);
      }
    }),
  );
});
