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

describe("another limit", () => {
  test("what was used is drained at the old rate up to the change, and at the new one after it", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 10, windowMs: 1000, burst: 10 });
    times(10, () => limiter.take("a"));
    await clock.advance(500);
    limiter.reconfigure({ limit: 2, burst: 10 });
    expect(limiter.peek("a")).toMatchObject({ limit: 2, remaining: 5, resetMs: 2500 });
    await clock.advance(500);
    expect(limiter.peek("a").remaining).toBe(6);
  });

  test("a larger burst gives a caller the difference, no second whole one", () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), limit: 10, windowMs: 1000, burst: 10 });
    times(10, () => limiter.take("a"));
    limiter.reconfigure({ limit: 10, burst: 15 });
    expect(times(20, () => limiter.take("a").allowed).filter(Boolean)).toHaveLength(5);
    expect(times(20, () => limiter.take("b").allowed).filter(Boolean)).toHaveLength(15);
  });

  test("who used more than a smaller burst waits until that has drained, and is not forgotten meanwhile", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 100, windowMs: 1000, burst: 100 });
    times(100, () => limiter.take("a"));
    limiter.reconfigure({ limit: 10, burst: 5 });
    expect(limiter.take("a")).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 9600 });
    // Other callers bring the turns at which quiet ones are forgotten.
    for (let second = 0; second < 9; second += 1) {
      await clock.advance(1000);
      limiter.take(`other ${second}`);
    }
    expect(limiter.take("a")).toMatchObject({ allowed: false, retryAfterMs: 600 });
    await clock.advance(600);
    expect(limiter.take("a").allowed).toBe(true);
  });

  test("a caller about to be forgotten at the old rate is known for as long as the new one takes", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 1, windowMs: 1000, burst: 10 });
    await clock.advance(9999);
    times(10, () => limiter.take("a"));
    await clock.advance(1);
    limiter.take("b");
    await clock.advance(4999);
    limiter.reconfigure({ limit: 10, burst: 10 });
    expect(limiter.take("a").remaining).toBe(4);
  });

  test("a sliding log keeps its grants", async () => {
    const clock = createFakeClock();
    const limiter = createRateLimiter({ clock, limit: 4, windowMs: 1000, algorithm: "sliding-log" });
    times(4, () => limiter.take("a"));
    limiter.reconfigure({ limit: 2 });
    expect(limiter.take("a")).toMatchObject({ allowed: false, limit: 2, remaining: 0, retryAfterMs: 1000 });
    limiter.reconfigure({ limit: 6 });
    expect(times(4, () => limiter.take("a").allowed)).toEqual([true, true, false, false]);
    await clock.advance(1000);
    expect(limiter.peek("a").remaining).toBe(6);
  });

  test.each([
    ["gcra", { limit: 0, burst: 1 }],
    ["gcra", { limit: 1, burst: 0 }],
    ["sliding-log", { limit: 201 }],
    ["sliding-log", { limit: 1.5 }],
  ] as const)("%s refuses %o and stays as it was", (algorithm, change) => {
    const limiter = createRateLimiter({ clock: createFakeClock(), limit: 3, windowMs: 1000, algorithm });
    expect(() => limiter.reconfigure(change)).toThrow(RangeError);
    expect(times(4, () => limiter.take("a").allowed)).toEqual([true, true, true, false]);
  });
});

describe("what was used elsewhere", () => {
  test("GCRA goes on with the level, drained up to now, and has forgotten it where it was", async () => {
    const clock = createFakeClock();
    const from = createRateLimiter({ clock, limit: 10, windowMs: 1000, burst: 10 });
    const to = createRateLimiter({ clock, limit: 2, windowMs: 1000, burst: 20 });
    times(10, () => from.take("a"));
    await clock.advance(500);
    to.putIn("a", from.takeOut("a"));
    expect(from.peek("a").remaining).toBe(10);
    expect(to.peek("a")).toMatchObject({ remaining: 15, resetMs: 2500 });
    expect(to.peek("b").remaining).toBe(20);
  });

  test("that is more than a burst is waited for, and not forgotten meanwhile", async () => {
    const clock = createFakeClock();
    const from = createRateLimiter({ clock, limit: 100, windowMs: 1000, burst: 100 });
    const to = createRateLimiter({ clock, limit: 10, windowMs: 1000, burst: 5 });
    times(100, () => from.take("a"));
    to.putIn("a", from.takeOut("a"));
    for (let second = 0; second < 9; second += 1) {
      await clock.advance(1000);
      to.take(`other ${second}`);
    }
    expect(to.take("a")).toMatchObject({ allowed: false, retryAfterMs: 600 });
    await clock.advance(600);
    expect(to.take("a").allowed).toBe(true);
    // From then on quiet callers are forgotten after a burst's time again.
    await clock.advance(500);
    to.take("b");
    await clock.advance(500);
    to.take("c");
    expect(to.top(10).map(({ key }) => key)).not.toContain("a");
  });

  test("a sliding log goes on with the times of the grants", async () => {
    const clock = createFakeClock();
    const make = (limit: number) => createRateLimiter({ clock, limit, windowMs: 1000, algorithm: "sliding-log" });
    const [from, to] = [make(4), make(2)];
    from.take("a");
    await clock.advance(600);
    times(3, () => from.take("a"));
    await clock.advance(300);
    to.putIn("a", from.takeOut("a"));
    expect(from.peek("a").remaining).toBe(4);
    expect(to.take("a")).toMatchObject({ allowed: false, remaining: 0, resetMs: 700, retryAfterMs: 700 });
    await clock.advance(700);
    expect(to.peek("a").remaining).toBe(2);
  });

  test("is nothing of a key that nobody knows", () => {
    const limiter = createRateLimiter({ clock: createFakeClock(), limit: 3, windowMs: 1000 });
    limiter.putIn("a", limiter.takeOut("a"));
    expect(limiter.top(5)).toEqual([]);
    expect(limiter.take("a").remaining).toBe(2);
  });
});
