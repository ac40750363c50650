import { createFakeClock } from "@switchboard/testing";
import { describe, expect, test } from "vitest";
import { createRateGate, type RateGate } from "../limits.gates.ts";
import type { RunningOverride } from "./own-rates.ts";

const setup = (scope: "address" | "principal" = "principal") => {
  const clock = createFakeClock();
  const gate = createRateGate({
    clock,
    policy: "read",
    scope,
    limit: 10,
    windowMs: 1000,
    burst: 10,
    algorithm: "gcra",
  });
  return { clock, gate };
};
const setupLog = () => {
  const clock = createFakeClock();
  const options = { scope: "principal", limit: 4, windowMs: 1000, burst: 4, algorithm: "sliding-log" } as const;
  return { clock, gate: createRateGate({ clock, policy: "lab", ...options }) };
};

const overrideOf = (caller: string, limit: number, burst: number | null, revision = 1): RunningOverride => ({
  caller,
  values: { limit, burst, queueLimit: null },
  revision,
  by: "a",
  at: "",
  reason: null,
  until: null,
});
const grantedOf = (gate: RateGate, key: string, calls = 50): number =>
  Array.from({ length: calls }, () => gate.take(key).allowed).filter(Boolean).length;

describe("a caller with an allowance of its own", () => {
  test("has it alone, and is told its own numbers", () => {
    const { gate } = setup();
    gate.runOverrides([overrideOf("user:1", 2, 30)]);
    expect(gate.take("user:1")).toMatchObject({ policy: "read", limit: 2, remaining: 29, allowed: true });
    expect(grantedOf(gate, "user:1")).toBe(29);
    expect(gate.peek("user:1")).toMatchObject({ limit: 2, remaining: 0, retryAfterMs: 500 });
    expect(grantedOf(gate, "user:2")).toBe(10);
    expect(gate.peek("user:2")).toMatchObject({ limit: 10, remaining: 0, retryAfterMs: 100 });
  });

  test("of an address is found by the key that an address limit counts by", () => {
    const { gate } = setup("address");
    gate.runOverrides([overrideOf("address:2001:db8:1:2::/64", 10, 3)]);
    expect(grantedOf(gate, "2001:db8:1:2::/64")).toBe(3);
    expect(gate.findOverride("2001:db8:1:2::/64")).toMatchObject({ caller: "address:2001:db8:1:2::/64" });
  });

  test("counts in usage by what it may have itself, and is among the busiest", () => {
    const { gate } = setup();
    gate.runOverrides([overrideOf("user:1", 10, 40)]);
    grantedOf(gate, "user:1", 20);
    grantedOf(gate, "user:2", 3);
    expect(gate.row()).toMatchObject({
      usage: 0.5,
      overrideCount: 1,
      top: [
        { key: "user:1", used: 20, of: 40 },
        { key: "user:2", used: 3, of: 10 },
      ],
    });
    grantedOf(gate, "user:2", 4);
    // Fewer calls, and closer to its limit.
    expect(gate.row()).toMatchObject({ usage: 0.7, top: [{ key: "user:2", used: 7 }, { key: "user:1" }] });
  });

  test("that does not fit is left out, and told", () => {
    const { gate } = setup();
    const unfit = [overrideOf("user:1", 0, 5), overrideOf("user:2", 5, null), overrideOf("user:3", 5, 1.5)];
    const fit = overrideOf("user:4", 0.5, 5, 7);
    expect(gate.runOverrides([...unfit, fit])).toEqual(unfit);
    expect(gate.overrides()).toEqual([fit]);
  });

  test("comes before those that are older", () => {
    const { gate } = setup();
    gate.runOverrides([overrideOf("user:1", 5, 5, 3), overrideOf("user:2", 5, 5, 9), overrideOf("user:3", 5, 5, 6)]);
    expect(gate.overrides().map(({ revision }) => revision)).toEqual([9, 6, 3]);
  });
});

describe("what was used", () => {
  test("stays used when an allowance begins, changes and ends", async () => {
    const { clock, gate } = setup();
    expect(grantedOf(gate, "user:1", 8)).toBe(8);
    gate.runOverrides([overrideOf("user:1", 10, 20)]);
    expect(grantedOf(gate, "user:1")).toBe(12);
    gate.runOverrides([overrideOf("user:1", 1, 25)]);
    expect(grantedOf(gate, "user:1")).toBe(5);
    gate.runOverrides([]);
    // 25 used, of which 10 may be: 16 have to drain before the next.
    expect(gate.take("user:1")).toMatchObject({ allowed: false, limit: 10, retryAfterMs: 1600 });
    await clock.advance(1600);
    expect(grantedOf(gate, "user:1")).toBe(1);
    expect(gate.row()).toMatchObject({ overrideCount: 0, top: [{ key: "user:1", used: 10 }] });
  });

  test("is no second burst for whoever is given a small one and loses it again", () => {
    const { gate } = setup();
    expect(grantedOf(gate, "user:1")).toBe(10);
    for (let round = 0; round < 5; round += 1) {
      gate.runOverrides([overrideOf("user:1", 10, 1)]);
      expect(grantedOf(gate, "user:1")).toBe(0);
      gate.runOverrides([]);
      expect(grantedOf(gate, "user:1")).toBe(0);
    }
  });

  test("of a sliding log are its grants, which leave when their window is over", async () => {
    const { clock, gate } = setupLog();
    expect(grantedOf(gate, "user:1", 3)).toBe(3);
    await clock.advance(400);
    gate.runOverrides([overrideOf("user:1", 6, null)]);
    expect(grantedOf(gate, "user:1")).toBe(3);
    gate.runOverrides([]);
    expect(gate.take("user:1")).toMatchObject({ allowed: false, retryAfterMs: 600 });
    await clock.advance(600);
    expect(grantedOf(gate, "user:1")).toBe(1);
  });

  test("of a caller that has none of its own is not touched", () => {
    const { gate } = setup();
    grantedOf(gate, "user:2", 4);
    gate.runOverrides([overrideOf("user:1", 10, 20)]);
    gate.runOverrides([]);
    expect(gate.peek("user:2").remaining).toBe(6);
  });
});
