import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createWaker } from "./waker.ts";

test("a wait ends at a wake, after its time, or with its signal, and leaves no timer", async () => {
  const clock = createFakeClock();
  const waker = createWaker(clock);
  const life = new AbortController();

  const woken = waker.wait(1000, life.signal);
  waker.wake();
  await woken;
  const timed = waker.wait(1000, life.signal);
  await clock.advance(1000);
  await timed;
  const aborted = waker.wait(1000, life.signal);
  life.abort();
  await aborted;
  expect(clock.pendingCount()).toBe(0);
});

test("a wake that comes before the wait is not lost, and counts once", async () => {
  const clock = createFakeClock();
  const waker = createWaker(clock);
  const { signal } = new AbortController();
  waker.wake();
  waker.wake();
  await waker.wait(1000, signal);
  const second = waker.wait(1000, signal);
  expect(clock.pendingCount()).toBe(1);
  await clock.advance(1000);
  await second;
});
