import { expect, test } from "vitest";
import { createArrivals, type Arrivals } from "./arrivals.ts";

const MINUTE_MS = 60_000;
const WINDOW_MS = 15 * MINUTE_MS;

/** What is recorded, as `second: key calls first-last`. */
function tell(arrivals: Arrivals, nowMs: number, windowMs = WINDOW_MS): string[] {
  return arrivals
    .read(nowMs, windowMs)
    .seconds.flatMap(({ startMs, spells }) =>
      [...spells].map(([key, { calls, firstMs, lastMs }]) => `${startMs / 1000}: ${key} ${calls} ${firstMs}-${lastMs}`),
    );
}

test("calls of a caller in a second are one spell, from the first to the last", () => {
  const arrivals = createArrivals({ startMs: 0 });
  for (const atMs of [2100.7, 2500, 2999.9, 3000]) arrivals.record("user:1", atMs);
  arrivals.record("user:2", 3001);
  expect(tell(arrivals, 3500)).toEqual(["2: user:1 3 100-999", "3: user:1 1 0-0", "3: user:2 1 1-1"]);
});

test("it goes back 15 minutes, with the second under way, and no further", () => {
  const arrivals = createArrivals({ startMs: 0 });
  for (const second of [0, 1, 100, 900]) arrivals.record("user:1", second * 1000);
  expect(tell(arrivals, 900_500).map((line) => line.split(":")[0])).toEqual(["1", "100", "900"]);
  expect(arrivals.read(900_500, WINDOW_MS)).toMatchObject({ fromMs: 1000, isWhole: true });
  expect(arrivals.read(900_500, MINUTE_MS)).toMatchObject({
    fromMs: 841_000,
    isWhole: true,
    seconds: [{ startMs: 900_000 }],
  });
  // What is older is forgotten, not just left out.
  expect(arrivals.read(900_500, 20 * MINUTE_MS)).toMatchObject({ fromMs: 1000, isWhole: false });
  expect(tell(arrivals, 900_500, 20 * MINUTE_MS)[0]).toBe("1: user:1 1 0-0");
  // Without a call, too, time goes on.
  expect(tell(arrivals, 1_900_000)).toEqual([]);
});

test("a process younger than what is asked for says since when it knows", () => {
  const arrivals = createArrivals({ startMs: 5700 });
  arrivals.record("user:1", 6000);
  expect(arrivals.read(10_000, WINDOW_MS)).toMatchObject({ fromMs: 5000, isWhole: false });
  expect(arrivals.read(905_000, WINDOW_MS)).toMatchObject({ fromMs: 6000, isWhole: true });
});

test("with more callers than it remembers the oldest seconds go, and it says since when it knows", () => {
  const arrivals = createArrivals({ startMs: 0, maxSpells: 5 });
  for (const second of [1, 2, 3]) {
    for (const key of ["a", "b"]) arrivals.record(key, second * 1000);
  }
  expect(tell(arrivals, 3000)).toEqual(["2: a 1 0-0", "2: b 1 0-0", "3: a 1 0-0", "3: b 1 0-0"]);
  expect(arrivals.read(3000, WINDOW_MS)).toMatchObject({ fromMs: 2000, isWhole: false });
  // A call of a caller that is there takes no room.
  for (const _ of [1, 2, 3]) arrivals.record("a", 3500);
  expect(arrivals.read(3500, 2000)).toMatchObject({ fromMs: 2000, isWhole: true });
});

test("a second with more callers than it remembers is left out, the next one is not", () => {
  const arrivals = createArrivals({ startMs: 0, maxSpells: 3 });
  arrivals.record("early", 500);
  for (const key of ["a", "b", "c", "d", "a"]) arrivals.record(key, 1500);
  expect(tell(arrivals, 1500)).toEqual([]);
  arrivals.record("a", 2000);
  expect(tell(arrivals, 2000)).toEqual(["2: a 1 0-0"]);
  expect(arrivals.read(2000, WINDOW_MS)).toMatchObject({ fromMs: 2000, isWhole: false });
});

test("seconds that were left out take no room from those that follow", () => {
  const arrivals = createArrivals({ startMs: 0, maxSpells: 3 });
  for (const second of [0, 1, 2]) {
    for (const key of ["a", "b", "c", "d", "e"]) arrivals.record(key, second * 1000);
  }
  for (const key of ["a", "b", "c"]) arrivals.record(key, 3000);
  expect(tell(arrivals, 3000)).toEqual(["3: a 1 0-0", "3: b 1 0-0", "3: c 1 0-0"]);
});

test("room that old seconds gave back is used again", () => {
  const arrivals = createArrivals({ startMs: 0, maxSpells: 2 });
  for (const key of ["a", "b"]) arrivals.record(key, 0);
  for (const key of ["a", "b"]) arrivals.record(key, 1_000_000);
  expect(arrivals.read(1_000_000, WINDOW_MS)).toMatchObject({ isWhole: true, seconds: [{ spells: { size: 2 } }] });
});

test("200,000 addresses within a second take no more room than is allowed, and little time", () => {
  const arrivals = createArrivals({ startMs: 0 });
  const addresses = Array.from({ length: 200_000 }, (_, index) => `198.51.${index >> 8}.${index & 255}`);
  const largest = { spells: 0 };
  const started = performance.now();
  for (const second of [0, 1, 2]) {
    for (const [index, address] of addresses.entries()) {
      arrivals.record(address, second * 1000 + index / 250);
      if (index % 10_000 === 0) largest.spells = Math.max(largest.spells, countSpells(arrivals, second * 1000 + 999));
    }
  }
  // A hundred times what it takes: a search through all callers for each call would take minutes.
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(largest.spells).toBeGreaterThan(10_000);
  expect(largest.spells).toBeLessThanOrEqual(50_000);
});

function countSpells(arrivals: Arrivals, nowMs: number): number {
  return arrivals.read(nowMs, WINDOW_MS).seconds.reduce((sum, { spells }) => sum + spells.size, 0);
}
