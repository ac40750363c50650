import { expect, test } from "vitest";
import { mergeNewest } from "./merge-newest.ts";

const rowsOf = (...times: string[]) => times.map((createdAt) => ({ createdAt }));

test("two lists are one, newest first", () => {
  const merged = mergeNewest([
    { rows: rowsOf("9", "4"), hasMore: false },
    { rows: rowsOf("7", "1"), hasMore: false },
  ]);
  expect(merged).toEqual({ rows: rowsOf("9", "7", "4", "1"), next: null });
});

test("nothing is shown beyond the end of a list that has more, and that one is read on", () => {
  const merged = mergeNewest([
    { rows: rowsOf("9", "8"), hasMore: true },
    { rows: rowsOf("7", "1"), hasMore: true },
  ]);
  expect(merged).toEqual({ rows: rowsOf("9", "8"), next: 0 });
  const read = mergeNewest([
    { rows: rowsOf("9", "8", "2"), hasMore: false },
    { rows: rowsOf("7", "1"), hasMore: true },
  ]);
  expect(read).toEqual({ rows: rowsOf("9", "8", "7", "2", "1"), next: 1 });
});

test("there is no list before each has answered", () => {
  expect(
    mergeNewest([
      { rows: undefined, hasMore: false },
      { rows: [], hasMore: false },
    ]).rows,
  ).toBeUndefined();
});
