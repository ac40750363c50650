import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createRecentCount } from "./recent-count.ts";

test("events count for ten seconds and then no more", async () => {
  const clock = createFakeClock();
  const recent = createRecentCount(clock);
  recent.add(20);
  await clock.advance(5000);
  recent.add(10);
  expect(recent.perSecond()).toBe(3);
  await clock.advance(5000);
  expect(recent.perSecond()).toBe(1);
  await clock.advance(5000);
  expect(recent.perSecond()).toBe(0);
});

test("a quiet hour empties the window", async () => {
  const clock = createFakeClock();
  const recent = createRecentCount(clock);
  recent.add(20);
  await clock.advance(3_600_000);
  recent.add();
  expect(recent.perSecond()).toBe(0.1);
});
