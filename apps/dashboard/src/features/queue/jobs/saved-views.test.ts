import { expect, test } from "vitest";
import { parseViews, withView } from "./saved-views.ts";

test("only views are read, whatever is stored", () => {
  const good = { name: "Failed mail", search: "?state=discarded&queue=mail" };
  expect(parseViews(JSON.stringify([good, { name: "" }, null, { name: "x", search: "https://elsewhere" }]))).toEqual([
    good,
  ]);
  expect(parseViews("{")).toEqual([]);
  expect(parseViews(null)).toEqual([]);
});

test("a view of the same name takes the place of the old one", () => {
  const views = [
    { name: "a", search: "?q=1" },
    { name: "b", search: "" },
  ];
  expect(withView(views, { name: "a", search: "?q=2" })).toEqual([
    { name: "b", search: "" },
    { name: "a", search: "?q=2" },
  ]);
});
