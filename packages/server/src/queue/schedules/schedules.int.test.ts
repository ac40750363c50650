import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { codeOf, refusalOf } from "../../desk.fixture.ts";
import { openTestQueues, testIds, type TestQueues } from "../queue.fixture.ts";
import type { Queue } from "../queue.service.ts";
import type { Schedule } from "./schedules.schema.ts";
import { deleteOldRuns } from "./schedules.store.ts";

const report = defineJob({
  name: "reports.send-report",
  queue: "reports",
  input: z.object({ to: z.string(), token: z.string().optional() }),
  redact: ["token"],
  run: ({ input }) => input,
});
const single = defineJob({
  name: "reports.single",
  queue: "reports",
  input: z.object({}),
  dedupe: { key: () => "one" },
  run: () => null,
});
const definitions = [report, single];
const UNKNOWN_ID = "0193b2a0-0000-7000-8000-00000000000a";

let queues: TestQueues;
/** Runs no jobs and has no ticker of its own. */
let desk: Queue;

beforeEach(async () => {
  queues = await openTestQueues();
  desk = await queues.start(definitions, { role: "web" });
});
afterEach(async () => {
  await queues[Symbol.asyncDispose]();
});

const daily = {
  name: "Daily report",
  jobName: report.name,
  input: { to: "ada" },
  cron: "0 9 * * *",
  everyMs: null,
  timeZone: "Europe/Berlin",
  missed: "once" as const,
};
const hourly = { ...daily, name: "Hourly report", cron: null, everyMs: 3_600_000 };
const page = { limit: 50 };

const sql = (text: string, values: unknown[] = []) => queues.database.pool.query(text, values);
/** As if the time had passed while nobody was up. */
const makeDue = (id: string, ago = "0 seconds") =>
  sql("UPDATE job_schedule SET next_at = date_trunc('second', now()) - $2::interval WHERE id = $1", [id, ago]);
const runsOf = async (id: string) => (await desk.schedules.runs({ id, ...page })).items;
const jobsOf = async (id: string) => {
  const { rows } = await sql("SELECT data FROM pgboss.job WHERE data->>'scheduleId' = $1", [id]);
  return rows as { data: { input: unknown; enqueuedBy: string } }[];
};
/** Resolves once the schedule has been looked at by a process that started meanwhile. */
const settled = async (id: string): Promise<Schedule> => {
  await expect
    .poll(async () => (await desk.schedules.get(id)).nextAt ?? "", { timeout: 10_000 })
    .toSatisfy((nextAt: string) => new Date(nextAt) > new Date());
  return desk.schedules.get(id);
};

test("a schedule is shown as it was made, in words and with its next time", async () => {
  const made = await desk.schedules.create(daily, "ada@example.com");
  expect(made).toMatchObject({
    ...daily,
    words: "At 09:00",
    wordsByLanguage: { en: "At 09:00", "zh-CN": "在09:00" },
    origin: "operator",
    createdBy: "ada@example.com",
    pausedAt: null,
    last: null,
    problem: null,
  });
  expect(
    new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "Europe/Berlin" }).format(
      new Date(made.nextAt ?? ""),
    ),
  ).toBe("09:00");
  expect(await desk.schedules.get(made.id)).toEqual(made);
});

test("lists go by name and page by page, and find by text and by job", async () => {
  for (const name of ["c", "a", "b", "100%"]) await desk.schedules.create({ ...hourly, name });
  const first = await desk.schedules.list({ limit: 3 });
  const second = await desk.schedules.list({ limit: 3, cursor: first.nextCursor ?? "" });
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(["100%", "a", "b", "c"]);
  expect(second.nextCursor).toBeNull();
  expect((await desk.schedules.list({ ...page, search: "0%" })).items.map(({ name }) => name)).toEqual(["100%"]);
  expect((await desk.schedules.list({ ...page, search: "SEND-rep" })).items).toHaveLength(4);
  expect((await desk.schedules.list({ ...page, jobName: single.name })).items).toEqual([]);
  expect(await codeOf(desk.schedules.list({ ...page, cursor: "x" }))).toBe("CURSOR_INVALID");
});

