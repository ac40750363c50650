import { expect, test } from "vitest";
import { frozenTarget, perSecondOf, sumOf } from "./bulk.ts";

test("a pace is a whole number of jobs, or as fast as it goes", () => {
  expect(perSecondOf({ kind: "atOnce" })).toBeNull();
  expect(perSecondOf({ kind: "spread", perSecond: "20" })).toBe(20);
  for (const perSecond of ["", "0", "1001", "2.5", "-1", "ten"]) {
    expect(perSecondOf({ kind: "spread", perSecond })).toBeUndefined();
  }
});

test("a filter is frozen at the preview; chosen jobs are what they are", () => {
  const asOf = "2026-11-23T14:06:11.000Z";
  expect(frozenTarget({ filter: { queue: "mail" } }, asOf)).toEqual({ filter: { queue: "mail" }, asOf });
  expect(frozenTarget({ ids: ["a"] }, asOf)).toEqual({ ids: ["a"] });
});

test("counts by state add up, whatever states there are", () => {
  expect(sumOf({ executing: 3, available: 0 })).toBe(3);
  expect(sumOf({})).toBe(0);
});
