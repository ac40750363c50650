import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jobStates } from "./queue.schema.ts";
import { STATE_CONDITIONS, toJobState } from "./store/job-row.ts";

// The page an operator reads is held against the code: a state that is added, dropped or renamed makes it fail.

const page = readFileSync(new URL("../../../../docs/job-lifecycle.md", import.meta.url), "utf8");

const drawn = [...page.matchAll(/^ {2}(\S+) --> (\S+)$/gm)].map(
  ([, from, to]) => `${from === "[*]" ? "nothing" : from} ${to === "[*]" ? "nothing" : to}`,
);
const told = [...page.matchAll(/^\| ([a-z]+) +\| ([a-z]+) +\|/gm)]
  .map(([, from, to]) => `${from} ${to}`)
  .filter((row) => row !== "from to");

test("the drawing and the table of the lifecycle say the same", () => {
  expect(told.length).toBeGreaterThan(jobStates.length);
  expect(drawn.toSorted()).toEqual(told.toSorted());
});

test("they name each state of the code, as one that is entered and one that is left, and no other", () => {
  const ends = (place: 0 | 1): Set<string | undefined> => new Set(told.map((row) => row.split(" ")[place]));
  expect(ends(0)).toEqual(new Set(["nothing", ...jobStates]));
  expect(ends(1)).toEqual(new Set(["nothing", ...jobStates]));
});

test("each state can be asked for and can be answered", () => {
  const stored = ["created", "retry", "active", "completed", "cancelled", "failed"] as const;
  const answered = stored.flatMap((state) => [toJobState(state, true), toJobState(state, false)]);
  expect(new Set(answered)).toEqual(new Set(jobStates));
  expect(new Set(Object.keys(STATE_CONDITIONS))).toEqual(new Set(jobStates));
});