test.each([
  ["a cron expression that is none", { cron: "every day" }, "SCHEDULE_INVALID", "cron"],
  ["a time zone that is none", { timeZone: "Europe/Atlantis" }, "SCHEDULE_INVALID", "timeZone"],
  ["neither expression nor interval", { cron: null }, "SCHEDULE_INVALID", "cron"],
  ["both", { everyMs: 1000 }, "SCHEDULE_INVALID", "cron"],
  ["an unknown job", { jobName: "no.such" }, "JOB_UNKNOWN", "jobName"],
  ["an input that does not fit", { input: { to: 1 } }, "JOB_INPUT_INVALID", "input"],
])("%s is refused with the field, and nothing is stored", async (_, change, code, field) => {
  const refusal = await refusalOf(desk.schedules.create({ ...daily, ...change }));
  expect(refusal).toMatchObject({ kind: "BAD_REQUEST", code });
  expect(refusal.details).toMatchObject({ issues: [{ path: expect.arrayContaining([field]) as unknown }] });
  expect((await desk.schedules.list(page)).items).toEqual([]);
});

test("a name is given once", async () => {
  await desk.schedules.create(daily);
  const other = await desk.schedules.create(hourly);
  expect(await codeOf(desk.schedules.create(daily))).toBe("SCHEDULE_NAME_TAKEN");
  expect(await codeOf(desk.schedules.update({ id: other.id, name: daily.name }))).toBe("SCHEDULE_NAME_TAKEN");
  expect((await desk.schedules.get(other.id)).name).toBe(hourly.name);
});

test("an unknown schedule is refused whatever is asked of it", async () => {
  const { schedules } = desk;
  const asked = [
    schedules.get(UNKNOWN_ID),
    schedules.runs({ id: UNKNOWN_ID, ...page }),
    schedules.update({ id: UNKNOWN_ID, name: "x" }),
    schedules.remove(UNKNOWN_ID),
    schedules.runNow(UNKNOWN_ID, { by: "ada" }),
  ];
  expect(await Promise.all(asked.map(codeOf))).toEqual(asked.map(() => "SCHEDULE_NOT_FOUND"));
});

test("a change keeps what is not given, and another timing gives another time", async () => {
  const made = await desk.schedules.create(daily);
  const { before, after } = await desk.schedules.update({ id: made.id, name: "Renamed", missed: "skip" });
  expect(before).toEqual(made);
  expect(after).toEqual({ ...made, name: "Renamed", missed: "skip" });
  const changed = await desk.schedules.update({ id: made.id, everyMs: 60_000 });
  expect(changed.after).toMatchObject({ cron: null, everyMs: 60_000, words: "Every minute" });
  expect(changed.after.nextAt).not.toBe(made.nextAt);
  expect(await codeOf(desk.schedules.update({ id: made.id, cron: "x" }))).toBe("SCHEDULE_INVALID");
  expect((await desk.schedules.get(made.id)).everyMs).toBe(60_000);
});

test("what is secret in the input is not shown, stays when it comes back so, and does not follow to another job", async () => {
  const made = await desk.schedules.create({ ...daily, input: { to: "ada", token: "s3cret" } });
  expect(made.input).toEqual({ to: "ada", token: "[redacted]" });
  await desk.schedules.update({ id: made.id, input: { to: "bob", token: "[redacted]" } });
  const { rows } = await sql("SELECT input FROM job_schedule");
  expect(rows).toEqual([{ input: { to: "bob", token: "s3cret" } }]);
  expect(await codeOf(desk.schedules.update({ id: made.id, jobName: single.name }))).toBe("SCHEDULE_INVALID");
  const moved = await desk.schedules.update({ id: made.id, jobName: single.name, input: { token: "[redacted]" } });
  expect(JSON.stringify(moved.after)).not.toContain("s3cret");
});

test("a due schedule stores its job once, puts it on record and goes on to its next time", async () => {
  const { id } = await desk.schedules.create(daily);
  await makeDue(id);
  await queues.start(definitions);
  const schedule = await settled(id);
  expect(await jobsOf(id)).toMatchObject([{ data: { input: { to: "ada" }, enqueuedBy: "schedule Daily report" } }]);
  const [run, ...others] = await runsOf(id);
  expect(others).toEqual([]);
  expect(run).toMatchObject({ outcome: "enqueued", by: null, note: null });
  expect(schedule.last).toMatchObject({ jobId: run?.jobId });
  await expect.poll(async () => (await runsOf(id))[0]?.jobState).toBe("completed");
  expect((await desk.get(run?.jobId ?? "")).scheduleId).toBe(id);
});

