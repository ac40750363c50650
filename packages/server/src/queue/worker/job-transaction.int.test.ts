import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type JobDefinition, type JobTransaction } from "../../define.ts";
import { createGate, openTestQueues, testClock, type TestQueues } from "../queue.fixture.ts";
import type { Queue, QueueOptions } from "../queue.service.ts";

let queues: TestQueues;
const started: Queue[] = [];

beforeAll(async () => {
  queues = await openTestQueues();
  await queues.database.asOwner("CREATE TABLE effect (job text, what text)");
  await queues.database.asOwner("GRANT ALL ON effect TO PUBLIC");
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((queue) => queue.stop()));
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const start = async (definitions: readonly JobDefinition[], options: Partial<QueueOptions> = {}): Promise<Queue> => {
  const queue = await queues.start(definitions, { timings: { graceMs: 5000 }, ...options });
  started.push(queue);
  return queue;
};
const none = z.object({});
const fast = { attempts: 3, backoffMs: 5, maxDelayMs: 20, jitter: 0 };
const WAIT_MS = 15_000;
const note = (db: JobTransaction, id: string, what: string) =>
  db.query("INSERT INTO effect VALUES ($1, $2)", [id, what]);
const effectsOf = async (id: string): Promise<string[]> => {
  const { rows } = await queues.database.pool.query<{ what: string }>(
    "SELECT what FROM effect WHERE job = $1 ORDER BY what",
    [id],
  );
  return rows.map(({ what }) => what);
};

test("the effect, the job that is stored and the completion commit together, with output, lines and progress", async () => {
  const child = defineJob({
    name: "tx.child",
    queue: "tx",
    input: z.object({ n: z.number() }),
    run: ({ input }) => input.n,
  });
  const parent = defineJob({
    name: "tx.parent",
    queue: "tx",
    input: none,
    output: z.object({ childId: z.string() }),
    run: async ({ tx, jobId, log, progress }) => {
      log.info("before");
      progress(0.5);
      const done = await tx(async (db) => {
        await note(db, jobId, "done");
        const { rows } = await db.query<{ two: number }>("SELECT 1 + $1::int AS two", [1]);
        const { id } = await db.enqueue(child, { n: rows[0]?.two ?? 0 });
        return { childId: id };
      });
      log.info("after");
      return done;
    },
  });
  const queue = await start([parent, child]);
  const { id } = await queue.enqueue({ name: "tx.parent", input: {} });
  const { output } = await queue.result({ id, waitMs: WAIT_MS });
  const { childId } = z.object({ childId: z.string() }).parse(output);
  expect(await queue.result({ id: childId, waitMs: WAIT_MS })).toMatchObject({ output: 2 });
  expect(await queue.get(childId)).toMatchObject({ parentId: id, enqueuedBy: `job ${id}` });
  expect(await effectsOf(id)).toEqual(["done"]);
  await queue.stop();
  expect(await queue.get(id)).toMatchObject({
    state: "completed",
    attemptLog: [{ outcome: "completed", progress: 0.5, logs: [{ message: "before" }, { message: "after" }] }],
  });
});

test("work that throws, or returns what does not fit, leaves nothing and is tried again", async () => {
  const job = defineJob({
    name: "tx.fails",
    queue: "tx",
    input: none,
    output: z.string(),
    retry: fast,
    run: ({ tx, jobId, attempt }) =>
      tx(async (db) => {
        await note(db, jobId, `attempt ${attempt}`);
        if (attempt === 1) throw new Error("not yet");
        return (attempt === 2 ? 7 : "fits") as string;
      }),
  });
  const queue = await start([job]);
  const { id } = await queue.enqueue({ name: "tx.fails", input: {} });
  expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed", output: "fits" });
  expect(await effectsOf(id)).toEqual(["attempt 3"]);
});

test("what a job throws after its transaction changes nothing any more", async () => {
  const job = defineJob({
    name: "tx.after",
    queue: "tx",
    input: none,
    retry: fast,
    run: async ({ tx, jobId }) => {
      await tx((db) => note(db, jobId, "once").then(() => "kept"));
      throw new Error("too late");
    },
  });
  const queue = await start([job]);
  const { id } = await queue.enqueue({ name: "tx.after", input: {} });
  expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed", output: "kept" });
  await queue.stop();
  const { attemptLog } = await queue.get(id);
  expect(attemptLog).toMatchObject([{ outcome: "completed", logs: [{ level: "warn", message: /too late/ }] }]);
  expect(await effectsOf(id)).toEqual(["once"]);
});

test("an attempt has one transaction, and its connection is closed to it afterwards", async () => {
  let kept: JobTransaction | undefined;
  const job = defineJob({
    name: "tx.twice",
    queue: "tx",
    input: none,
    run: async ({ tx, jobId, log }) => {
      await tx(async (db) => {
        kept = db;
        await note(db, jobId, "first");
        return null;
      });
      for (const late of [tx((db) => note(db, jobId, "second")), kept?.query("SELECT 1")])
        await late?.catch((error: Error) => log.error(error.message));
      return null;
    },
  });
  const queue = await start([job]);
  const { id } = await queue.enqueue({ name: "tx.twice", input: {} });
  await queue.result({ id, waitMs: WAIT_MS });
  await queue.stop();
  expect((await queue.get(id)).attemptLog[0]?.logs.map(({ message }) => message)).toEqual([
    "An attempt has one transaction, and this is the second.",
    "The transaction of the job is over.",
  ]);
  expect(await effectsOf(id)).toEqual(["first"]);
});

test("a claim that was lost before the transaction begins stores nothing", async () => {
  const entered = createGate();
  const release = createGate();
  const outcome = Promise.withResolvers<unknown>();
  const job = (run: JobDefinition["run"]) => defineJob({ name: "tx.lost", queue: "tx-lost", input: none, run });
  const frozen = await start(
    [
      job(async ({ tx, jobId }) => {
        entered.open();
        await release.opened;
        return tx((db) => note(db, jobId, "late")).catch((error: unknown) => outcome.resolve(error));
      }),
    ],
    { timings: { heartbeatMs: 60_000, staleMs: 300, graceMs: 5000 } },
  );
  const { id } = await frozen.enqueue({ name: "tx.lost", input: {} });
  await entered.opened;
  const other = await start([job(({ tx, jobId }) => tx((db) => note(db, jobId, "taken over").then(() => "mine")))], {
    timings: { heartbeatMs: 20, staleMs: 300, graceMs: 5000 },
  });
  expect(await other.result({ id, waitMs: WAIT_MS })).toMatchObject({ output: "mine" });
  release.open();
  expect(await outcome.promise).toMatchObject({ name: "JOB_LOST" });
  expect(await effectsOf(id)).toEqual(["taken over"]);
});

test("at the timeout the transaction is gone at once, also in the midst of a statement", async () => {
  const job = defineJob({
    name: "tx.slow",
    queue: "tx",
    input: none,
    timeoutMs: 100,
    retry: { attempts: 1 },
    run: ({ tx, jobId }) =>
      tx(async (db) => {
        await note(db, jobId, "lost");
        await db.query("SELECT pg_sleep(60)::text");
        return null;
      }),
  });
  const queue = await start([job]);
  const { id } = await queue.enqueue({ name: "tx.slow", input: {} });
  const startedMs = testClock.monotonicMs();
  expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({
    state: "discarded",
    error: { name: "JOB_TIMEOUT" },
  });
  expect(testClock.monotonicMs() - startedMs).toBeLessThan(5000);
  expect(await effectsOf(id)).toEqual([]);
});

test("more transactions than connections wait for each other, and the rest of the queue goes on", async () => {
  const job = defineJob({
    name: "tx.many",
    queue: "tx-many",
    input: none,
    concurrency: { perProcess: 40 },
    run: ({ tx, jobId }) =>
      tx(async (db) => {
        await db.query("SELECT pg_sleep(0.02)::text");
        await note(db, jobId, "one");
        return jobId;
      }),
  });
  const queue = await start([job]);
  const { ids } = await queue.enqueueMany({ name: "tx.many", inputs: Array.from({ length: 60 }, () => ({})) });
  for (const id of ids) {
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ output: id });
    expect(await effectsOf(id)).toEqual(["one"]);
  }
});
