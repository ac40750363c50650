import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type JobDefinition } from "../../define.ts";
import { createLogger } from "../../platform/logger.ts";
import { openTestQueues, testClock, testIds, type TestQueues } from "../queue.fixture.ts";
import { createQueueRecorder } from "../recorder.ts";
import { createQuarantine } from "./quarantine.ts";

let queues: TestQueues;

beforeAll(async () => {
  queues = await openTestQueues();
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const before = (name: string): JobDefinition =>
  defineJob({
    name,
    queue: "mail",
    input: z.object({ to: z.string() }),
    run: ({ input }) => input.to,
  }) as JobDefinition;
const after = (name: string): JobDefinition =>
  defineJob({ name, queue: "mail", input: z.object({ to: z.email() }), run: ({ input }) => input.to }) as JobDefinition;

function createCheck(definition: JobDefinition) {
  const { pool } = queues.database;
  const logger = createLogger("silent");
  const recorder = createQueueRecorder({ pool, clock: testClock, logger });
  const ended: string[] = [];
  const quarantine = createQuarantine({
    pool,
    logger,
    bus: { publish: (message) => ended.push(...("ids" in message ? message.ids : [])) },
    recorder,
    definitions: [definition],
    version: "2",
  });
  return { quarantine, recorder, ended };
}

async function check(definition: JobDefinition): Promise<string[]> {
  const { quarantine, recorder, ended } = createCheck(definition);
  quarantine.start();
  await quarantine.checked();
  await recorder.stop();
  return ended;
}

test("waiting inputs that a new release cannot take are set aside with the reason, before their time", async () => {
  const old = await queues.start([before("mail.send")], { role: "web" });
  const { id: good } = await old.enqueue({ name: "mail.send", input: { to: "a@example.com" }, delayMs: 60_000 });
  const { id: bad } = await old.enqueue({ name: "mail.send", input: { to: "nobody" }, delayMs: 60_000 });
  expect(await check(before("mail.send"))).toEqual([]);
  expect(await check(after("mail.send"))).toEqual([bad]);
  expect(await old.get(good)).toMatchObject({ state: "scheduled", isQuarantined: false });
  const job = await old.get(bad);
  expect(job).toMatchObject({ state: "discarded", isQuarantined: true, attempts: 0, attemptLog: [] });
  expect(job.error).toMatchObject({
    name: "INPUT_MISFIT",
    message: expect.stringContaining("to: Invalid email") as string,
  });
  expect(job.timeline.map(({ kind }) => kind)).toEqual(["enqueued", "quarantined"]);
  expect(await old.errors.get(job.fingerprint ?? "")).toMatchObject({ errorName: "INPUT_MISFIT", discarded: 1 });
});

test("the same schema is looked at once", async () => {
  const old = await queues.start([before("mail.once")], { role: "web" });
  expect(await check(after("mail.once"))).toEqual([]);
  const { id } = await old.enqueue({ name: "mail.once", input: { to: "nobody" }, delayMs: 60_000 });
  expect(await check(after("mail.once"))).toEqual([]);
  expect(await old.get(id)).toMatchObject({ state: "scheduled" });
  expect(await check(before("mail.once"))).toEqual([]);
  expect(await check(after("mail.once"))).toEqual([id]);
});

test("what is stored off the schema later is set aside at its run: no attempt is spent, and an edit brings it back", async () => {
  const old = await queues.start([before("mail.late")], { role: "web" });
  const { id } = await old.enqueue({ name: "mail.late", input: { to: "nobody" } });
  const fresh = await queues.start([after("mail.late")]);
  expect(await fresh.result({ id, waitMs: 10_000 })).toMatchObject({
    state: "discarded",
    error: { name: "INPUT_MISFIT" },
  });
  expect(await fresh.get(id)).toMatchObject({ isQuarantined: true, attempts: 0, attemptLog: [], startedAt: null });
  expect(await fresh.updateInput({ id, input: { to: "ann@example.com" }, retry: true }, "bob")).toMatchObject({
    state: "available",
  });
  expect(await fresh.result({ id, waitMs: 10_000 })).toMatchObject({ state: "completed", output: "ann@example.com" });
  const job = await fresh.get(id);
  expect(job).toMatchObject({ isQuarantined: false, attempts: 1, maxAttempts: 5 });
  expect(job.timeline.map(({ kind }) => kind)).toEqual([
    "enqueued",
    "quarantined",
    "edited",
    "retried",
    "started",
    "completed",
  ]);
});

test("a retry without an edit sets it aside again, and still no attempt is spent", async () => {
  const old = await queues.start([before("mail.again")], { role: "web" });
  const { id } = await old.enqueue({ name: "mail.again", input: { to: "nobody" } });
  const fresh = await queues.start([after("mail.again")]);
  await fresh.result({ id, waitMs: 10_000 });
  await fresh.retry(id);
  expect(await fresh.result({ id, waitMs: 10_000 })).toMatchObject({ state: "discarded" });
  expect(await fresh.get(id)).toMatchObject({ isQuarantined: true, attempts: 0 });
});

test("attempts made before stay counted", async () => {
  const { pool } = queues.database;
  const old = await queues.start([before("mail.tried")], { role: "web" });
  const { id } = await old.enqueue({ name: "mail.tried", input: { to: "nobody" }, delayMs: 60_000 });
  await pool.query("UPDATE pgboss.job SET state = 'retry', started_on = now(), retry_count = 1 WHERE id = $1", [id]);
  expect(await old.get(id)).toMatchObject({ attempts: 2 });
  await check(after("mail.tried"));
  expect(await old.get(id)).toMatchObject({ isQuarantined: true, attempts: 2 });
});

test("a job that is claimed or cancelled between the look and the act is left alone", async () => {
  const { pool } = queues.database;
  const old = await queues.start([before("mail.race")], { role: "web" });
  const enqueue = async () => (await old.enqueue({ name: "mail.race", input: { to: "nobody" }, delayMs: 60_000 })).id;
  const [locked, cancelled, plain] = [await enqueue(), await enqueue(), await enqueue()];
  await old.cancel(cancelled);
  const client = await pool.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM pgboss.job WHERE id = $1 FOR UPDATE", [locked]);
  expect(await check(after("mail.race"))).toEqual([plain]);
  await client.query("COMMIT");
  client.release();
  expect(await old.get(locked)).toMatchObject({ state: "scheduled" });
  expect(await old.get(cancelled)).toMatchObject({ state: "cancelled", isQuarantined: false });
});

test("a job's own error of that name is a failure like any other", async () => {
  const queue = await queues.start([
    defineJob({
      name: "mail.own",
      queue: "own",
      input: z.object({}),
      retry: { attempts: 1 },
      run: () => {
        throw Object.assign(new Error("mine"), { name: "INPUT_MISFIT" });
      },
    }),
  ]);
  const { id } = await queue.enqueue({ name: "mail.own", input: {} });
  await queue.result({ id, waitMs: 10_000 });
  expect(await queue.get(id)).toMatchObject({ state: "discarded", isQuarantined: false, attempts: 1 });
});

test("20,000 waiting jobs are looked at within seconds, each misfit found", async () => {
  const { pool } = queues.database;
  await queues.start([before("mail.many")], { role: "web" });
  const ids = Array.from({ length: 20_000 }, () => testIds.uuid());
  await pool.query(
    `INSERT INTO pgboss.job (id, name, group_id, data, start_after)
     SELECT id, 'mail', 'mail.many', jsonb_build_object('input', jsonb_build_object('to', CASE WHEN n % 10 = 0 THEN 'nobody' ELSE 'a@example.com' END)),
       now() + interval '1 hour'
     FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)`,
    [ids],
  );
  expect((await check(after("mail.many"))).toSorted()).toEqual(
    ids.filter((_, index) => (index + 1) % 10 === 0).toSorted(),
  );
});
