import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { codeOf } from "../../desk.fixture.ts";
import { createGate, openTestQueues, testIds, type TestQueues } from "../queue.fixture.ts";
import type { Queue } from "../queue.service.ts";
import { workersOutput } from "./fleet.schema.ts";

let queues: TestQueues;
let gate: ReturnType<typeof createGate>;

const jobs = (queue = "f") => [
  defineJob({
    name: `${queue}.hold`,
    queue,
    input: z.object({}),
    concurrency: { perProcess: 4 },
    run: async ({ progress }) => {
      progress(0.5);
      await gate.opened;
      return null;
    },
  }),
];
const start = async (processId: string, more: object = {}): Promise<Queue> =>
  queues.start(jobs(), { processId, version: "1.2.3", ...more });
const untilRunning = async (queue: Queue, id: string): Promise<void> => {
  for await (const job of queue.watch(id, AbortSignal.timeout(10_000))) if (job.state === "executing") return;
};

beforeEach(async () => {
  queues = await openTestQueues();
  gate = createGate();
});
afterEach(async () => {
  gate.open();
  await queues[Symbol.asyncDispose]();
});

test("a process says what it is, what it has room for and what it runs, the longest first", async () => {
  const id = testIds.uuid();
  const queue = await start(id);
  const jobIds: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    const enqueued = await queue.enqueue({ name: "f.hold", input: {} });
    await untilRunning(queue, enqueued.id);
    jobIds.push(enqueued.id);
  }
  const { items, unserved, undefinedNames } = workersOutput.parse(await queue.workers.list());
  expect(items).toMatchObject([
    {
      id,
      version: "1.2.3",
      role: "all",
      pid: process.pid,
      isStale: false,
      quietedAt: null,
      queues: expect.arrayContaining([{ name: "f", slots: 4, used: 2 }]) as object,
      jobs: jobIds.map((jobId) => ({ id: jobId, name: "f.hold", queue: "f", attempt: 1 })),
      drainMs: null,
    },
  ]);
  expect(items[0]?.memoryBytes).toBeGreaterThan(1e6);
  expect({ unserved, undefinedNames }).toEqual({ unserved: [], undefinedNames: [] });
});

test("a quiet process claims nothing until it is resumed, the others go on, and its own jobs end", async () => {
  const [quiet, other] = [testIds.uuid(), testIds.uuid()];
  const queue = await start(quiet);
  const { id: held } = await queue.enqueue({ name: "f.hold", input: {} });
  await untilRunning(queue, held);
  expect(await queue.workers.quiet(quiet, "ann")).toEqual({ wasQuiet: false });
  const since = (await queue.workers.list()).items[0]?.quietedAt;
  expect(await queue.workers.quiet(quiet, "bob")).toEqual({ wasQuiet: true });
  expect((await queue.workers.list()).items[0]?.quietedAt).toBe(since);
  const { id } = await queue.enqueue({ name: "f.hold", input: {} });
  expect((await queue.workers.list()).items).toMatchObject([{ id: quiet, quietedBy: "ann", jobs: [{ id: held }] }]);
  expect((await queue.workers.list()).unserved).toEqual([{ queue: "f", ready: 1, isCapped: false }]);
  await start(other);
  await untilRunning(queue, id);
  expect((await queue.get(id)).attemptLog).toMatchObject([{ processId: other }]);
  expect((await queue.workers.list()).unserved).toEqual([]);
  gate.open();
  expect(await queue.result({ id: held, waitMs: 10_000 })).toMatchObject({ state: "completed" });
  expect(await queue.workers.resume(quiet)).toEqual({ wasQuiet: true });
  expect(
    (await queue.workers.list()).items.every(({ quietedAt, quietedBy }) => quietedAt === null && quietedBy === null),
  ).toBe(true);
});

test("a heartbeat does not undo what an operator said", async () => {
  const id = testIds.uuid();
  const queue = await start(id, { timings: { heartbeatMs: 20 } });
  await queue.workers.quiet(id, "ann");
  const seen = async () => (await queue.workers.list()).items[0]?.seenAt;
  const before = await seen();
  await expect.poll(seen).not.toBe(before);
  expect((await queue.workers.list()).items).toMatchObject([{ quietedBy: "ann" }]);
});

test("a quiet process says when its jobs will have ended, from how long such jobs take", async () => {
  const id = testIds.uuid();
  const queue = await start(id);
  const { pool } = queues.database;
  await queue.workers.quiet(id);
  expect((await queue.workers.list()).items).toMatchObject([{ drainMs: 0 }]);
  await queue.workers.resume(id);
  const { id: held } = await queue.enqueue({ name: "f.hold", input: {} });
  await untilRunning(queue, held);
  await queue.workers.quiet(id);
  expect((await queue.workers.list()).items).toMatchObject([{ drainMs: null }]);
  await pool.query(
    `INSERT INTO job_rollup (queue, name, minute, completed, duration_ms) VALUES ('f', 'f.hold', date_trunc('minute', now()), 2, 120000)
     ON CONFLICT (queue, name, minute) DO UPDATE SET completed = 2, duration_ms = 120000`,
  );
  const drainMs = (await queue.workers.list()).items[0]?.drainMs ?? 0;
  expect(drainMs).toBeGreaterThan(40_000);
  expect(drainMs).toBeLessThanOrEqual(60_000);
});

test("a queue without a process and a name that nobody defines are reported, a paused queue and a served one are not", async () => {
  const web = await queues.start([...jobs("a"), ...jobs("b"), ...jobs("c")], { role: "web" });
  for (const name of ["a.hold", "b.hold", "c.hold"]) await web.enqueueMany({ name, inputs: [{}, {}] });
  await web.enqueue({ name: "a.hold", input: {}, delayMs: 60_000 });
  await web.pause("b");
  await queues.start(jobs("c"));
  await queues.database.pool.query(
    `INSERT INTO pgboss.job (name, group_id, data) VALUES ('c', 'c.gone', '{"input":{}}')`,
  );
  const { unserved, undefinedNames } = await web.workers.list();
  expect(unserved).toEqual([{ queue: "a", ready: 2, isCapped: false }]);
  expect(undefinedNames).toEqual([{ name: "c.gone", queue: "c", waiting: 1, isCapped: false }]);
});

test("a process that was not seen lately is stale", async () => {
  const queue = await queues.start(jobs(), { role: "web" });
  await queues.database.pool.query(
    `INSERT INTO worker_process (id, host, pid, version, role, slots, seen_at) VALUES ('dead', 'h', 1, '1', 'worker', '{"f":4}', now() - interval '1 minute')`,
  );
  expect((await queue.workers.list()).items).toMatchObject([
    { id: "dead", isStale: true, eventLoopDelayMs: null, memoryBytes: null },
  ]);
  const { items } = await queue.queues();
  expect(items.find(({ name }) => name === "f")).toMatchObject({ processes: 0, slots: { total: 0 } });
});

test("an unknown process is refused", async () => {
  const queue = await queues.start(jobs(), { role: "web" });
  expect(await codeOf(queue.workers.quiet("nobody"))).toBe("WORKER_NOT_FOUND");
  expect(await codeOf(queue.workers.resume("nobody"))).toBe("WORKER_NOT_FOUND");
});
