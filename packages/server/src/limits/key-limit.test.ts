import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createKeyLimit } from "./key-limit.ts";

const countAllowed = (take: () => { allowed: boolean }, calls: number): number =>
  Array.from({ length: calls }, take).filter(({ allowed }) => allowed).length;

test.each([1, 3, 7, 60, 999, 20_000])("a key of %d calls a minute gets just as many at once", (rate) => {
  const limit = createKeyLimit(createFakeClock());
  expect(countAllowed(() => limit.take("a", rate), rate + 5)).toBe(rate);
});

test("each key has its own allowance, and it comes back with time", async () => {
  const clock = createFakeClock();
  const limit = createKeyLimit(clock);
  expect(countAllowed(() => limit.take("a", 6), 10)).toBe(6);
  expect(limit.take("b", 6).allowed).toBe(true);
  const refused = limit.take("a", 6);
  expect(refused).toMatchObject({ allowed: false, policy: "key", limit: 6, windowMs: 60_000, remaining: 0 });
  expect(refused.retryAfterMs).toBeCloseTo(10_000, 1);
  await clock.advance(Math.ceil(refused.retryAfterMs));
  expect(limit.take("a", 6).allowed).toBe(true);
  expect(limit.take("a", 6).allowed).toBe(false);
});

test("what is left is told in calls", () => {
  const limit = createKeyLimit(createFakeClock());
  expect([1, 2, 3, 4].map(() => limit.take("a", 3).remaining)).toEqual([2, 1, 0, 0]);
});

test("a rate that is changed keeps the part that was used", () => {
  const limit = createKeyLimit(createFakeClock());
  countAllowed(() => limit.take("a", 10), 5);
  expect(countAllowed(() => limit.take("a", 1000), 1000)).toBe(500);
  expect(limit.take("a", 10).allowed).toBe(false);
});
