import { expect, test } from "vitest";
import { createFakeClock } from "./fake-clock.ts";

test("time stands still until it is advanced", async () => {
  const clock = createFakeClock();
  expect(clock.now().toISOString()).toBe("2026-01-01T00:00:00.000Z");
  const before = clock.monotonicMs();
  await clock.advance(1500);
  expect(clock.monotonicMs() - before).toBe(1500);
  expect(clock.now().toISOString()).toBe("2026-01-01T00:00:01.500Z");
});

test("sleeps end in order of time and see the moment they were due", async () => {
  const clock = createFakeClock();
  const start = clock.monotonicMs();
  const seen: [string, number][] = [];
  const note = (name: string) => seen.push([name, clock.monotonicMs() - start]);
  void clock.sleep(200).then(() => note("late"));
  void clock.sleep(100).then(async () => {
    note("early");
    await clock.sleep(50);
    note("after early");
  });
  await clock.advance(99);
  expect(seen).toEqual([]);
  await clock.advance(200);
  expect(seen).toEqual([
    ["early", 100],
    ["after early", 150],
    ["late", 200],
  ]);
  expect(clock.pendingCount()).toBe(0);
});

test("a repetition waits for the end of its run and stops with its signal", async () => {
  const clock = createFakeClock();
  const abort = new AbortController();
  let runs = 0;
  clock.every(
    100,
    async () => {
      runs++;
      await clock.sleep(50);
    },
    abort.signal,
  );
  await clock.advance(400);
  expect(runs).toBe(3);
  abort.abort();
  await clock.advance(1000);
  expect(runs).toBe(3);
  expect(clock.pendingCount()).toBe(0);
});

test("an aborted sleep rejects with the reason and leaves nothing behind", async () => {
  const clock = createFakeClock();
  const abort = new AbortController();
  const slept = clock.sleep(100, abort.signal);
  abort.abort(new Error("enough"));
  await expect(slept).rejects.toThrow("enough");
  await expect(clock.sleep(1, abort.signal)).rejects.toThrow("enough");
  expect(clock.pendingCount()).toBe(0);
});

test("a jump moves the wall clock and leaves durations alone", () => {
  const clock = createFakeClock();
  const before = clock.monotonicMs();
  clock.jump(-3_600_000);
  expect(clock.monotonicMs()).toBe(before);
  expect(clock.now().toISOString()).toBe("2025-12-31T23:00:00.000Z");
});
