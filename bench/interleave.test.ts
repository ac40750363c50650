import { expect, test } from "vitest";
import { createInterleave, medianOf, quantileOf } from "./interleave.ts";

test("variants take turns, none always behind the same one, and the first round is not kept", async () => {
  const rounds: number[] = [];
  const order: string[] = [];
  const interleave = createInterleave(3, (round) => rounds.push(round));
  const measured = await interleave(["a", "b"], (name) => Promise.resolve(order.push(name)));
  expect(rounds).toEqual([0, 1, 2, 3]);
  expect(order.join("")).toBe("abbaabba");
  expect(measured).toEqual({ a: [4, 5, 8], b: [3, 6, 7] });
});

test("the median of an even number lies between the two in the middle", () => {
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  expect(() => medianOf([])).toThrow(RangeError);
});

test("a quantile lies between two values in proportion", () => {
  expect(quantileOf([10, 20, 30, 40, 50], 0.95)).toBeCloseTo(48);
  expect(quantileOf([7], 0.99)).toBe(7);
});
