import { createFakeClock } from "@switchboard/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { findAppError } from "../../platform/errors.ts";
import { inTransaction } from "../../platform/sql.ts";
import { openTestQueues, testClock, testIds, type TestQueues } from "../queue.fixture.ts";
import type { Queue } from "../queue.service.ts";
import type { BulkAct, BulkState, BulkSummary } from "./bulk.schema.ts";
import { dropBefores } from "./bulk.store.ts";
import { actOnItems, selectPending } from "./items.store.ts";
import { createBulkRunner } from "./runner.ts";
import { toStages } from "./target.ts";
import { recoverBulks } from "./upkeep.ts";

const job = defineJob({ name: "load.run", queue: "load", input: z.object({ n: z.number() }), run: () => null });
const CALLER = { name: "operator@example.com", userId: null };
const WAIT_MS = 20_000;

let queues: TestQueues;
let queue: Queue;

beforeAll(async () => {
  queues = await openTestQueues();
  queue = await queues.start([job]);
});
afterAll(() => queues[Symbol.asyncDispose]());
beforeEach(async () => {
  await queues.database.pool.query(
    "TRUNCATE bulk_action, bulk_item, job_attempt, job_event, job_search; DELETE FROM pgboss.job",
  );
  // What is retried stays as it is unless a test lets it run.
  await queue.pause("load");
});

const sql = <Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> =>
  queues.database.pool.query<Row>(text, values).then(({ rows }) => rows);

/** Jobs in a state, as runs would leave them; ids oldest first. */
async function store(count: number, state: "discarded" | "scheduled" | "cancelled" | "completed", options = {}) {
  const inputs = Array.from({ length: count }, (_, n) => ({ n }));
  const { ids } = await queue.enqueueMany({ name: "load.run", inputs, delayMs: 3_600_000, ...options });
  if (state === "scheduled") return ids;
  const boss = state === "discarded" ? "failed" : state;
  await sql(
    `UPDATE pgboss.job SET state = $2::pgboss.job_state, started_on = now(), completed_on = now(), retry_count = 4, retry_limit = 4,
       output = '{"name": "Error", "message": "It broke", "stack": null, "fingerprint": "00000000000000aa"}'
     WHERE id = ANY ($1::uuid[])`,
    [ids, boss],
  );
  return ids;
}

const start = async (act: BulkAct, count: number, more: object = {}): Promise<BulkSummary> =>
  queue.bulk.start(
    { act, target: { filter: { queue: "load" } }, expected: count, perSecond: null, isStaged: false, ...more },
    CALLER,
  );
async function until(id: string, ...states: BulkState[]): Promise<BulkSummary> {
  await expect
    .poll(async () => (await queue.bulk.get(id)).state, { interval: 10, timeout: WAIT_MS })
    .toSatisfy((state) => states.includes(state));
  return queue.bulk.get(id);
}
const countStates = () =>
  sql<{ state: string; n: number }>(
    "SELECT state::text, count(*)::int AS n FROM pgboss.job WHERE name = 'load' GROUP BY 1",
  ).then((rows) => Object.fromEntries(rows.map(({ state, n }) => [state, n])));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => findAppError(error)?.code ?? String(error),
  );
const wholeRows = () => sql("SELECT to_jsonb(j) AS job FROM pgboss.job j WHERE name = 'load' ORDER BY id");

