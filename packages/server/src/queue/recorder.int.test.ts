import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createLogger } from "../platform/logger.ts";
import { createQueueRecorder, type RecordedEnd } from "./recorder.ts";
import { clearCounts } from "./store/counts.store.ts";
import { openTestQueues, testClock, testIds, type TestQueues } from "./queue.fixture.ts";

type Database = TestQueues["database"];

let queues: TestQueues;
let database: Database;

beforeAll(async () => {
  queues = await openTestQueues();
  database = queues.database;
  // The engine's tables.
  await queues.start([]);
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await database.pool.query("TRUNCATE job_rollup, job_error_group, job_error_minute");
});

const createRecorder = (pool: Database["pool"] = database.pool) =>
  createQueueRecorder({ pool, clock: testClock, logger: createLogger("silent") });
const end = (change: Partial<RecordedEnd>): RecordedEnd => ({
  queue: "mail",
  name: "mail.send",
  jobId: testIds.uuid(),
  outcome: "completed",
  durationMs: 10,
  version: "1.0.0",
  ...change,
});
const timedOut = (ms: number) => ({ name: "Error", message: `Timed out after ${ms} ms`, stack: null });
const readRollup = async () =>
  (
    await database.pool.query(
      `SELECT queue, name, sum(enqueued)::int AS enqueued, sum(completed)::int AS completed, sum(failed)::int AS failed,
         sum(discarded)::int AS discarded, sum(duration_ms) AS duration FROM job_rollup GROUP BY queue, name ORDER BY name`,
    )
  ).rows as Record<string, unknown>[];

test("what two processes count adds up, and a stop writes what is left", async () => {
  const recorders = [createRecorder(), createRecorder()];
  for (const recorder of recorders) {
    recorder.enqueued("mail", "mail.send", 3);
    recorder.ended(end({}));
    recorder.ended(end({ outcome: "failed", error: timedOut(1) }));
    recorder.ended(end({ outcome: "discarded", error: timedOut(2) }));
    recorder.ended(end({ outcome: "cancelled" }));
    recorder.ended(end({ name: "mail.check" }));
  }
  await Promise.all(recorders.map((recorder) => recorder.stop()));
  expect(await readRollup()).toEqual([
    { queue: "mail", name: "mail.check", enqueued: 0, completed: 2, failed: 0, discarded: 0, duration: 20 },
    { queue: "mail", name: "mail.send", enqueued: 6, completed: 2, failed: 4, discarded: 2, duration: 60 },
  ]);
  const { rows } = await database.pool.query("SELECT attempts::int, message, pattern FROM job_error_group");
  expect(rows).toEqual([{ attempts: 4, message: "Timed out after 2 ms", pattern: "Timed out after <n> ms" }]);
  await recorders[0]?.stop();
  expect((await readRollup())[0]).toMatchObject({ completed: 2 });
});

test("a job that was discarded without an attempt has failed none", async () => {
  const recorder = createRecorder();
  recorder.ended(end({ outcome: "discarded", durationMs: 0, error: { ...timedOut(1), name: "INPUT_MISFIT" } }));
  await recorder.stop();
  expect(await readRollup()).toMatchObject([{ failed: 0, discarded: 1, duration: 0 }]);
});

test("what could not be written is written by the next try, with what came meanwhile", async () => {
  let isDown = true;
  const pool = new Proxy(database.pool, {
    get: (target, name) =>
      name === "connect" && isDown
        ? () => Promise.reject(new Error("down"))
        : (Reflect.get(target, name) as () => unknown).bind?.(target),
  });
  const recorder = createRecorder(pool);
  recorder.ended(end({ outcome: "failed", error: timedOut(1) }));
  await recorder.stop();
  isDown = false;
  recorder.ended(end({ outcome: "failed", error: timedOut(2), version: "1.1.0" }));
  await recorder.stop();
  expect(await readRollup()).toMatchObject([{ failed: 2, duration: 20 }]);
  const { rows } = await database.pool.query("SELECT attempts::int, versions FROM job_error_group");
  expect(rows).toEqual([{ attempts: 2, versions: ["1.0.0", "1.1.0"] }]);
});

test("of the versions the last ten stay, the latest last", async () => {
  for (const version of [...Array(12).keys(), 3]) {
    const recorder = createRecorder();
    recorder.ended(end({ outcome: "failed", error: timedOut(1), version: `1.${version}.0` }));
    await recorder.stop();
  }
  const { rows } = await database.pool.query<{ versions: string[] }>("SELECT versions FROM job_error_group");
  expect(rows[0]?.versions).toHaveLength(10);
  expect(rows[0]?.versions).toContain("1.11.0");
  expect(rows[0]?.versions).not.toContain("1.1.0");
});

test("many processes that write the same rows at once do not deadlock", async () => {
  const recorders = Array.from({ length: 8 }, () => createRecorder());
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(
      recorders.map((recorder, index) => {
        const names = Array.from({ length: 20 }, (_, name) => `job.n${String.fromCharCode(97 + name)}`);
        for (const name of index % 2 === 0 ? names : names.toReversed())
          recorder.ended(end({ name, outcome: "failed", error: timedOut(1) }));
        return recorder.stop();
      }),
    );
  }
  const { rows } = await database.pool.query(
    "SELECT count(*)::int AS groups, sum(attempts)::int AS attempts FROM job_error_group",
  );
  expect(rows).toEqual([{ groups: 20, attempts: 1600 }]);
});

test("old minutes and groups that nobody sees any more are cleared", async () => {
  const recorder = createRecorder();
  recorder.ended(end({ outcome: "failed", error: timedOut(1) }));
  recorder.ended(end({ name: "mail.check", outcome: "failed", error: timedOut(1) }));
  await recorder.stop();
  await database.pool.query(
    `UPDATE job_error_group SET last_seen_at = now() - interval '31 days' WHERE name = 'mail.send'`,
  );
  await database.pool.query(`UPDATE job_error_minute SET minute = minute - interval '25 hours'`);
  await database.pool.query(`UPDATE job_rollup SET minute = minute - interval '8 days' WHERE name = 'mail.send'`);
  await clearCounts(database.pool);
  const { rows: groups } = await database.pool.query("SELECT name FROM job_error_group");
  expect(groups).toEqual([{ name: "mail.check" }]);
  expect((await database.pool.query("SELECT 1 FROM job_error_minute")).rowCount).toBe(0);
  expect(await readRollup()).toMatchObject([{ name: "mail.check" }]);
});
