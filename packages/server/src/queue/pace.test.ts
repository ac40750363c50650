import { expect, test } from "vitest";
import { toPace } from "./pace.ts";

const measured = {
  queue: "q",
  enqueuedPerSecond: 0,
  finishedPerSecond: 0,
  failedPerSecond: 0,
  perSecond: 10,
  slowest: null,
  fastest: null,
  averageMs: 999,
};

test("a queue whose slots were busy goes on as it went", () => {
  expect(toPace(measured, 10)).toEqual({ low: 7, expected: 10, high: 13 });
  expect(toPace({ ...measured, slowest: 4, fastest: 20 }, 10)).toEqual({ low: 4, expected: 10, high: 20 });
});

test("a queue that had little to do can do more, up to what its slots allow", () => {
  expect(toPace(measured, 1000)).toEqual({ low: 10, expected: 100, high: 1000 });
});

test("without figures or slots there is nothing to tell it by", () => {
  expect(toPace(undefined, 10)).toBeUndefined();
  expect(toPace(measured, 0)).toBeUndefined();
  expect(toPace({ ...measured, perSecond: 0 }, 10)).toBeUndefined();
});