test.each([
  ["skip", ["skipped"], "Skipped 5 missed times."],
  ["once", ["enqueued"], "Stands for 5 missed times."],
  ["each", ["enqueued", "enqueued", "enqueued", "enqueued", "enqueued"], "Was missed."],
] as const)("times that passed while nobody was up: %s", async (missed, outcomes, note) => {
  const { id } = await desk.schedules.create({ ...hourly, missed });
  await makeDue(id, "4 hours 30 minutes");
  await queues.start(definitions);
  await settled(id);
  const runs = await runsOf(id);
  expect(runs.map(({ outcome }) => outcome)).toEqual(outcomes);
  expect(runs[0]?.note).toBe(note);
  expect(await jobsOf(id)).toHaveLength(outcomes.filter((outcome) => outcome === "enqueued").length);
});

test("a paused schedule waits, and its missed times are dealt with when it goes on", async () => {
  const { id } = await desk.schedules.create({ ...hourly, missed: "each" });
  const { after } = await desk.schedules.update({ id, isPaused: true }, "ada@example.com");
  expect(after).toMatchObject({ pausedBy: "ada@example.com", nextAt: null });
  await makeDue(id, "2 hours 30 minutes");
  const other = await desk.schedules.create({ ...hourly, name: "Other" });
  await makeDue(other.id);
  await queues.start(definitions);
  await settled(other.id);
  expect(await runsOf(id)).toEqual([]);
  await desk.schedules.update({ id, isPaused: false });
  await settled(id);
  expect(await runsOf(id)).toHaveLength(3);
});

test("an input that does not fit any more fails the run and says why; the schedule goes on", async () => {
  const { id } = await desk.schedules.create(daily);
  await sql("UPDATE job_schedule SET input = '{}'");
  await makeDue(id, "10 seconds");
  await queues.start(definitions);
  const schedule = await settled(id);
  expect(schedule.problem).toMatch(/^The input does not fit the job reports.send-report: input.to/);
  expect(await runsOf(id)).toMatchObject([{ outcome: "failed", jobId: null, note: schedule.problem }]);
  await desk.schedules.update({ id, input: { to: "bob" } });
  await makeDue(id);
  expect((await settled(id)).problem).toBeNull();
  expect(await jobsOf(id)).toHaveLength(1);
});

test("a schedule of a job that nobody defines waits and says so, and is caught up when somebody does", async () => {
  const { id } = await desk.schedules.create(daily);
  await makeDue(id, "2 minutes");
  await queues.start([single]);
  await expect
    .poll(async () => (await desk.schedules.get(id)).problem, { timeout: 10_000 })
    .toBe("No process that is up defines the job reports.send-report.");
  expect(await runsOf(id)).toEqual([]);
  await queues.start(definitions);
  expect((await settled(id)).problem).toBeNull();
  expect(await runsOf(id)).toMatchObject([{ outcome: "enqueued", note: "Stands for 1 missed time." }]);
});

test("a job whose last one still waits is stored all the same, unless its definition says otherwise", async () => {
  const every = { ...hourly, missed: "each" as const };
  const plain = await desk.schedules.create(every);
  const deduplicated = await desk.schedules.create({ ...every, name: "Single", jobName: single.name, input: {} });
  for (const { id } of [plain, deduplicated]) await makeDue(id, "1 hour 30 minutes");
  await queues.database.pool.query("INSERT INTO queue_state (name, paused_at) VALUES ('reports', now())");
  await queues.start(definitions);
  for (const { id } of [plain, deduplicated]) await settled(id);
  expect((await runsOf(plain.id)).map(({ outcome }) => outcome)).toEqual(["enqueued", "enqueued"]);
  const [second, first] = await runsOf(deduplicated.id);
  expect(first).toMatchObject({ outcome: "enqueued" });
  expect(second).toMatchObject({
    outcome: "skipped",
    jobId: first?.jobId,
    note: "Was missed. Its job waits or runs already.",
  });
});

test("a run by hand leaves the times alone and says by whom", async () => {
  const { id, nextAt } = await desk.schedules.create(daily);
  await desk.schedules.update({ id, isPaused: true });
  const { jobId } = await desk.schedules.runNow(id, { by: "ada@example.com", requestId: "request-1" });
  expect(await runsOf(id)).toMatchObject([
    { jobId, by: "ada@example.com", outcome: "enqueued", jobState: "available" },
  ]);
  expect(await desk.get(jobId)).toMatchObject({
    enqueuedBy: "ada@example.com",
    requestId: "request-1",
    scheduleId: id,
  });
  expect((await desk.schedules.update({ id, isPaused: false })).after.nextAt).toBe(nextAt);
});

