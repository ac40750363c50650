import { createFakeClock } from "@switchboard/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "../../platform/clock.ts";
import { createRateGate } from "../limits.gates.ts";
import type { RunningOverride } from "./own-rates.ts";

/** Advancing the fake clock lets the event loop turn, which is too slow for thousands of steps. */
function createSteppedClock(): Clock & { step(ms: number): void } {
  const clock = createFakeClock();
  let steppedMs = 0;
  return { ...clock, monotonicMs: () => clock.monotonicMs() + steppedMs, step: (ms) => void (steppedMs += ms) };
}

const KEY = "user:1";
const rates = fc.record({ limit: fc.integer({ min: 1, max: 8 }), burst: fc.integer({ min: 1, max: 8 }) });
/** Calls about as fast as they are allowed, and in between somebody sets the override, changes it or deletes it. */
const steps = fc.array(
  fc.record({
    share: fc.integer({ min: 0, max: 1500 }).map((thousandths) => thousandths / 1000),
    act: fc.option(fc.option(rates, { freq: 2, nil: null }), { freq: 3, nil: undefined }),
  }),
  { minLength: 1, maxLength: 80 },
);
const windows = fc.integer({ min: 1, max: 3000 });

function toOverride(limit: number, burst: number | null): RunningOverride {
  const values = { limit, burst, queueLimit: null };
  return { caller: KEY, values, revision: 1, by: "a", at: "", reason: null, until: null };
}

test("no toggling of overrides grants more than the larger burst and what the rates allow, over any stretch of time", () => {
  fc.assert(
    fc.property(rates, windows, steps, (shared, windowMs, plan) => {
      const clock = createSteppedClock();
      const gate = createRateGate({
        clock,
        policy: "p",
        scope: "principal",
        windowMs,
        algorithm: "gcra",
        ...shared,
      });
      let own: typeof shared | null = null;
      let drained = 0;
      const seen: { drained: number; burst: number; granted: number }[] = [];
      for (const { share, act } of plan) {
        const { limit } = own ?? shared;
        clock.step((share * windowMs) / limit);
        drained += share;
        if (act !== undefined) {
          own = act;
          gate.runOverrides(act ? [toOverride(act.limit, act.burst)] : []);
        }
        const { allowed } = gate.take(KEY);
        seen.push({ drained, burst: (own ?? shared).burst, granted: allowed ? 1 : 0 });
      }
      for (const [first, from] of seen.entries()) {
        let granted = 0;
        let largest = 0;
        for (const to of seen.slice(first)) {
          granted += to.granted;
          largest = Math.max(largest, to.burst);
          expect(granted).toBeLessThanOrEqual(largest + to.drained - from.drained + 1e-6);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("who waits as long as it is told is granted, whatever began or ended before", () => {
  fc.assert(
    fc.property(rates, windows, steps, (shared, windowMs, plan) => {
      const clock = createSteppedClock();
      const gate = createRateGate({ clock, policy: "p", scope: "principal", windowMs, algorithm: "gcra", ...shared });
      for (const { share, act } of plan) {
        clock.step((share * windowMs) / shared.limit);
        if (act !== undefined) gate.runOverrides(act ? [toOverride(act.limit, act.burst)] : []);
        // Another caller brings the turns at which quiet ones are forgotten.
        gate.take("user:2");
        const answer = gate.take(KEY);
        if (answer.allowed) continue;
        clock.step(answer.retryAfterMs + 1e-6);
        expect(gate.take(KEY).allowed).toBe(true);
      }
    }),
  );
});

test("a sliding log has no place for more than its limit of that moment, whatever began or ended before", () => {
  fc.assert(
    fc.property(rates, windows, steps, (shared, windowMs, plan) => {
      const clock = createSteppedClock();
      const options = { clock, policy: "p", scope: "principal", windowMs, algorithm: "sliding-log" } as const;
      const gate = createRateGate({ ...options, limit: shared.limit, burst: shared.limit });
      let { limit } = shared;
      const grantedMs: number[] = [];
      for (const { share, act } of plan) {
        clock.step((share * windowMs) / limit);
        if (act !== undefined) {
          limit = act ? act.limit : shared.limit;
          gate.runOverrides(act ? [toOverride(act.limit, null)] : []);
        }
        if (!gate.take(KEY).allowed) continue;
        const atMs = clock.monotonicMs();
        grantedMs.push(atMs);
        expect(grantedMs.filter((ms) => ms + windowMs > atMs).length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});
