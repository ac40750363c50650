import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "./random.ts";

const take = (random: () => number, count: number): number[] => Array.from({ length: count }, random);

test("a seed gives its numbers again, and another seed others", () => {
  expect(take(createRandom(7), 20)).toEqual(take(createRandom(7), 20));
  expect(take(createRandom(7), 20)).not.toEqual(take(createRandom(8), 20));
});

test("every number lies from 0 to below 1, whatever the seed", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      for (const number of take(createRandom(seed), 50)) {
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }
    }),
  );
});

test("the numbers spread over the whole span", () => {
  const counts = [0, 0, 0, 0];
  for (const number of take(createRandom(1), 4000)) {
    const quarter = Math.floor(number * 4);
    counts[quarter] = (counts[quarter] ?? 0) + 1;
  }
  for (const count of counts) expect(count).toBeGreaterThan(850);
});