test("many processes store one job for each time", async () => {
  const ids: string[] = [];
  for (let number = 0; number < 40; number += 1) {
    const { id } = await desk.schedules.create({ ...hourly, name: `Report ${number}`, missed: "each" });
    await makeDue(id, "1 hour 30 minutes");
    ids.push(id);
  }
  await Promise.all([1, 2, 3].map(() => queues.start(definitions)));
  for (const id of ids) await settled(id);
  const { rows } = await sql(
    `SELECT count(*)::int AS runs, count(DISTINCT (schedule_id, due_at))::int AS times, count(DISTINCT job_id)::int AS jobs,
       (SELECT count(*)::int FROM pgboss.job WHERE data ? 'scheduleId') AS stored
     FROM schedule_run`,
  );
  expect(rows).toEqual([{ runs: 80, times: 80, jobs: 80, stored: 80 }]);
});

test("a schedule that cannot be moved on stores nothing, and does not hold up the others", async () => {
  const stuck = await desk.schedules.create({ ...hourly, name: "Stuck" });
  const other = await desk.schedules.create({ ...hourly, name: "Other" });
  await makeDue(stuck.id, "10 minutes");
  await makeDue(other.id);
  await queues.database.asOwner(
    `ALTER TABLE job_schedule ADD CONSTRAINT stuck CHECK (id <> '${stuck.id}' OR next_at <= '${new Date().toISOString()}')`,
  );
  await queues.start(definitions);
  await settled(other.id);
  expect(await jobsOf(stuck.id)).toEqual([]);
  expect(await runsOf(stuck.id)).toEqual([]);
  await queues.database.asOwner("ALTER TABLE job_schedule DROP CONSTRAINT stuck");
  await settled(stuck.id);
  expect(await jobsOf(stuck.id)).toHaveLength(1);
});

test("the history is read page by page", async () => {
  const { id } = await desk.schedules.create(daily);
  for (const by of ["a", "b", "c"]) await desk.schedules.runNow(id, { by });
  const first = await desk.schedules.runs({ id, limit: 2 });
  const second = await desk.schedules.runs({ id, limit: 2, cursor: first.nextCursor ?? "" });
  expect([...first.items, ...second.items].map(({ by }) => by)).toEqual(["c", "b", "a"]);
  expect(second.nextCursor).toBeNull();
});

test("a deleted schedule is gone with its history, keeps its jobs and can be made again under its id", async () => {
  const made = await desk.schedules.create(daily);
  const { jobId } = await desk.schedules.runNow(made.id, { by: "ada" });
  expect(await desk.schedules.remove(made.id)).toMatchObject({ name: daily.name });
  expect(await codeOf(desk.schedules.get(made.id))).toBe("SCHEDULE_NOT_FOUND");
  expect((await desk.get(jobId)).scheduleId).toBe(made.id);
  const again = await desk.schedules.recreate(made.id, { ...daily, isPaused: true }, "bob");
  expect(again).toMatchObject({ id: made.id, name: daily.name, pausedBy: "bob", nextAt: null });
});

test("a preview says when it runs, in words, and what clocks do to it", async () => {
  const preview = await desk.schedules.preview({
    cron: "30 2 * * *",
    everyMs: null,
    timeZone: "Europe/Berlin",
    count: 3,
  });
  expect(preview).toMatchObject({ words: "At 02:30", wordsByLanguage: { "zh-CN": "在02:30" } });
  expect(preview.next).toHaveLength(3);
  expect(preview.clockChanges.map(({ kind }) => kind).toSorted()).toEqual(["doubled", "skipped"]);
  const interval = await desk.schedules.preview({ cron: null, everyMs: 90_000, timeZone: "Europe/Berlin", count: 2 });
  const [first, second] = interval.next.map((at) => new Date(at).getTime());
  expect((second ?? 0) - (first ?? 0)).toBe(90_000);
  expect(interval.clockChanges).toEqual([]);
  const refused = desk.schedules.preview({ cron: "x", everyMs: null, timeZone: "UTC", count: 1 });
  expect(await codeOf(refused)).toBe("SCHEDULE_INVALID");
});

