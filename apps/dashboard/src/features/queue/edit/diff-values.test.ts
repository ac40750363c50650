import { expect, test } from "vitest";
import { diffValues } from "./diff-values.ts";

test("what differs is told by its path", () => {
  const before = { user: { id: 1, tags: ["a", "b"] }, ms: 5, gone: true };
  const after = { ms: 5, user: { tags: ["a", "c"], id: 1 }, added: null };
  expect(diffValues(before, after)).toEqual([
    { path: "user.tags.1", before: '"b"', after: '"c"' },
    { path: "gone", before: "true", after: undefined },
    { path: "added", before: undefined, after: "null" },
  ]);
});

test("the same in another order is no change; another kind is one", () => {
  expect(diffValues({ a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 })).toEqual([]);
  expect(diffValues({ a: [1] }, { a: { 0: 1 } })).toEqual([{ path: "a", before: "[1]", after: '{"0":1}' }]);
  expect(diffValues(1, 2)).toEqual([{ path: "", before: "1", after: "2" }]);
});
