import { afterAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { createGate, openTestQueues, testIds, type TestQueues } from "../queue.fixture.ts";
import type { Queue } from "../queue.service.ts";

let queues: TestQueues | undefined;
let gate: ReturnType<typeof createGate>;

const input = z.object({});
const jobs = () => {
  const hold = () => gate.opened.then(() => null);
  return [
    defineJob({ name: "w.plain", queue: "w", input, concurrency: { perProcess: 3 }, run: hold }),
    defineJob({ name: "w.narrow", queue: "w", input, concurrency: { perProcess: 1 }, run: hold }),
    defineJob({ name: "w.few", queue: "w", input, concurrency: { perProcess: 3, global: 1 }, run: hold }),
    defineJob({ name: "w.keyed", queue: "w", input, concurrency: { perProcess: 3, perKey: 1 }, run: hold }),
    defineJob({ name: "r.rated", queue: "r", input, rateLimit: { limit: 1, perMs: 3600_000 }, run: () => null }),
  ];
};

beforeEach(async () => {
  gate?.open();
  await queues?.[Symbol.asyncDispose]();
  queues = await openTestQueues();
  gate = createGate();
});
afterAll(async () => {
  gate.open();
  await queues?.[Symbol.asyncDispose]();
});

const open = (): TestQueues => {
  if (!queues) throw new Error("There is no database.");
  return queues;
};
const whyOf = async (queue: Queue, id: string) => {
  const { waiting, waitingReason } = await queue.get(id);
  return { ...waiting, says: waitingReason };
};
const enqueue = async (queue: Queue, name: string, more: object = {}) =>
  (await queue.enqueue({ name, input: {}, ...more })).id;
const untilRunning = async (queue: Queue, ...ids: string[]): Promise<void> => {
  for (const id of ids)
    for await (const job of queue.watch(id, AbortSignal.timeout(10_000))) if (job.state === "executing") break;
};

test("a job that does not wait has no reason", async () => {
  const queue = await open().start(jobs());
  const id = await enqueue(queue, "w.plain");
  await untilRunning(queue, id);
  expect(await queue.get(id)).toMatchObject({ waiting: null, waitingReason: null });
});

test("paused comes before all else and says by whom", async () => {
  const queue = await open().start(jobs());
  await queue.pause("w", "ann@example.com");
  const id = await enqueue(queue, "w.plain", { delayMs: 60_000 });
  expect(await whyOf(queue, id)).toMatchObject({
    kind: "paused",
    queue: "w",
    by: "ann@example.com",
    says: "The queue w is paused by ann@example.com.",
  });
});

test("without a process, with a quiet one, and with one that does not know the job", async () => {
  const web = await open().start(jobs(), { role: "web" });
  const id = await enqueue(web, "w.plain");
  expect(await whyOf(web, id)).toMatchObject({ kind: "unserved", queue: "w", quiet: 0 });

  const [, narrow] = jobs();
  const other = await open().start(narrow ? [narrow] : []);
  expect(await whyOf(web, id)).toMatchObject({ kind: "undefined", name: "w.plain" });
  await other.stop();

  const processId = testIds.uuid();
  await web.pause("w");
  await open().start(jobs(), { processId });
  await web.workers.quiet(processId, "ann");
  await web.resume("w");
  expect(await whyOf(web, id)).toMatchObject({
    kind: "unserved",
    quiet: 1,
    says: "No process runs jobs of the queue w: the one that could is quiet.",
  });
  await web.workers.resume(processId);
  await untilRunning(web, id);
});

test("delayed, and between two attempts", async () => {
  const queue = await open().start(jobs());
  const id = await enqueue(queue, "w.plain", { delayMs: 3600_000 });
  const { scheduledFor } = await queue.get(id);
  expect(await whyOf(queue, id)).toMatchObject({
    kind: "delayed",
    until: scheduledFor,
    says: `Starts at ${scheduledFor}.`,
  });
  const { pool } = open().database;
  await pool.query("UPDATE pgboss.job SET state = 'retry', started_on = now() WHERE id = $1", [id]);
  expect(await whyOf(queue, id)).toMatchObject({ kind: "retry", attempt: 2, of: 5, until: scheduledFor });
});

test("a limit of the name, of the key and of the queue, with who holds the places", async () => {
  const queue = await open().start(jobs());
  const [few, keyed] = [await enqueue(queue, "w.few"), await enqueue(queue, "w.keyed", { key: "acme" })];
  await untilRunning(queue, few, keyed);
  const held = (jobId: string) => [expect.objectContaining({ jobId })];
  const more = await enqueue(queue, "w.few");
  expect(await whyOf(queue, more)).toMatchObject({
    kind: "limit",
    scope: "name",
    of: "w.few",
    limit: 1,
    holders: held(few),
  });
  const same = await enqueue(queue, "w.keyed", { key: "acme" });
  expect(await whyOf(queue, same)).toMatchObject({
    kind: "limit",
    scope: "key",
    of: "acme",
    limit: 1,
    holders: held(keyed),
  });

  await queue.configure("w", { globalConcurrency: 2 });
  const plain = await enqueue(queue, "w.plain");
  expect(await whyOf(queue, plain)).toMatchObject({ kind: "limit", scope: "queue", of: "w", limit: 2 });
  await queue.configure("w", { globalConcurrency: null });
  await untilRunning(queue, plain);
});

test("a live limit of the key is told of too", async () => {
  const queue = await open().start(jobs());
  await queue.configure("w", { keyConcurrency: 1 });
  const first = await enqueue(queue, "w.plain", { key: "acme" });
  await untilRunning(queue, first);
  const second = await enqueue(queue, "w.plain", { key: "acme" });
  expect(await whyOf(queue, second)).toMatchObject({ kind: "limit", scope: "key", of: "acme", limit: 1 });
});

test("a rate says when the next one starts, and no sooner than it does", async () => {
  const queue = await open().start(jobs());
  const first = await enqueue(queue, "r.rated");
  await queue.result({ id: first, waitMs: 10_000 });
  const second = await enqueue(queue, "r.rated");
  const why = await whyOf(queue, second);
  expect(why).toMatchObject({ kind: "rate", of: "r.rated", limit: 1, perMs: 3600_000 });
  const { rows } = await open().database.pool.query<{ tat: Date }>(
    "SELECT tat FROM queue_rate WHERE scope = 'job:r.rated'",
  );
  expect("until" in why && Date.parse(why.until)).toBe(Math.floor(rows[0]?.tat.getTime() ?? 0));
});

test("busy slots, and a place in the line: by priority, then by age, also within one insert", async () => {
  const queue = await open().start(jobs());
  const running = [await enqueue(queue, "w.plain"), await enqueue(queue, "w.plain"), await enqueue(queue, "w.plain")];
  await untilRunning(queue, ...running);
  const low = await enqueue(queue, "w.plain", { priority: -1 });
  const { ids } = await queue.enqueueMany({ name: "w.plain", inputs: [{}, {}, {}] });
  const high = await enqueue(queue, "w.plain", { priority: 5 });
  const [why] = [await whyOf(queue, high)];
  expect(why).toMatchObject({ kind: "slots", used: 3, total: 3, position: 1, isPositionExact: true });
  expect("holders" in why && why.holders.map(({ jobId }) => jobId).toSorted()).toEqual(running.toSorted());
  for (const [index, id] of ids.entries()) expect(await whyOf(queue, id)).toMatchObject({ position: index + 2 });
  expect(await whyOf(queue, low)).toMatchObject({
    position: 5,
    says: "All 3 slots of the queue w are busy; number 5 in line.",
  });
});

test("the places that a process gives to a narrow job may be taken while slots are free", async () => {
  const queue = await open().start(jobs());
  const first = await enqueue(queue, "w.narrow");
  await untilRunning(queue, first);
  const second = await enqueue(queue, "w.narrow");
  expect(await whyOf(queue, second)).toMatchObject({
    kind: "slots",
    used: 1,
    total: 1,
    says: "All 1 places for the job w.narrow are busy; number 1 in line.",
  });
});

test("a position stops at the cap and says so, and an expected start comes from the pace", async () => {
  const queue = await open().start(jobs());
  const running = [await enqueue(queue, "w.plain"), await enqueue(queue, "w.plain"), await enqueue(queue, "w.plain")];
  await untilRunning(queue, ...running);
  const { pool } = open().database;
  await pool.query(
    `INSERT INTO job_rollup (queue, name, minute, enqueued, completed, duration_ms)
     VALUES ('w', 'w.plain', date_trunc('minute', now()) - interval '1 minute', 60, 60, 60000 * 3)`,
  );
  const next = await enqueue(queue, "w.plain");
  const why = await whyOf(queue, next);
  expect("expectedStartAt" in why && why.expectedStartAt).toMatch(/^\d{4}-.*Z$/);
  await pool.query(
    `INSERT INTO pgboss.job (name, group_id, data, priority) SELECT 'w', 'w.plain', '{"input":{}}', 50 FROM generate_series(1, 10050)`,
  );
  expect(await whyOf(queue, next)).toMatchObject({
    kind: "slots",
    position: 10_001,
    isPositionExact: false,
    expectedStartAt: null,
  });
});