describe("a preview", () => {
  test("counts exactly, by state, with those it is not for and the five newest", async () => {
    const discarded = await store(12, "discarded");
    await store(3, "scheduled");
    const preview = await queue.bulk.preview({ act: "retry", target: { filter: { queue: "load" } } });
    expect(preview).toMatchObject({
      matching: 12,
      byState: { discarded: 12 },
      skipped: { scheduled: 3 },
      isUndoable: true,
    });
    expect(preview.sample.map(({ id }) => id)).toEqual(discarded.slice(-5).toReversed());
  });

  test("holds for the jobs there were: later ones are neither counted nor touched", async () => {
    await store(4, "discarded");
    const { asOf, matching } = await queue.bulk.preview({ act: "retry", target: { filter: { queue: "load" } } });
    await sql("UPDATE pgboss.job SET created_on = now() + interval '1 second' WHERE id = $1", [
      (await store(1, "discarded"))[0],
    ]);
    const target = { filter: { queue: "load" }, asOf };
    expect(await queue.bulk.preview({ act: "retry", target })).toMatchObject({ asOf, matching });
    const { id } = await start("retry", matching, { target });
    expect(await until(id, "done")).toMatchObject({ total: 4, done: 4, failed: 0 });
    expect(await countStates()).toEqual({ created: 4, failed: 1 });
  });

  test("counts what the index has and what it has not yet", async () => {
    await store(3, "discarded", { tags: ["import-1"] });
    await sql(
      `INSERT INTO job_search SELECT id, jsonb_build_object('queue', name, 'tags', data->'tags') FROM pgboss.job WHERE name = 'load'`,
    );
    await sql(
      "UPDATE job_search_mark SET up_to = (SELECT id FROM pgboss.job WHERE name = 'load' ORDER BY id DESC LIMIT 1)",
    );
    await store(2, "discarded", { tags: ["import-1"] });
    await store(2, "discarded");
    const target = { filter: { tag: "import-1" } };
    expect(await queue.bulk.preview({ act: "retry", target })).toMatchObject({ matching: 5 });
    await sql("UPDATE job_search_mark SET up_to = '00000000-0000-0000-0000-000000000000'");
  });
});

describe("a start", () => {
  test("with another count than the preview's starts nothing", async () => {
    await store(4, "discarded");
    for (const expected of [3, 5]) expect(await codeOf(start("retry", expected))).toBe("BULK_CHANGED");
    expect(await sql("SELECT 1 FROM bulk_action UNION ALL SELECT 1 FROM bulk_item")).toEqual([]);
    expect(await countStates()).toEqual({ failed: 4 });
  });

  test("in stages is for a retry only", async () => {
    await store(1, "scheduled");
    expect(await codeOf(start("cancel", 1, { isStaged: true }))).toBe("BULK_NOT_STAGEABLE");
  });

  test("names who did what, in words", async () => {
    await store(2, "discarded");
    const target = { filter: { queue: "load", where: [{ path: ["n"], op: "<" as const, value: 2 }] } };
    const { id } = await start("retry", 2, { target, reason: "after the fix" });
    expect(await until(id, "done")).toMatchObject({
      target: "queue=load input.n < 2",
      createdBy: "operator@example.com",
      reason: "after the fix",
    });
    expect((await queue.bulk.list({ limit: 10 })).items.map((item) => item.id)).toEqual([id]);
  });
});

describe("each act, done and undone", () => {
  test.each([
    ["retry", "discarded", "available"],
    ["retry", "cancelled", "available"],
    ["cancel", "scheduled", "cancelled"],
    ["runNow", "scheduled", "available"],
    ["delete", "completed", null],
    ["delete", "scheduled", null],
  ] as const)("%s of %s jobs leaves them %s, and an undo brings back every column", async (act, before, after) => {
    const ids = await store(700, before);
    await sql(
      "INSERT INTO job_attempt (job_id, number, process_id, started_at, error) VALUES ($1, 1, 'p', now(), '{}')",
      [ids[0]],
    );
    const rows = await wholeRows();
    const { id } = await start(act, 700);
    expect(await until(id, "done")).toMatchObject({ total: 700, done: 700, failed: 0, undone: 0 });
    const left = await sql<{ id: string; by: string | null }>(
      "SELECT j.id, (SELECT e.by FROM job_event e WHERE e.job_id = j.id) AS by FROM pgboss.job j WHERE name = 'load'",
    );
    expect(left).toHaveLength(after === null ? 0 : 700);
    expect(left.every(({ by }) => by === `bulk ${id}`)).toBe(true);
    expect(await codeOf(queue.get(ids[0] ?? "").then(({ state }) => Promise.reject(new Error(state))))).toBe(
      after === null ? "JOB_NOT_FOUND" : `Error: ${after}`,
    );
    const attempts = await sql("SELECT 1 FROM job_attempt WHERE process_id = 'p'");
    expect(attempts).toHaveLength(after === null ? 0 : 1);
    const undoing = await queue.bulk.undo(id);
    expect(undoing.before).toBe("done");
    expect(await until(id, "undone")).toMatchObject({ undone: 700, undoUntil: null });
    expect(await wholeRows()).toEqual(rows);
    expect(await sql("SELECT 1 FROM job_attempt WHERE process_id = 'p'")).toHaveLength(1);
    expect(await codeOf(queue.bulk.undo(id))).toBe("BULK_STATE");
  });
});

