import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { codeOf } from "../../desk.fixture.ts";
import { createLogger } from "../../platform/logger.ts";
import { openTestQueues, testClock, testIds, type TestQueues } from "../queue.fixture.ts";
import { createQueueRecorder } from "../recorder.ts";
import { errorsListInput } from "./errors.schema.ts";
import { createJobErrors, type JobErrors } from "./errors.service.ts";
import { toFingerprint } from "./fingerprint.ts";

let queues: TestQueues;
let errors: JobErrors;

beforeAll(async () => {
  queues = await openTestQueues();
  const job = defineJob({ name: "mail.send", queue: "mail", input: z.object({}), run: () => null });
  await queues.start([job], { role: "web" });
  errors = createJobErrors({ pool: queues.database.pool });
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await queues.database.pool.query("TRUNCATE job_error_group, job_error_minute, pgboss.job");
});

const list = (input: object = {}) => errors.list(errorsListInput.parse(input));
const failure = (message: string) => ({ name: "Error", message, stack: null });

/** Failed attempts, and so many jobs that are left of them in each state. */
async function fail(name: string, message: string, left: { failed?: number; retry?: number } = {}): Promise<string> {
  const { pool } = queues.database;
  const recorder = createQueueRecorder({ pool, clock: testClock, logger: createLogger("silent") });
  const jobId = testIds.uuid();
  recorder.ended({
    queue: "mail",
    name,
    jobId,
    outcome: "failed",
    durationMs: 1,
    error: failure(message),
    version: "1",
  });
  await recorder.stop();
  const { fingerprint } = toFingerprint(name, failure(message));
  for (const [state, count] of Object.entries(left)) {
    await pool.query(
      `INSERT INTO pgboss.job (name, group_id, data, state, output)
       SELECT 'mail', $1, '{"input":{}}', $2::pgboss.job_state, jsonb_build_object('fingerprint', $3::text, 'message', 'x')
       FROM generate_series(1, $4::int)`,
      [name, state, fingerprint, count],
    );
  }
  return fingerprint;
}

test("a group says what is left of it now; one without jobs is shown on request only", async () => {
  const first = await fail("mail.send", "Timed out after 3 ms", { failed: 2, retry: 1 });
  await fail("mail.send", "Timed out after 4 ms");
  const resolved = await fail("mail.send", "No such address");
  const { items } = await list();
  expect(items).toMatchObject([
    {
      fingerprint: first,
      name: "mail.send",
      queue: "mail",
      errorName: "Error",
      message: "Timed out after 4 ms",
      attempts: 2,
      discarded: 2,
      retryable: 1,
      isCapped: false,
      versions: ["1"],
    },
  ]);
  expect(items[0]?.trend).toHaveLength(60);
  expect(items[0]?.trend.reduce((sum, count) => sum + count, 0)).toBe(2);
  expect((await list({ includeResolved: true })).items.map(({ fingerprint }) => fingerprint)).toEqual([
    resolved,
    first,
  ]);
  expect(await errors.get(resolved)).toMatchObject({ discarded: 0, retryable: 0 });
  expect(await codeOf(errors.get("0000000000000000"))).toBe("ERROR_GROUP_NOT_FOUND");
});

test("filters by queue, name and text in any case, which is no pattern", async () => {
  const percent = await fail("mail.send", "Disk 100% full", { failed: 1 });
  await fail("mail.check", "Disk gone", { failed: 1 });
  const found = async (input: object) => (await list(input)).items.map(({ fingerprint }) => fingerprint);
  expect(await found({ search: "0% FULL" })).toEqual([percent]);
  expect(await found({ search: "error: disk" })).toHaveLength(2);
  expect(await found({ search: "d_sk" })).toEqual([]);
  expect(await found({ name: "mail.send" })).toEqual([percent]);
  expect(await found({ queue: "other" })).toEqual([]);
});

test.each(["lastSeen", "jobs"] as const)("pages ordered by %s add up to the list, ties included", async (order) => {
  const words = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu"];
  for (const [index, word] of words.entries())
    await fail("mail.send", `It is the ${word}`, { failed: 1 + (index % 3) });
  // Two moments for all: rows that share one are told apart by their fingerprint.
  await queues.database.pool.query(
    `UPDATE job_error_group SET last_seen_at = date_trunc('second', now()) - (length(pattern) % 2) * interval '1 minute'`,
  );
  const whole = (await list({ order })).items;
  expect(whole).toHaveLength(words.length);
  const jobs = whole.map(({ discarded }) => discarded);
  expect(order === "jobs" ? jobs : jobs.toSorted((a, b) => b - a)).toEqual(jobs.toSorted((a, b) => b - a));
  const paged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ order, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
    paged.push(...page.items.map(({ fingerprint }) => fingerprint));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(paged).toEqual(whole.map(({ fingerprint }) => fingerprint));
});

test("a cursor of one order is refused in the other", async () => {
  for (const word of ["ant", "bee"]) await fail("mail.send", `It is the ${word}`, { failed: 1 });
  const { nextCursor } = await list({ limit: 1 });
  expect(await codeOf(list({ order: "jobs", cursor: nextCursor }))).toBe("CURSOR_INVALID");
});

test("counts stop at the cap and say so; the index on the fingerprint answers them", async () => {
  const { pool } = queues.database;
  const fingerprint = await fail("mail.send", "Timed out", { failed: 12_000 });
  await pool.query("ANALYZE pgboss.job");
  expect(await errors.get(fingerprint)).toMatchObject({ discarded: 10_000, isCapped: true });
  const { rows } = await pool.query<Record<string, string>>(
    `EXPLAIN SELECT 1 FROM pgboss.job j WHERE j.state IN ('retry', 'failed') AND j.output->>'fingerprint' = 'none'`,
  );
  expect(JSON.stringify(rows)).toContain("Index");
  expect(JSON.stringify(rows)).toContain("->> 'fingerprint'");
});
