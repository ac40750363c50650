import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../define.ts";
import { createGate, openTestQueues, testClock, type TestQueues } from "./queue.fixture.ts";
import type { Queue } from "./queue.service.ts";

const RECOVERY_MS = 10_000;
const RUNS_PER_CUT = 60;
const hold = defineJob({
  name: "crash.hold",
  queue: "crash",
  input: z.object({}),
  run: ({ attempt }) => ({ attempt }),
});

let queues: TestQueues;
const children: ChildProcess[] = [];

beforeEach(async () => {
  queues = await openTestQueues();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await queues[Symbol.asyncDispose]();
});

/** Starts a worker process and resolves once it holds `count` jobs. */
async function startHolder(count: number): Promise<{ readonly held: string[]; kill(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    ["--conditions=source", join(import.meta.dirname, "queue.fault-child.ts"), queues.database.url],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  children.push(child);
  const held: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    held.push(line);
    if (held.length === count) break;
  }
  return {
    held,
    kill: async () => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const resultsOf = (queue: Queue, ids: readonly string[], waitMs: number) =>
  Promise.all(ids.map((id) => queue.result({ id, waitMs })));

describe("after a kill -9", () => {
  test("the jobs that the process held run again within 10 s of the next start, none is lost", async () => {
    const web = await queues.start([hold], { role: "web" });
    const { ids } = await web.enqueueMany({ name: "crash.hold", inputs: Array.from({ length: 15 }, () => ({})) });
    const holder = await startHolder(10);
    await holder.kill();
    expect((await web.figures()).running).toBe(10);

    const startedMs = testClock.monotonicMs();
    const next = await queues.start([hold]);
    const results = await resultsOf(next, ids, RECOVERY_MS);
    expect(testClock.monotonicMs() - startedMs).toBeLessThan(RECOVERY_MS);
    expect(results.map(({ state }) => state)).toEqual(ids.map(() => "completed"));
    expect(results.map(({ output }) => (output as { attempt: number }).attempt).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 5 }, () => 1),
      ...Array.from({ length: 10 }, () => 2),
    ]);
  });

  test("a job that takes its process down each time is discarded once its attempts are used up", async () => {
    const fragile = defineJob({ ...hold, retry: { attempts: 1 } });
    const web = await queues.start([fragile], { role: "web" });
    const { id } = await web.enqueue({ name: "crash.hold", input: {} });
    const holder = await startHolder(1);
    await holder.kill();
    const next = await queues.start([fragile], { timings: { heartbeatMs: 50, staleMs: 500 } });
    expect(await next.result({ id, waitMs: RECOVERY_MS })).toMatchObject({
      state: "discarded",
      error: { name: "PROCESS_LOST" },
    });
  });
});

test("while the database drops its connections again and again, every job ends and none is left behind", async () => {
  const runs = new Map<string, number>();
  const milestones = Array.from({ length: 5 }, createGate);
  const job = defineJob({
    name: "cut.run",
    queue: "cut",
    input: z.object({}),
    retry: { attempts: 3, backoffMs: 1 },
    run: async ({ jobId }) => {
      runs.set(jobId, (runs.get(jobId) ?? 0) + 1);
      if (runs.size % RUNS_PER_CUT === 0) milestones[runs.size / RUNS_PER_CUT - 1]?.open();
      await testClock.sleep(20);
      return null;
    },
  });
  const web = await queues.start([job], { role: "web" });
  const { ids } = await web.enqueueMany({ name: "cut.run", inputs: Array.from({ length: 400 }, () => ({})) });
  const queue = await queues.start([job], { timings: { pollMs: 50, graceMs: 5000 } });
  for (const milestone of milestones) {
    await milestone.opened;
    await queues.database.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  }
  // One after the other: four hundred waits at once would queue for the pool behind the jobs.
  for (const id of ids)
    expect(await untilAnswered(() => queue.result({ id, waitMs: 20_000 }))).toMatchObject({ state: "completed" });
  expect(runs.size).toBe(400);
  const { rows } = await queues.database.pool.query(
    "SELECT count(*)::int AS n FROM job_attempt WHERE finished_at IS NULL",
  );
  expect(rows).toEqual([{ n: 0 }]);

  /** A query whose connection was cut rejects: the caller's retry, as a client would do it. */
  async function untilAnswered<Value>(ask: () => Promise<Value>): Promise<Value> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        if (tries === 5) throw error;
      }
    }
  }
});
