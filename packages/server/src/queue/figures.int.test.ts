import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { StoredEvent } from "../audit/audit.store.ts";
import { defineJob } from "../define.ts";
import { codeOf } from "../desk.fixture.ts";
import { createInverses, type InversesDeps } from "../inverses.ts";
import type { Principal } from "../trpc/context.ts";
import { createGate, openTestQueues, type TestQueues } from "./queue.fixture.ts";
import { queuesOutput } from "./queue.schema.ts";
import type { Queue } from "./queue.service.ts";

let queues: TestQueues;
let gate: ReturnType<typeof createGate>;

const hold = defineJob({
  name: "g.hold",
  queue: "g",
  input: z.object({ fails: z.boolean().default(false) }),
  retry: { attempts: 1 },
  concurrency: { perProcess: 2 },
  run: async ({ input }) => {
    if (input.fails) throw new Error("Broken");
    await gate.opened;
    return null;
  },
});

beforeEach(async () => {
  queues = await openTestQueues();
  gate = createGate();
});
afterEach(async () => {
  gate.open();
  await queues[Symbol.asyncDispose]();
});

const read = async (queue: Queue) => queuesOutput.parse(await queue.queues()).items.find(({ name }) => name === "g");

test("settings change one by one, say what they were, and are there at once", async () => {
  const queue = await queues.start([hold]);
  const none = { slots: null, globalConcurrency: null, keyConcurrency: null, rateLimit: null };
  const rateLimit = { limit: 5, perMs: 1000 };
  expect(await queue.configure("g", { slots: 1, rateLimit })).toEqual({
    before: none,
    after: { ...none, slots: 1, rateLimit },
  });
  expect(await queue.configure("g", { slots: null, globalConcurrency: 3 })).toEqual({
    before: { ...none, slots: 1, rateLimit },
    after: { ...none, globalConcurrency: 3, rateLimit },
  });
  expect(await read(queue)).toMatchObject({ settings: { ...none, globalConcurrency: 3, rateLimit } });
  expect(await codeOf(queue.configure("gone", { slots: 1 }))).toBe("QUEUE_NOT_FOUND");
});

test("a change of settings is taken back field by field, and what was changed since by others stays", async () => {
  const queue = await queues.start([hold], { role: "web" });
  const inverses = createInverses({ queue } as unknown as InversesDeps);
  const inverse = inverses["queue.queues.configure"];
  await queue.configure("g", { slots: 2 });
  const { before, after } = await queue.configure("g", { slots: 5, rateLimit: { limit: 1, perMs: 1000 } });
  await queue.configure("g", { globalConcurrency: 9 });
  const event = { targetId: "g", before, after } as unknown as StoredEvent;
  const owner = {} as Principal;
  expect(inverse?.fits(event)).toBe(true);
  expect(await inverse?.read(event, owner)).toEqual(inverse?.left(event));
  await inverse?.run(owner, event, undefined);
  expect(await read(queue)).toMatchObject({
    settings: { slots: 2, globalConcurrency: 9, keyConcurrency: null, rateLimit: null },
  });
});

test("two changes at once both count", async () => {
  const queue = await queues.start([hold], { role: "web" });
  await Promise.all([queue.configure("g", { slots: 7 }), queue.configure("g", { globalConcurrency: 8 })]);
  expect(await read(queue)).toMatchObject({ settings: { slots: 7, globalConcurrency: 8 } });
});

test("a limit that is lifted lets what waits start at once", async () => {
  const queue = await queues.start([hold]);
  await queue.configure("g", { globalConcurrency: 1 });
  const { ids } = await queue.enqueueMany({ name: "g.hold", inputs: [{}, {}] });
  const states = async () => (await Promise.all(ids.map((id) => queue.get(id)))).map(({ state }) => state).toSorted();
  await expect.poll(states).toEqual(["available", "executing"]);
  await queue.configure("g", { globalConcurrency: null });
  await expect.poll(states).toEqual(["executing", "executing"]);
});

test("a queue tells how fast jobs come and go, and how long what is due will take", async () => {
  const queue = await queues.start([hold]);
  expect(await read(queue)).toMatchObject({
    flow: null,
    drainMs: { low: 0, expected: 0, high: 0 },
    processes: 1,
    slots: { total: 2 },
  });
  const { id } = await queue.enqueue({ name: "g.hold", input: { fails: true } });
  await queue.result({ id, waitMs: 10_000 });
  const flow = async () => (await read(queue))?.flow;
  await expect.poll(async () => (await flow())?.failedPerSecond ?? 0, { timeout: 5000 }).toBeGreaterThan(0);
  expect(await flow()).toMatchObject({ finishedPerSecond: expect.any(Number) as number });

  await queues.database.pool.query(
    `INSERT INTO job_rollup (queue, name, minute, enqueued, completed, duration_ms)
     VALUES ('g', 'g.hold', date_trunc('minute', now()) - interval '1 minute', 60, 60, 60 * 2000)`,
  );
  await queue.enqueueMany({ name: "g.hold", inputs: Array.from({ length: 62 }, () => ({})) });
  const drain = async () => (await read(queue))?.drainMs ?? null;
  await expect.poll(async () => (await drain())?.expected ?? 0, { timeout: 5000 }).toBeGreaterThan(5000);
  const band = await drain();
  expect(band && band.low <= band.expected && band.expected <= band.high).toBe(true);
  await queue.pause("g");
  expect(await drain()).toBeNull();
});
