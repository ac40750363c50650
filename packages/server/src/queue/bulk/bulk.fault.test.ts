import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { openTestQueues, type TestQueues } from "../queue.fixture.ts";
import type { Queue } from "../queue.service.ts";

// The process that works on a bulk act is killed in the middle of it, and another one goes on. Each job is acted on exactly once.

const JOBS = 6000;
const RECOVERY_MS = 30_000;
const job = defineJob({ name: "load.run", queue: "load", input: z.object({ n: z.number() }), run: () => null });

let queues: TestQueues;
let web: Queue;
const children: ChildProcess[] = [];

beforeEach(async () => {
  queues = await openTestQueues();
  web = await queues.start([job], { role: "web" });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await queues[Symbol.asyncDispose]();
});

const count = async (text: string): Promise<number> =>
  (await queues.database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${text}`)).rows[0]?.n ?? 0;

function startWorker(): { kill(): Promise<void> } {
  const file = join(import.meta.dirname, "bulk.fault-child.ts");
  const child = spawn(process.execPath, ["--conditions=source", file, queues.database.url], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  children.push(child);
  return {
    kill: async () => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Kills while the chunk waits for the act's row: on a slow machine it would be done before the signal arrives. */
async function killAfter(worker: { kill(): Promise<void> }, column: "done" | "undone", least: number): Promise<number> {
  for (;;) {
    const { rows } = await queues.database.pool.query<{ n: number }>(`SELECT ${column} AS n FROM bulk_action`);
    if ((rows[0]?.n ?? 0) >= least) break;
    await sleep(1);
  }
  const client = await queues.database.pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<{ n: number }>(`SELECT ${column} AS n FROM bulk_action FOR UPDATE`);
    await worker.kill();
    return rows[0]?.n ?? 0;
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

test.each([
  ["retry", "failed", "state = 'created' AND retry_limit = 5"],
  ["cancel", "created", "state = 'cancelled'"],
  ["runNow", "created", "start_after <= now()"],
  ["delete", "failed", undefined],
] as const)(
  "a worker killed while it does and undoes a %s: the next one goes on, and no job is done twice",
  async (act, state, after) => {
    const inputs = Array.from({ length: JOBS }, (_, n) => ({ n }));
    await web.enqueueMany({ name: "load.run", inputs, delayMs: 3_600_000 });
    await queues.database.pool.query(
      `UPDATE pgboss.job SET state = $1::pgboss.job_state, retry_limit = 4, retry_count = 4,
       started_on = CASE WHEN $1 = 'failed' THEN now() END WHERE name = 'load'`,
      [state],
    );
    const wholeRows = async () =>
      (await queues.database.pool.query("SELECT to_jsonb(j) AS job FROM pgboss.job j WHERE name = 'load' ORDER BY id"))
        .rows;
    const before = await wholeRows();
    const { id } = await web.bulk.start(
      { act, target: { filter: { queue: "load" } }, expected: JOBS, perSecond: null, isStaged: false },
      { name: "operator@example.com", userId: null },
    );
    const first = startWorker();
    const doneAtKill = await killAfter(first, "done", 1);
    expect(doneAtKill).toBeLessThan(JOBS);
    const second = startWorker();
    await expect.poll(async () => (await web.bulk.get(id)).state, { interval: 20, timeout: RECOVERY_MS }).toBe("done");
    expect(await web.bulk.get(id)).toMatchObject({ total: JOBS, done: JOBS, failed: 0 });
    expect(await count("bulk_item WHERE state = 'done' AND before IS NOT NULL")).toBe(JOBS);
    expect(await count("pgboss.job WHERE name = 'load'")).toBe(after === undefined ? 0 : JOBS);
    expect(await count(`pgboss.job WHERE name = 'load' AND NOT (${after ?? "true"})`)).toBe(0);
    // Twice would leave two of them.
    expect(await count(`job_event WHERE by = 'bulk ${id}'`)).toBe(after === undefined ? 0 : JOBS);

    await web.bulk.undo(id);
    const undoneAtKill = await killAfter(second, "undone", 1);
    expect(undoneAtKill).toBeLessThan(JOBS);
    startWorker();
    await expect
      .poll(async () => (await web.bulk.get(id)).state, { interval: 20, timeout: RECOVERY_MS })
      .toBe("undone");
    expect(await web.bulk.get(id)).toMatchObject({ undone: JOBS });
    expect(await wholeRows()).toEqual(before);
  },
);
