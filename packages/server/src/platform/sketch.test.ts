import { expect, test } from "vitest";
import { createSketch } from "./sketch.ts";

test("a sketch without values has no quantiles", () => {
  expect(createSketch().quantile(0.5)).toBeNull();
});

test("zero, negative and broken durations count as the smallest", () => {
  const sketch = createSketch();
  for (const value of [0, -5, NaN]) sketch.record(value);
  expect(sketch.count).toBe(3);
  expect(sketch.quantile(1)).toBeCloseTo(0.001, 4);
});

test("percentiles come from the merged counts, which their average misses", () => {
  const fast = createSketch();
  const slow = createSketch();
  for (let call = 0; call < 990; call += 1) fast.record(10);
  for (let call = 0; call < 10; call += 1) slow.record(1000);
  const all = createSketch();
  all.merge(fast.toCounts());
  all.merge(slow.toCounts());
  const average = ((fast.quantile(0.5) ?? 0) + (slow.quantile(0.5) ?? 0)) / 2;
  expect(average).toBeGreaterThan(480);
  expect(all.quantile(0.5)).toBeGreaterThan(9.8);
  expect(all.quantile(0.5)).toBeLessThan(10.2);
});