test("what has started since is kept, and says so", async () => {
  const [first = "", second = ""] = await store(2, "discarded");
  const { id } = await start("retry", 2);
  await until(id, "done");
  await sql("UPDATE pgboss.job SET state = 'active', started_on = now() WHERE id = $1", [first]);
  await queue.bulk.undo(id);
  expect(await until(id, "undone")).toMatchObject({ done: 2, undone: 1 });
  const { items } = await queue.bulk.items({ id, limit: 10 });
  expect(items).toMatchObject([
    { jobId: first, state: "kept", problem: "It has started since: it is executing." },
    { jobId: second, state: "undone", jobState: "discarded" },
  ]);
});

test("a job that was running when it was cancelled stays cancelled", async () => {
  const [running = ""] = await store(2, "scheduled");
  await sql("UPDATE pgboss.job SET state = 'active', started_on = now() WHERE id = $1", [running]);
  const { id } = await start("cancel", 2);
  await until(id, "done");
  await queue.bulk.undo(id);
  expect(await until(id, "undone")).toMatchObject({ undone: 1 });
  expect((await queue.bulk.items({ id, state: "kept", limit: 10 })).items).toMatchObject([
    { jobId: running, problem: "It was running when it was cancelled." },
  ]);
});

test("jobs that changed in between fail one by one with the sentence of the refusal", async () => {
  const ids = await store(5, "discarded");
  const target = { ids: [...ids] };
  const { id } = await start("retry", 5, { target, perSecond: 1 });
  await expect.poll(async () => (await queue.bulk.get(id)).done, { interval: 10, timeout: WAIT_MS }).toBeGreaterThan(0);
  await queue.bulk.pause(id);
  await sql("UPDATE pgboss.job SET state = 'completed' WHERE id = $1", [ids[3]]);
  await sql("DELETE FROM pgboss.job WHERE id = $1", [ids[4]]);
  await sql("UPDATE bulk_action SET per_second = NULL");
  await queue.bulk.resume(id);
  expect(await until(id, "done")).toMatchObject({ done: 3, failed: 2, target: "5 chosen jobs" });
  const { items } = await queue.bulk.items({ id, state: "failed", limit: 10 });
  expect(items.map(({ problem }) => problem)).toEqual([
    "The job is completed. Only discarded and cancelled jobs can be retried.",
    expect.stringMatching(/^There is no such job\./),
  ]);
});

test("of two jobs with one dedupe key one is retried, and the other says why not", async () => {
  const [first = "", second = ""] = await store(2, "discarded");
  await store(40, "discarded");
  await sql("UPDATE pgboss.job SET singleton_key = 'load.run:k' WHERE id = ANY ($1::uuid[])", [[first, second]]);
  const { id } = await start("retry", 42);
  expect(await until(id, "done")).toMatchObject({ done: 41, failed: 1 });
  expect((await queue.bulk.items({ id, state: "failed", limit: 10 })).items).toMatchObject([
    { jobId: second, problem: expect.stringContaining("dedupe key") as string, jobState: "discarded" },
  ]);
});