test("histories keep the newest thousand", async () => {
  const { id } = await desk.schedules.create(daily);
  await sql(
    `INSERT INTO schedule_run (schedule_id, due_at, outcome, note)
     SELECT $1, now() - n * interval '1 minute', 'skipped', n::text FROM generate_series(1005, 1, -1) n`,
    [id],
  );
  const old = await desk.schedules.create({ ...daily, name: "Old" });
  await sql(
    "INSERT INTO schedule_run (schedule_id, due_at, at, outcome) VALUES ($1, now(), now() - interval '91 days', 'skipped')",
    [old.id],
  );
  await deleteOldRuns(queues.database.pool, 1000, 90);
  const { rows } = await sql("SELECT count(*)::int AS count, max(note::int) AS oldest FROM schedule_run");
  expect(rows).toEqual([{ count: 1000, oldest: 1000 }]);
});

const declare = (cron: { expression: string; timeZone?: string; input: { to: string } } | undefined) =>
  defineJob({ name: "reports.declared", queue: "reports", input: z.object({ to: z.string() }), cron, run: () => null });
const declaredOf = async () => (await desk.schedules.list({ ...page, jobName: "reports.declared" })).items;

test("a definition's own schedule is there after the start, changes with the code, keeps its pause and goes with it", async () => {
  await queues.start([declare({ expression: "0 9 * * *", timeZone: "Asia/Shanghai", input: { to: "ada" } })]);
  const [made] = await declaredOf();
  expect(made).toMatchObject({
    name: "reports.declared",
    origin: "definition",
    cron: "0 9 * * *",
    timeZone: "Asia/Shanghai",
    input: { to: "ada" },
    missed: "once",
  });
  await desk.schedules.update({ id: made?.id ?? "", isPaused: true }, "ada");
  await queues.start([declare({ expression: "0 10 * * *", input: { to: "bob" } })]);
  const [changed] = await declaredOf();
  expect(changed).toMatchObject({
    id: made?.id,
    cron: "0 10 * * *",
    timeZone: "UTC",
    input: { to: "bob" },
    pausedBy: "ada",
  });
  await queues.start([report]);
  expect(await declaredOf()).toHaveLength(1);
  await queues.start([declare(undefined)]);
  expect(await declaredOf()).toEqual([]);
});

test("a start with the same declaration leaves a time that passed to be caught up", async () => {
  const declared = declare({ expression: "0 9 * * *", input: { to: "ada" } });
  const first = await queues.start([declared]);
  await first.stop();
  const [{ id } = { id: "" }] = await declaredOf();
  await makeDue(id, "2 hours");
  await queues.start([declared]);
  await settled(id);
  expect(await runsOf(id)).toMatchObject([{ outcome: "enqueued", note: "Stands for 1 missed time." }]);
});

test("what comes with a definition is changed in the code, and deleted only when the code has it no more", async () => {
  const declared = declare({ expression: "0 9 * * *", input: { to: "ada" } });
  const here = await queues.start([declared]);
  const [{ id } = { id: "" }] = await declaredOf();
  expect(await codeOf(here.schedules.update({ id, cron: "0 8 * * *" }))).toBe("SCHEDULE_OF_DEFINITION");
  expect(await codeOf(here.schedules.remove(id))).toBe("SCHEDULE_OF_DEFINITION");
  // The desk's release does not define the job.
  expect((await desk.schedules.remove(id)).id).toBe(id);
});

test("a definition's schedule makes way for one that an operator named like it", async () => {
  await desk.schedules.create({ ...daily, name: "reports.declared" });
  await queues.start([declare({ expression: "0 9 * * *", input: { to: "ada" } })]);
  expect((await declaredOf()).map(({ name }) => name)).toEqual(["reports.declared (definition)"]);
});

test("several processes that start at once declare a schedule once", async () => {
  const declared = declare({ expression: "0 9 * * *", input: { to: "ada" } });
  await Promise.all([1, 2, 3].map(() => queues.start([declared], { processId: testIds.uuid() })));
  expect(await declaredOf()).toHaveLength(1);
});

test.each([
  ["cron expression", { expression: "x", input: { to: "ada" } }, "SCHEDULE_INVALID"],
  ["input", { expression: "0 9 * * *", input: { to: 1 as unknown as string } }, "JOB_INPUT_INVALID"],
])("a declaration with a wrong %s stops the start", async (_, cron, code) => {
  expect(await codeOf(queues.start([declare(cron)]))).toBe(code);
});
