import { createFakeClock } from "@switchboard/testing";
import { describe, expect, test } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

const times = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);

describe("gcra", () => {
  test("a burst is granted at once and the next call is told how long to wait", () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 50, windowMs: 1000, burst: 100 });
    expect(times(100, () => limiter.take("a").allowed)).not.toContain(false);
    expect(limiter.take("a")).toMatchObject({
      allowed: false,
      limit: 50,
      windowMs: 1000,
      remaining: 0,
      resetMs: 2000,
      retryAfterMs: 20,
    });
  });

  test("a call that waited as long as it was told is granted", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 3, windowMs: 1000 });
    expect(times(3, () => limiter.take("a").allowed)).toEqual([true, true, true]);
    const refused = limiter.take("a");
    await clock.advance(refused.retryAfterMs);
    expect(limiter.take("a").allowed).toBe(true);
    expect(limiter.take("a").allowed).toBe(false);
  });

  test("a refused call is not charged", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 1, windowMs: 1000 });
    limiter.take("a");
    for (let call = 0; call < 50; call += 1) limiter.take("a");
    await clock.advance(1000);
    expect(limiter.take("a").allowed).toBe(true);
  });

  test("callers do not use up each other's allowance", () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), limit: 1, windowMs: 1000 });
    expect(limiter.take("a").allowed).toBe(true);
    expect(limiter.take("b").allowed).toBe(true);
    expect(limiter.take("a").allowed).toBe(false);
  });

  test("a cost of several is charged as a whole or not at all", () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), limit: 10, windowMs: 1000 });
    expect(limiter.take("a", 8).remaining).toBe(2);
    expect(limiter.take("a", 3)).toMatchObject({ allowed: false, remaining: 2, retryAfterMs: 100 });
    expect(limiter.take("a", 2).allowed).toBe(true);
  });

  test("peeking charges nothing", () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), limit: 2, windowMs: 1000 });
    limiter.peek("a");
    expect(limiter.peek("a")).toMatchObject({ allowed: true, remaining: 2, resetMs: 0 });
    limiter.take("a");
    limiter.take("a");
    expect(limiter.peek("a")).toMatchObject({ allowed: false, remaining: 0 });
  });

  test("a wall clock that is set back or forth changes nothing", () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 1, windowMs: 1000 });
    limiter.take("a");
    clock.jump(3_600_000);
    expect(limiter.take("a").allowed).toBe(false);
  });
});

describe("sliding log", () => {
  test("the window slides: what left it is free again, one call at a time", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 2, windowMs: 10_000, algorithm: "sliding-log" });
    expect(limiter.take("a")).toMatchObject({ allowed: true, remaining: 1, resetMs: 10_000 });
    await clock.advance(6000);
    expect(limiter.take("a")).toMatchObject({ allowed: true, remaining: 0 });
    expect(limiter.take("a")).toMatchObject({ allowed: false, retryAfterMs: 4000, resetMs: 10_000 });
    await clock.advance(4000);
    expect(limiter.take("a").allowed).toBe(true);
    expect(limiter.take("a").allowed).toBe(false);
  });

  test("a limit above 200 is refused where it is made", () => {
    const clock = createFakeClock();
    expect(() => createRateLimiter({ clock, limit: 201, windowMs: 1000, algorithm: "sliding-log" })).toThrow(
      RangeError,
    );
  });
});

describe("memory", () => {
  test("no more than the most keys are remembered, and the busiest of them stay", () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 100, windowMs: 60_000, maxKeys: 100 });
    for (let key = 0; key < 10_000; key += 1) {
      limiter.take("busy");
      limiter.take(`stranger-${key}`);
    }
    expect(limiter.top(10_000).length).toBeLessThanOrEqual(100);
    expect(limiter.take("busy").allowed).toBe(false);
  });

  test("keys that are as good as new are forgotten by the next calls, without a timer", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 10, windowMs: 1000 });
    for (let key = 0; key < 50; key += 1) limiter.take(`key-${key}`);
    expect(limiter.top(100)).toHaveLength(50);
    await clock.advance(1000);
    limiter.take("other");
    expect(limiter.top(100)).toEqual([{ key: "other", used: 1 }]);
    expect(clock.pendingCount()).toBe(0);
  });

  test("the busiest keys come first", () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), limit: 10, windowMs: 1000 });
    for (const [key, calls] of [
      ["a", 1],
      ["b", 5],
      ["c", 3],
    ] as const)
      times(calls, () => limiter.take(key));
    expect(limiter.top(2)).toEqual([
      { key: "b", used: 5 },
      { key: "c", used: 3 },
    ]);
  });
});
