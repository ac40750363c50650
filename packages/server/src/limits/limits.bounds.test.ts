import { describe, expect, test } from "vitest";
import { isRunnable, slidingLogBounds, slotBounds, toOperatorBounds, toRateBounds } from "./limits.bounds.ts";

describe("an operator's bounds", () => {
  test.each([
    [1000, { min: 500, max: 5000 }],
    [5, { min: 2.5, max: 25 }],
    [0.5, { min: 0.3, max: 2.5 }],
    [1.1, { min: 0.6, max: 5.5 }],
    [2.01, { min: 1, max: 10 }],
    // Never below what anybody may set, nor above.
    [0.1, { min: 0.1, max: 0.5 }],
    [900_000, { min: 450_000, max: 1_000_000 }],
  ])("of a rate of %d are half to five times it, small ones with a decimal", (limit, expected) => {
    const configured = { limit, burst: 1, queueLimit: null };
    expect(toOperatorBounds(configured, toRateBounds(1000), true)).toEqual({
      limit: expected,
      burst: { min: 1, max: 5 },
      queueLimit: null,
    });
  });

  test("of slots are whole, and no queue stays none", () => {
    const configured = { limit: 3, burst: null, queueLimit: 0 };
    expect(toOperatorBounds(configured, slotBounds, false)).toEqual({
      limit: { min: 2, max: 15 },
      burst: null,
      queueLimit: { min: 0, max: 0 },
    });
  });

  test("of a sliding log end at what one can hold", () => {
    const configured = { limit: 50, burst: null, queueLimit: null };
    expect(toOperatorBounds(configured, slidingLogBounds, false).limit).toEqual({ min: 25, max: 200 });
  });
});

test("a rate below one per second has the same bounds in its longer window", () => {
  expect(toRateBounds(20_000).limit).toEqual({ min: 0.1, max: 20_000_000 });
});

describe("values", () => {
  const configured = { limit: 1000, burst: 200, queueLimit: null };
  const rate = { configured, bounds: toRateBounds(1000), isWhole: false };

  test.each([
    [configured, true],
    [{ limit: 0.5, burst: 1, queueLimit: null }, true],
    [{ limit: 0.05, burst: 1, queueLimit: null }, false],
    [{ limit: 1, burst: 1.5, queueLimit: null }, false],
    [{ limit: 1, burst: null, queueLimit: null }, false],
    [{ limit: 1, burst: 1, queueLimit: 1 }, false],
  ])("%o can be run by a rate: %s", (values, isFit) => {
    expect(isRunnable(values, rate)).toBe(isFit);
  });

  test("that are configured run, wherever the bounds are", () => {
    const slow = { limit: 0.01, burst: 1, queueLimit: null };
    expect(isRunnable(slow, { ...rate, configured: slow })).toBe(true);
  });
});
