import fc from "fast-check";
import { expect, test } from "vitest";
import { createSketch } from "./sketch.ts";

const durations = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });

function sketchOf(values: readonly number[]) {
  const sketch = createSketch();
  for (const value of values) sketch.record(value);
  return sketch;
}

test("a quantile is within 2 per cent of the exact one", () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, quantile) => {
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1] ?? NaN;
      const estimate = sketchOf(values).quantile(quantile) ?? NaN;
      expect(Math.abs(estimate - exact) / exact).toBeLessThanOrEqual(0.02);
    }),
  );
});

test("merged sketches answer what one sketch of all values would", () => {
  fc.assert(
    fc.property(fc.array(durations, { maxLength: 5 }), (parts) => {
      const merged = createSketch();
      for (const part of parts) merged.merge(sketchOf(part).toCounts());
      const whole = sketchOf(parts.flat());
      expect(merged.count).toBe(whole.count);
      for (const quantile of [0, 0.5, 0.95, 0.99, 1]) expect(merged.quantile(quantile)).toBe(whole.quantile(quantile));
    }),
  );
});