test("an act is paused, goes on and is aborted; what is done can still be undone", async () => {
  await store(30, "discarded");
  const { id } = await start("retry", 30, { perSecond: 4 });
  await expect.poll(async () => (await queue.bulk.get(id)).done, { interval: 10, timeout: WAIT_MS }).toBeGreaterThan(1);
  const { bulk: paused, before } = await queue.bulk.pause(id);
  expect([before, paused.state]).toEqual(["running", "paused"]);
  expect(await codeOf(queue.bulk.pause(id))).toBe("BULK_STATE");
  expect((await queue.bulk.get(id)).done).toBe(paused.done);
  await queue.bulk.resume(id);
  await expect
    .poll(async () => (await queue.bulk.get(id)).done, { interval: 10, timeout: WAIT_MS })
    .toBeGreaterThan(paused.done);
  const { bulk: aborted } = await queue.bulk.abort(id);
  expect(aborted).toMatchObject({ state: "aborted", undoUntil: expect.any(String) as string });
  expect(await countStates()).toEqual({ created: aborted.done, failed: 30 - aborted.done });
  await queue.bulk.undo(id);
  expect(await until(id, "undone")).toMatchObject({ undone: aborted.done });
  expect(await countStates()).toEqual({ failed: 30 });
});

describe("in stages", () => {
  test("the sizes are three, a tenth and the rest", () => {
    expect([1, 3, 4, 20, 1000].map(toStages)).toEqual([[1], [3], [3, 1], [3, 2, 15], [3, 100, 897]]);
  });

  test("a retry goes on while its jobs succeed", async () => {
    await store(40, "discarded");
    await queue.resume("load");
    const { id } = await start("retry", 40, { isStaged: true });
    expect(await until(id, "done")).toMatchObject({ done: 40, stage: { number: 3, of: 3, sizes: [3, 4, 33] } });
  });

  test("it stops by itself when more than half of a stage fail again", async () => {
    const ids = await store(40, "discarded");
    const { id } = await start("retry", 40, { isStaged: true });
    await expect
      .poll(async () => (await queue.bulk.get(id)).stage?.waiting, { interval: 10, timeout: WAIT_MS })
      .toBe(3);
    await sql("UPDATE pgboss.job SET state = 'failed' WHERE id = ANY ($1::uuid[])", [ids.slice(0, 2)]);
    expect(await until(id, "stopped")).toMatchObject({
      done: 3,
      problem: "2 of the 3 jobs of stage 1 failed again.",
      stage: { number: 1, failedAgain: 2, waiting: 1 },
    });
    expect(await countStates()).toEqual({ failed: 39, created: 1 });
  });

  test("one of three that fails again does not stop it", async () => {
    const ids = await store(10, "discarded");
    const { id } = await start("retry", 10, { isStaged: true });
    await expect
      .poll(async () => (await queue.bulk.get(id)).stage?.waiting, { interval: 10, timeout: WAIT_MS })
      .toBe(3);
    await sql(
      "UPDATE pgboss.job SET state = CASE WHEN id = $1 THEN 'failed' ELSE 'completed' END::pgboss.job_state WHERE id = ANY ($2::uuid[])",
      [ids[0], ids.slice(0, 3)],
    );
    await expect.poll(async () => (await queue.bulk.get(id)).stage?.number, { interval: 10, timeout: WAIT_MS }).toBe(2);
    await queue.bulk.abort(id);
  });

  test("it stops when a stage does not end in time", async () => {
    await store(10, "discarded");
    const { id } = await start("retry", 10, { isStaged: true });
    await expect
      .poll(async () => (await queue.bulk.get(id)).stage?.waiting, { interval: 10, timeout: WAIT_MS })
      .toBe(3);
    await sql("UPDATE bulk_action SET stage_done_at = now() - interval '11 minutes'");
    expect(await until(id, "stopped")).toMatchObject({
      problem: "3 jobs of stage 1 had not ended after 10 minutes.",
    });
  });
});

test("an act whose job is gone gets another one, and one whose job was cancelled is paused", async () => {
  await store(20, "discarded");
  const { id } = await start("retry", 20, { perSecond: 1 });
  const readJob = async () => (await sql<{ job_id: string }>("SELECT job_id FROM bulk_action"))[0]?.job_id ?? "";
  const enqueueNext = async () => testIds.uuid();
  const first = await readJob();
  await recoverBulks(queues.database.pool, enqueueNext);
  expect(await readJob()).toBe(first);
  await queue.cancel(first);
  await recoverBulks(queues.database.pool, enqueueNext);
  expect(await queue.bulk.get(id)).toMatchObject({
    state: "paused",
    problem: "Its job was cancelled. Resume to go on.",
  });
  await queue.bulk.resume(id);
  const second = await readJob();
  await queue.cancel(second);
  await queue.remove(second);
  await recoverBulks(queues.database.pool, enqueueNext);
  expect(await readJob()).not.toBe(second);
  await queue.bulk.abort(id);
});

