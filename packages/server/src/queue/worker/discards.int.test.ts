import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type DiscardContext, type JobDefinition } from "../../define.ts";
import { createGate, openTestQueues, testClock, type TestQueues } from "../queue.fixture.ts";
import type { Queue, QueueOptions } from "../queue.service.ts";

let queues: TestQueues;
const started: Queue[] = [];

beforeAll(async () => {
  queues = await openTestQueues();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((queue) => queue.stop()));
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const start = async (definitions: readonly JobDefinition[], options: Partial<QueueOptions> = {}): Promise<Queue> => {
  const queue = await queues.start(definitions, options);
  started.push(queue);
  return queue;
};
const none = z.object({});
const fast = { attempts: 2, backoffMs: 5, maxDelayMs: 20, jitter: 0 };
const WAIT_MS = 15_000;
const until = async (isSo: () => Promise<boolean> | boolean): Promise<void> => {
  for (const endMs = testClock.monotonicMs() + WAIT_MS; !(await isSo()); await testClock.sleep(5))
    if (testClock.monotonicMs() > endMs) throw new Error("It never was so.");
};
const isDone = async (id: string): Promise<boolean> => {
  const { rowCount } = await queues.database.pool.query("SELECT FROM job_discard WHERE job_id = $1", [id]);
  return rowCount === 0;
};
type Call = Pick<DiscardContext<unknown>, "input" | "jobId" | "error">;

describe("onDiscard", () => {
  test("is called once, after the last attempt, with the parsed input and the error, and can store a job", async () => {
    const calls: Call[] = [];
    const mourner = defineJob({ name: "discard.mourner", queue: "discard", input: none, run: () => "mourned" });
    let mournedBy = "";
    const job = defineJob({
      name: "discard.run",
      queue: "discard",
      input: z.object({ n: z.string().transform(Number) }),
      retry: fast,
      run: () => {
        throw new TypeError("broken for good");
      },
      onDiscard: async ({ enqueue, ...call }) => {
        calls.push(call);
        mournedBy = (await enqueue(mourner, {})).id;
      },
    });
    const queue = await start([job, mourner]);
    const { id } = await queue.enqueue({ name: "discard.run", input: { n: "7" } });
    await queue.result({ id, waitMs: WAIT_MS });
    await until(() => calls.length > 0 && isDone(id));
    expect(calls).toMatchObject([
      {
        input: { n: 7 },
        jobId: id,
        error: { name: "TypeError", message: "broken for good", stack: expect.any(String) },
      },
    ]);
    expect(await queue.get(mournedBy)).toMatchObject({ parentId: id });
    const { rows } = await queues.database.pool.query(
      "SELECT data->'discards' AS discards FROM pgboss.job WHERE id = $1",
      [mournedBy],
    );
    expect(rows).toEqual([{ discards: 1 }]);
  });

  test("is called again when it fails and when its process died in it, but not when it never will do", async () => {
    let fails = 1;
    const calls: string[] = [];
    const job = (name: string, error: () => Error) =>
      defineJob({
        name,
        queue: "again",
        input: none,
        retry: { attempts: 1 },
        run: () => {
          throw new Error("no");
        },
        onDiscard: ({ jobId }) => {
          calls.push(jobId);
          if (fails-- > 0) throw error();
        },
      });
    const again = job("again.run", () => new Error("not now"));
    const never = job("again.never", () => Object.assign(new Error("never"), { retryable: false }));
    const queue = await start([again, never]);
    const { id } = await queue.enqueue({ name: "again.run", input: {} });
    await until(() => calls.length > 0 && isDone(id));
    expect(calls).toEqual([id, id]);
    fails = 1;
    const other = await queue.enqueue({ name: "again.never", input: {} });
    await until(() => calls.includes(other.id) && isDone(other.id));
    expect(calls).toEqual([id, id, other.id]);
    // What a process leaves behind that dies in a call.
    await queues.database.pool.query(
      "INSERT INTO job_discard (job_id, name, tries, due_at) VALUES ($1, 'again.run', 1, now() - interval '1 second')",
      [id],
    );
    await until(() => isDone(id));
    expect(calls).toEqual([id, id, other.id, id]);
  });

  test("is called for the last attempt of a process that died", async () => {
    const entered = createGate();
    const calls: Call[] = [];
    const job = (run: JobDefinition["run"]) =>
      defineJob({
        name: "dead.run",
        queue: "dead",
        input: none,
        retry: { attempts: 1 },
        run,
        onDiscard: ({ input, jobId, error }) => void calls.push({ input, jobId, error }),
      });
    const frozen = await start(
      [
        job(async ({ signal }) => {
          entered.open();
          await testClock.sleep(60_000, signal);
          return null;
        }),
      ],
      { timings: { heartbeatMs: 60_000, staleMs: 300, graceMs: 1 } },
    );
    const { id } = await frozen.enqueue({ name: "dead.run", input: {} });
    await entered.opened;
    const other = await start([job(() => null)], { timings: { heartbeatMs: 20, staleMs: 300 } });
    expect(await other.result({ id, waitMs: WAIT_MS })).toMatchObject({
      state: "discarded",
      error: { name: "PROCESS_LOST" },
    });
    await until(() => calls.length > 0 && isDone(id));
    expect(calls).toMatchObject([{ jobId: id, error: { name: "PROCESS_LOST" } }]);
    expect((await other.get(id)).fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  test("that stores the job again and again is stopped after ten times", async () => {
    const log: string[] = [];
    const refusals: unknown[] = [];
    const circle: JobDefinition = defineJob({
      name: "circle.run",
      queue: "circle",
      input: none,
      retry: { attempts: 1 },
      run: ({ jobId }) => {
        log.push(jobId);
        throw new Error("again");
      },
      onDiscard: async ({ enqueue }) => {
        await enqueue(circle, {}).catch((error: unknown) => {
          refusals.push(error);
          throw error;
        });
      },
    });
    const queue = await start([circle]);
    await queue.enqueue({ name: "circle.run", input: {} });
    await until(() => refusals.length > 0 && isDone(log.at(-1) ?? ""));
    expect(log).toHaveLength(11);
    expect(refusals).toMatchObject([{ code: "JOB_RETRY_CYCLE", details: { issues: [{ path: ["name"] }] } }]);
    const { rows } = await queues.database.pool.query(
      "SELECT count(*)::int AS n FROM pgboss.job WHERE name = 'circle'",
    );
    expect(rows).toEqual([{ n: 11 }]);
  });
});

describe("a job that must start in time", () => {
  test("is discarded when it did not, is never run, and its hook is called", async () => {
    const runs: string[] = [];
    const calls: Call[] = [];
    const job = defineJob({
      name: "expiry.run",
      queue: "expiry",
      input: none,
      run: ({ jobId }) => void runs.push(jobId),
      onDiscard: ({ input, jobId, error }) => void calls.push({ input, jobId, error }),
    });
    const queue = await start([job], { timings: { heartbeatMs: 50 } });
    await queue.pause("expiry");
    const { id } = await queue.enqueue({ name: "expiry.run", input: {}, expireInMs: 40 });
    const patient = await queue.enqueue({ name: "expiry.run", input: {}, expireInMs: 600_000 });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({
      state: "discarded",
      error: { name: "JOB_EXPIRED", message: "The job was not started in time." },
    });
    await until(() => calls.length > 0 && isDone(id));
    expect(calls).toMatchObject([{ jobId: id, error: { name: "JOB_EXPIRED" } }]);
    await queue.resume("expiry");
    expect(await queue.result({ id: patient.id, waitMs: WAIT_MS })).toMatchObject({ state: "completed" });
    expect(runs).toEqual([patient.id]);
    expect(await queue.get(id)).toMatchObject({ attempts: 0, attemptLog: [] });
    // An operator may think otherwise.
    await queue.retry(id);
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed" });
  });

  test("is not claimed after its time, also before anybody has swept it away", async () => {
    const run = (): never => {
      throw new Error("it ran");
    };
    const free = defineJob({ name: "unswept.free", queue: "unswept-free", input: none, run });
    const limited = defineJob({
      name: "unswept.limited",
      queue: "unswept",
      input: none,
      concurrency: { global: 1 },
      run,
    });
    const web = await start([free, limited], { role: "web" });
    const ids: string[] = [];
    for (const { name } of [free, limited]) ids.push((await web.enqueue({ name, input: {}, expireInMs: 1 })).id);
    await testClock.sleep(5);
    // Its first beat comes after a minute.
    await start([free, limited], { timings: { heartbeatMs: 60_000, pollMs: 5 } });
    await testClock.sleep(100);
    for (const id of ids) expect(await web.result({ id, waitMs: 0 })).toMatchObject({ state: "available" });
  });
});
