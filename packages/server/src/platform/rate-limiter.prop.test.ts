import { createFakeClock } from "@switchboard/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/** Advancing the fake clock lets the event loop turn, which is too slow for thousands of steps. */
function createSteppedClock(): Clock & { step(ms: number): void } {
  const clock = createFakeClock();
  let steppedMs = 0;
  return { ...clock, monotonicMs: () => clock.monotonicMs() + steppedMs, step: (ms) => void (steppedMs += ms) };
}

const arrivals = fc.array(fc.record({ waitMs: fc.double({ min: 0, max: 400, noNaN: true }), cost: fc.integer({ min: 1, max: 3 }) }), {
  minLength: 1,
  maxLength: 120,
});

test("GCRA never grants more than burst + rate x time, over any stretch of time", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 60 }),
      arrivals,
      (limit, windowMs, burst, calls) => {
        const clock = createSteppedClock();
        const limiter = createRateLimiter({ clock, limit, windowMs, burst });
        const grants: { atMs: number; cost: number }[] = [];
        for (const { waitMs, cost } of calls) {
          clock.step(waitMs);
          if (limiter.take("key", cost).allowed) grants.push({ atMs: clock.monotonicMs(), cost });
        }
        for (const [first, { atMs }] of grants.entries()) {
          let granted = 0;
          for (const grant of grants.slice(first)) {
            granted += grant.cost;
            expect(granted).toBeLessThanOrEqual(burst + (limit / windowMs) * (grant.atMs - atMs) + 1e-6);
          }
        }
      },
    ),
  );
});

test("a sliding log never grants more than its limit in any window", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 3000 }), arrivals, (limit, windowMs, calls) => {
      const clock = createSteppedClock();
      const limiter = createRateLimiter({ clock, limit, windowMs, algorithm: "sliding-log" });
      const grants: { atMs: number; cost: number }[] = [];
      for (const { waitMs, cost } of calls) {
        clock.step(waitMs);
        if (limiter.take("key", cost).allowed) grants.push({ atMs: clock.monotonicMs(), cost });
      }
      for (const { atMs } of grants) {
        const inWindow = grants.filter((grant) => grant.atMs >= atMs && grant.atMs < atMs + windowMs);
        expect(inWindow.reduce((sum, grant) => sum + grant.cost, 0)).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test("who waits as long as it is told is granted", () => {
  fc.assert(
    fc.property(fc.constantFrom("gcra" as const, "sliding-log" as const), fc.integer({ min: 1, max: 50 }), arrivals, (algorithm, limit, calls) => {
      const clock = createSteppedClock();
      const limiter = createRateLimiter({ clock, limit, windowMs: 1000, algorithm });
      for (const { waitMs } of calls) {
        clock.step(waitMs);
        const answer = limiter.take("key");
        if (answer.allowed) continue;
        // A nanosecond more: adding the wait to the time rounds.
        clock.step(answer.retryAfterMs + 1e-6);
        expect(limiter.take("key").allowed).toBe(true);
      }
    }),
  );
});
