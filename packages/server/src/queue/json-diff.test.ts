import { expect, test } from "vitest";
import { diffPaths } from "./json-diff.ts";

test("names what was changed, added and taken away", () => {
  const before = { user: { name: "Ann", age: 3 }, items: [1, 2], gone: true, same: { a: [1] } };
  const after = { user: { name: "Bob", age: 3 }, items: [1, 3, 4], added: null, same: { a: [1] } };
  expect(diffPaths(before, after)).toEqual(["user.name", "items.1", "items.2", "added", "gone"]);
});

test("values of different kinds differ as a whole", () => {
  expect(diffPaths({ a: [1] }, { a: { 0: 1 } })).toEqual(["a"]);
  expect(diffPaths({ a: 1 }, "text")).toEqual(["input"]);
  expect(diffPaths(1, 1)).toEqual([]);
  expect(diffPaths({}, { toString: 1 })).toEqual(["toString"]);
});

test("stops at its limit", () => {
  expect(diffPaths({}, Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, 1])), 3)).toHaveLength(
    3,
  );
});