test("once the time for an undo is over, what it needs is gone", async () => {
  await store(3, "completed");
  const { id } = await start("delete", 3);
  await until(id, "done");
  expect(await sql("SELECT 1 FROM bulk_item WHERE before ? 'job'")).toHaveLength(3);
  await sql("UPDATE bulk_action SET undo_until = now() - interval '1 second'");
  expect(await codeOf(queue.bulk.undo(id))).toBe("BULK_TOO_OLD");
  while (await dropBefores(queues.database.pool, 2));
  expect(await sql("SELECT 1 FROM bulk_item WHERE before IS NOT NULL")).toEqual([]);
  expect(await queue.bulk.get(id)).toMatchObject({ undoUntil: null });
});

test("a job that is not the act's own does nothing", async () => {
  await store(4, "discarded");
  await queue.pause("switchboard.bulk");
  const { id } = await start("retry", 4);
  const { pool } = queues.database;
  const runner = createBulkRunner({
    pool,
    clock: testClock,
    bus: { publish: () => undefined },
    enqueueNext: async () => "",
  });
  const signal = new AbortController().signal;
  await runner.run({ input: { bulkId: id }, jobId: testIds.uuid(), attempt: 1, signal, progress: () => undefined });
  expect(await countStates()).toEqual({ failed: 4 });
  await queue.resume("switchboard.bulk");
  await until(id, "done");
});

test("a paced act keeps its pace by the clock", async () => {
  await store(40, "discarded");
  await queue.pause("switchboard.bulk");
  const { id } = await start("retry", 40, { perSecond: 8 });
  const jobId = (await sql<{ job_id: string }>("SELECT job_id FROM bulk_action"))[0]?.job_id ?? "";
  const clock = createFakeClock();
  const bus = { publish: () => undefined };
  const runner = createBulkRunner({ pool: queues.database.pool, clock, bus, enqueueNext: async () => "" });
  const signal = new AbortController().signal;
  const running = runner.run({ input: { bulkId: id }, jobId, attempt: 1, signal, progress: () => undefined });
  const doneOf = async () => (await queue.bulk.get(id)).done;
  for (const done of [2, 4, 6]) {
    await expect.poll(() => clock.pendingCount(), { interval: 5, timeout: WAIT_MS }).toBe(1);
    expect(await doneOf()).toBe(done);
    await clock.advance(249);
    expect(await doneOf()).toBe(done);
    await clock.advance(1);
    await expect.poll(doneOf, { interval: 5, timeout: WAIT_MS }).toBe(done + 2);
  }
  await queue.bulk.abort(id);
  await expect.poll(() => clock.pendingCount(), { interval: 5, timeout: WAIT_MS }).toBe(1);
  await clock.advance(250);
  await running;
  await queue.resume("switchboard.bulk");
});

test("a chunk that is rolled back leaves neither changed jobs nor items that say so", async () => {
  await store(4, "discarded");
  await queue.pause("switchboard.bulk");
  const { id } = await start("retry", 4);
  const rows = await wholeRows();
  const failing = inTransaction(queues.database.pool, async (tx) => {
    const results = await actOnItems(tx, id, "retry", await selectPending(tx, id, 4, 4));
    expect(results.every(({ isDone }) => isDone)).toBe(true);
    throw new Error("killed");
  });
  await expect(failing).rejects.toThrow("killed");
  expect(await wholeRows()).toEqual(rows);
  expect(await sql("SELECT 1 FROM bulk_item WHERE state <> 'pending'")).toEqual([]);
  await queue.bulk.abort(id);
  await queue.resume("switchboard.bulk");
});
