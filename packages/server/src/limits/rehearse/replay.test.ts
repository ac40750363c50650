import { expect, test } from "vitest";
import { createArrivals } from "./arrivals.ts";
import { replay, type ReplayOptions } from "./replay.ts";
import { createGcraTrial, createSlidingLogTrial } from "./trial.ts";

/** Seconds, each with the calls that came at its start, by caller. */
function run(seconds: readonly Readonly<Record<string, number>>[], options: Partial<ReplayOptions> = {}) {
  const arrivals = createArrivals({ startMs: 0 });
  for (const [second, callers] of seconds.entries()) {
    for (const [key, calls] of Object.entries(callers)) {
      for (let call = 0; call < calls; call += 1) arrivals.record(key, second * 1000);
    }
  }
  const rate = { limit: 1, windowMs: 1000, burst: 10 };
  return replay(arrivals.read(seconds.length * 1000, 900_000), {
    algorithm: "gcra",
    now: rate,
    asked: { ...rate, burst: 5 },
    own: new Map(),
    ...options,
  });
}

test("both allowances are tried on the same calls, each caller by itself", () => {
  expect(run([{ a: 12, b: 7 }, { a: 1 }, { c: 1 }])).toEqual({
    arrivals: 21,
    callers: 3,
    peakPerSecond: 19,
    now: { refused: 2, callers: 1 },
    asked: { refused: 9, callers: 2 },
    refusedMost: [
      { key: "a", arrivals: 13, refused: 7 },
      { key: "b", arrivals: 7, refused: 2 },
    ],
  });
});

test("without calls there is nothing to refuse", () => {
  expect(run([])).toEqual({
    arrivals: 0,
    callers: 0,
    peakPerSecond: 0,
    now: { refused: 0, callers: 0 },
    asked: { refused: 0, callers: 0 },
    refusedMost: [],
  });
});

test("an allowance of its own stays what it is on both sides", () => {
  const own = new Map([["a", { limit: 1, windowMs: 1000, burst: 8 }]]);
  expect(run([{ a: 9, b: 9 }], { own })).toMatchObject({
    now: { refused: 1, callers: 1 },
    asked: { refused: 5, callers: 2 },
    refusedMost: [
      { key: "b", refused: 4 },
      { key: "a", refused: 1 },
    ],
  });
});

test("one caller is tried alone, with the values asked about in place of its own", () => {
  const own = new Map([["a", { limit: 1, windowMs: 1000, burst: 8 }]]);
  const options = { own, only: "a", now: { limit: 1, windowMs: 1000, burst: 8 } };
  expect(run([{ a: 9, b: 30 }], options)).toEqual({
    arrivals: 9,
    callers: 1,
    peakPerSecond: 9,
    now: { refused: 1, callers: 1 },
    asked: { refused: 4, callers: 1 },
    refusedMost: [{ key: "a", arrivals: 9, refused: 4 }],
  });
  expect(run([{ b: 30 }], options)).toMatchObject({ arrivals: 0, callers: 0, peakPerSecond: 0 });
});

test("the five that are refused most are told, by name where they are refused alike", () => {
  const { refusedMost, asked } = run([{ f: 7, e: 7, a: 6, b: 9, c: 7, d: 8, g: 5, h: 6 }]);
  expect(refusedMost.map(({ key, refused }) => `${key}${refused}`)).toEqual(["b4", "d3", "c2", "e2", "f2"]);
  expect(asked).toEqual({ refused: 15, callers: 7 });
});

test("a sliding log refuses what its window does not hold", () => {
  const log = { limit: 3, windowMs: 10_000, burst: 3 };
  const calls = [{ a: 2 }, { a: 2 }, ...Array.from({ length: 8 }, () => ({})), { a: 3 }];
  expect(run(calls, { algorithm: "sliding-log", now: log, asked: { ...log, limit: 4 } })).toMatchObject({
    now: { refused: 2 },
    asked: { refused: 1 },
  });
});

test("a sum of thousandths refuses no call that fits to the hair", () => {
  const trial = createGcraTrial({ limit: 1, windowMs: 1000, burst: 5 });
  const level = trial.create();
  expect(trial.refused(level, 0, { calls: 2, firstMs: 200, lastMs: 200 })).toBe(0);
  // 2 used less 0.845 drained, and 0.155 drained by the last call: 5 - 1.155 + 0.155 is 4, and comes out as 3.9999999999999996.
  expect(trial.refused(level, 1000, { calls: 4, firstMs: 45, lastMs: 200 })).toBe(0);
});

test("a spell costs the same however many calls it has", () => {
  const spell = { calls: 1e12, firstMs: 0, lastMs: 999 };
  const gcra = createGcraTrial({ limit: 10, windowMs: 1000, burst: 20 });
  expect(gcra.refused(gcra.create(), 0, spell)).toBe(1e12 - 29);
  const slow = createGcraTrial({ limit: 10, windowMs: 1000, burst: 1 });
  expect(slow.refused(slow.create(), 0, spell)).toBe(1e12 - 10);
  const log = createSlidingLogTrial({ limit: 200, windowMs: 100 });
  expect(log.refused(log.create(), 0, spell)).toBe(1e12 - 2000);
});

test("50,000 spells are replayed without holding the event loop for long", () => {
  const arrivals = createArrivals({ startMs: 0 });
  for (let second = 0; second < 500; second += 1) {
    for (let caller = 0; caller < 100; caller += 1) {
      for (let call = 0; call < 30; call += 1) arrivals.record(`user:${caller}`, second * 1000 + call * 30);
    }
  }
  const started = performance.now();
  for (const algorithm of ["gcra", "sliding-log"] as const) {
    const rate = { limit: 20, windowMs: 1000, burst: 20 };
    const { now } = replay(arrivals.read(500_000, 900_000), { algorithm, now: rate, asked: rate, own: new Map() });
    expect(now).toMatchObject({ callers: 100 });
  }
  // A few milliseconds each; calls stepped through one by one, or a state copied per spell, would take a hundred times as long.
  expect(performance.now() - started).toBeLessThan(1000);
});
