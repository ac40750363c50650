import { expect, test } from "vitest";
import { shorten, type TimelineEntry } from "./timeline-look.ts";

const entry = (second: number): TimelineEntry => ({
  at: new Date(second * 1000).toISOString(),
  kind: "started",
  by: null,
  attempt: second,
  note: null,
});
const entries = Array.from({ length: 9 }, (_, index) => entry(index));

test("a short life is shown whole; of a long one the first and the last", () => {
  expect(shorten(entries.slice(0, 4), 4)).toEqual({ head: entries.slice(0, 4), hidden: 0, tail: [] });
  const { head, hidden, tail } = shorten(entries, 4);
  expect(head).toEqual(entries.slice(0, 1));
  expect(tail).toEqual(entries.slice(-2));
  expect(head.length + hidden + tail.length).toBe(entries.length);
});
