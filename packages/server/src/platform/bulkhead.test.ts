import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createBulkhead } from "./bulkhead.ts";

const never = new AbortController().signal;

test("a free slot is given at once, without a wait", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 1 });
  const permit = await bulkhead.acquire(never);
  expect(permit.queuedMs).toBe(0);
  expect(bulkhead).toMatchObject({ inFlight: 1, waiting: 0, peak: 1, limit: 1, queueLimit: 1 });
});

test("who waits is served in order of arrival and told how long it waited", async () => {
  const clock = createFakeClock();
  const bulkhead = createBulkhead({ clock, limit: 1, queueLimit: 10 });
  const first = await bulkhead.acquire(never);
  const order: string[] = [];
  const second = bulkhead.acquire(never).then((permit) => (order.push("second"), permit));
  const third = bulkhead.acquire(never).then((permit) => (order.push("third"), permit));
  expect(bulkhead.waiting).toBe(2);
  await clock.advance(30);
  first.release();
  const permit = await second;
  expect(permit.queuedMs).toBe(30);
  permit.release();
  await third;
  expect(order).toEqual(["second", "third"]);
});

test("a full queue refuses at once with 503 and a time to come back", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 1, retryAfterMs: 700 });
  const held = await bulkhead.acquire(never);
  const waiting = bulkhead.acquire(never);
  await expect(bulkhead.acquire(never)).rejects.toMatchObject({
    code: "CONCURRENCY_FULL",
    kind: "SERVICE_UNAVAILABLE",
    retryAfterMs: 700,
  });
  held.release();
  (await waiting).release();
  expect(bulkhead).toMatchObject({ inFlight: 0, waiting: 0 });
});

test("a permit that is released twice frees one slot", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 2, queueLimit: 0 });
  const permit = await bulkhead.acquire(never);
  await bulkhead.acquire(never);
  permit.release();
  permit.release();
  expect(bulkhead.inFlight).toBe(1);
});

test("who leaves while waiting gets the reason of its signal and gives its place up", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 3 });
  const held = await bulkhead.acquire(never);
  const leaving = new AbortController();
  const left = bulkhead.acquire(leaving.signal);
  const next = bulkhead.acquire(never);
  const reason = new Error("deadline");
  leaving.abort(reason);
  await expect(left).rejects.toBe(reason);
  expect(bulkhead.waiting).toBe(1);
  held.release();
  await next;
  expect(bulkhead.inFlight).toBe(1);
});

test("who has left already is not queued", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 3 });
  const reason = new Error("gone");
  await expect(bulkhead.acquire(AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(bulkhead).toMatchObject({ inFlight: 0, waiting: 0 });
});

test("a slot that is freed by the same abort goes to who is still there", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 3 });
  const shared = new AbortController();
  const held = await bulkhead.acquire(shared.signal);
  shared.signal.addEventListener("abort", () => held.release());
  const left = bulkhead.acquire(shared.signal);
  const next = bulkhead.acquire(never);
  shared.abort(new Error("both leave"));
  await expect(left).rejects.toThrow("both leave");
  await next;
  expect(bulkhead).toMatchObject({ inFlight: 1, waiting: 0 });
});

test("work that fails gives its slot back", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 0 });
  await expect(bulkhead.run(never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(bulkhead.inFlight).toBe(0);
});

test("a free slot is taken at once, and none that somebody waits for", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 1 });
  const held = bulkhead.tryAcquire();
  expect(held?.queuedMs).toBe(0);
  const waiting = bulkhead.acquire(never);
  expect(bulkhead.tryAcquire()).toBeUndefined();
  held?.release();
  expect(bulkhead.tryAcquire()).toBeUndefined();
  (await waiting).release();
  expect(bulkhead.tryAcquire()).toBeDefined();
});

test("more slots are given to those who wait, at once and in order", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 1, queueLimit: 5 });
  await bulkhead.acquire(never);
  const order: number[] = [];
  const waiting = [1, 2, 3].map((place) => bulkhead.acquire(never).then((permit) => (order.push(place), permit)));
  bulkhead.resize({ limit: 3, queueLimit: 5 });
  expect(bulkhead).toMatchObject({ inFlight: 3, waiting: 1 });
  // Nobody overtakes who waits.
  expect(bulkhead.tryAcquire()).toBeUndefined();
  (await waiting[0])?.release();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3]);
});

test("fewer slots take nothing from who holds one, and admit nobody until enough came back", async () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 3, queueLimit: 5 });
  const held = await Promise.all([1, 2, 3].map(() => bulkhead.acquire(never)));
  const waiting = bulkhead.acquire(never);
  bulkhead.resize({ limit: 1, queueLimit: 0 });
  // Beyond the shorter queue, and it stays; the next one is refused.
  expect(bulkhead).toMatchObject({ limit: 1, queueLimit: 0, inFlight: 3, waiting: 1 });
  await expect(bulkhead.acquire(never)).rejects.toMatchObject({
    code: "CONCURRENCY_FULL",
    details: { limit: 1, queueLimit: 0 },
  });
  held[0]?.release();
  held[1]?.release();
  expect(bulkhead).toMatchObject({ inFlight: 1, waiting: 1 });
  held[2]?.release();
  (await waiting).release();
  expect(bulkhead).toMatchObject({ inFlight: 0, waiting: 0 });
});

test("less than one slot is refused", () => {
  const bulkhead = createBulkhead({ clock: createFakeClock(), limit: 2, queueLimit: 0 });
  expect(() => bulkhead.resize({ limit: 0, queueLimit: 0 })).toThrow(RangeError);
  expect(bulkhead.limit).toBe(2);
});
