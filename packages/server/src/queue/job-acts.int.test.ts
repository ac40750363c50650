import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../define.ts";
import { codeOf, refusalOf } from "../desk.fixture.ts";
import { openTestQueues, testIds, type TestQueues } from "./queue.fixture.ts";
import type { Queue } from "./queue.service.ts";

const card = defineJob({
  name: "pay.charge",
  queue: "pay",
  input: z.object({
    amount: z.number().int(),
    token: z.string().meta({ secret: true }),
    cards: z.array(z.object({ number: z.string(), label: z.string() })).default([]),
  }),
  output: z.object({ receipt: z.string(), token: z.string() }),
  redact: ["cards.*.number", "token"],
  retry: { attempts: 1 },
  run: ({ input }) => {
    if (input.amount < 0) throw new Error("Too little");
    return { receipt: `r${input.amount}`, token: input.token };
  },
});
const parent = defineJob({
  name: "pay.parent",
  queue: "pay",
  input: z.object({}),
  run: async ({ enqueue }) => {
    for (const amount of [1, 2]) await enqueue(card, { amount, token: "t" });
    return null;
  },
});

let queues: TestQueues;
let queue: Queue;

beforeAll(async () => {
  queues = await openTestQueues();
  queue = await queues.start([card, parent]);
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const input = {
  amount: 5,
  token: "t0p",
  cards: [
    { number: "4111", label: "a" },
    { number: "4222", label: "b" },
  ],
};
const waiting = async (more: object = {}) =>
  (await queue.enqueue({ name: card.name, input: { ...input, ...more }, delayMs: 60_000 }, { enqueuedBy: "ann" })).id;
const failed = async () => {
  const { id } = await queue.enqueue({ name: card.name, input: { ...input, amount: -1 } });
  expect(await queue.result({ id, waitMs: 10_000 })).toMatchObject({ state: "discarded" });
  return id;
};
const storedInput = async (id: string): Promise<unknown> =>
  (
    await queues.database.pool.query<{ input: unknown }>(
      "SELECT data->'input' AS input FROM pgboss.job WHERE id = $1",
      [id],
    )
  ).rows[0]?.input;
const edit = (id: string, to: unknown, more: object = {}) =>
  queue.updateInput({ id, input: to as never, retry: false, ...more }, "bob");

test("what is secret is not shown: in the input, the output and the result", async () => {
  const { id } = await queue.enqueue({ name: card.name, input });
  expect(await queue.result({ id, waitMs: 10_000 })).toMatchObject({ output: { receipt: "r5", token: "[redacted]" } });
  const job = await queue.get(id);
  expect(job.input).toEqual({
    amount: 5,
    token: "[redacted]",
    cards: [
      { number: "[redacted]", label: "a" },
      { number: "[redacted]", label: "b" },
    ],
  });
  expect(job.output).toEqual({ receipt: "r5", token: "[redacted]" });
  expect(job.redacted).toEqual(["cards.*.number", "token"]);
  for await (const seen of queue.watch(id, new AbortController().signal))
    expect(JSON.stringify(seen)).not.toContain("t0p");
});

test("a job of a name that is not defined here hides what its fields' names say", async () => {
  const id = testIds.uuid();
  await queues.database.pool.query(
    `INSERT INTO pgboss.job (id, name, group_id, data) VALUES ($1, 'pay', 'pay.gone', '{"input":{"password":"x","user":"ann"}}')`,
    [id],
  );
  expect((await queue.get(id)).input).toEqual({ password: "[redacted]", user: "ann" });
  expect(await codeOf(edit(id, {}))).toBe("JOB_UNKNOWN");
});

test("an edit keeps what it shows as redacted, says what changed, and is in the timeline without values", async () => {
  const id = await waiting();
  const shown = (await queue.get(id)).input as { cards: object[] };
  const change = { ...shown, amount: 6, cards: [shown.cards[0], { number: "4333", label: "b" }] };
  expect(await edit(id, change, { expected: shown })).toMatchObject({
    id,
    name: card.name,
    state: "scheduled",
    changed: ["amount", "cards.1.number"],
    before: { state: "scheduled", input: shown },
    after: { state: "scheduled", input: { ...shown, amount: 6 } },
  });
  expect(await storedInput(id)).toEqual({
    amount: 6,
    token: "t0p",
    cards: [
      { number: "4111", label: "a" },
      { number: "4333", label: "b" },
    ],
  });
  const { timeline } = await queue.get(id);
  expect(timeline).toMatchObject([
    { kind: "enqueued", by: "ann" },
    { kind: "edited", by: "bob", note: "Changed amount, cards.1.number" },
  ]);
  expect(JSON.stringify(timeline)).not.toMatch(/t0p|4333/);
});

test("an edit of what somebody else has changed is refused", async () => {
  const id = await waiting();
  const shown = (await queue.get(id)).input as object;
  await edit(id, { ...shown, amount: 7 });
  expect(await codeOf(edit(id, { ...shown, amount: 8 }, { expected: shown }))).toBe("JOB_CHANGED");
  expect(await storedInput(id)).toMatchObject({ amount: 7 });
});

test("an input off the schema, too large or not storable is refused with the field, and nothing changes", async () => {
  const id = await waiting();
  const refusal = await refusalOf(edit(id, { ...input, amount: "6" }));
  expect(refusal).toMatchObject({ code: "JOB_INPUT_INVALID", details: { issues: [{ path: ["input", "amount"] }] } });
  expect(await codeOf(edit(id, { ...input, token: "x".repeat(300_000) }))).toBe("JOB_INPUT_INVALID");
  expect(await codeOf(edit(id, { ...input, token: "\0" }))).toBe("TEXT_INVALID");
  expect(await storedInput(id)).toEqual(input);
  expect((await queue.get(id)).timeline).toHaveLength(1);
});

test("only waiting, discarded and cancelled jobs are edited", async () => {
  const { id } = await queue.enqueue({ name: card.name, input });
  await queue.result({ id, waitMs: 10_000 });
  expect(await refusalOf(edit(id, input))).toMatchObject({ code: "JOB_NOT_EDITABLE", kind: "CONFLICT" });
  expect(await codeOf(edit(testIds.uuid(), input))).toBe("JOB_NOT_FOUND");
});

test("a failed job is edited and retried in one act", async () => {
  const id = await failed();
  expect(await edit(id, { ...input, amount: 9 }, { retry: true })).toMatchObject({ state: "available" });
  expect(await queue.result({ id, waitMs: 10_000 })).toMatchObject({ state: "completed", output: { receipt: "r9" } });
  expect((await queue.get(id)).timeline.map(({ kind, by }) => [kind, by])).toEqual([
    ["enqueued", null],
    ["started", null],
    ["failed", null],
    ["edited", "bob"],
    ["retried", "bob"],
    ["started", null],
    ["completed", null],
  ]);
});

test("without the retry a failed job stays failed, and a cancelled one cancelled", async () => {
  const id = await failed();
  expect(await edit(id, input)).toMatchObject({ state: "discarded" });
  const other = await waiting();
  await queue.cancel(other, "eve");
  expect(await edit(other, { ...input, amount: 1 })).toMatchObject({ state: "cancelled" });
  expect((await queue.get(other)).timeline.map(({ kind, by }) => [kind, by])).toEqual([
    ["enqueued", "ann"],
    ["cancelled", "eve"],
    ["edited", "bob"],
  ]);
});

test("each act is kept with who did it; a refused one is not", async () => {
  const id = await waiting();
  await queue.runNow(id, "cat");
  await queue.result({ id, waitMs: 10_000 });
  await codeOf(queue.retry(id, "dan"));
  const kinds = (await queue.get(id)).timeline.map(({ kind, by }) => [kind, by]);
  expect(kinds).toEqual([
    ["enqueued", "ann"],
    ["ranNow", "cat"],
    ["started", null],
    ["completed", null],
  ]);
});

test("the end of a discarded job is told with its reason, and a deletion takes the events along", async () => {
  const id = await failed();
  expect((await queue.get(id)).timeline.at(-1)).toMatchObject({ kind: "discarded", attempt: 1, note: "Too little" });
  await queue.retry(id, "dan");
  await queue.result({ id, waitMs: 10_000 });
  await queue.remove(id);
  const { rowCount } = await queues.database.pool.query("SELECT FROM job_event WHERE job_id = $1", [id]);
  expect(rowCount).toBe(0);
});

test("a discarded job is kept for 30 days; retried and done, for 7", async () => {
  const id = await failed();
  const kept = async () =>
    (await queues.database.pool.query("SELECT deletion_seconds / 86400 AS days FROM pgboss.job WHERE id = $1", [id]))
      .rows;
  expect(await kept()).toEqual([{ days: 30 }]);
  await edit(id, input, { retry: true });
  await queue.result({ id, waitMs: 10_000 });
  expect(await kept()).toEqual([{ days: 7 }]);
});

test("a job knows what it stored, and each of those who stored it", async () => {
  const { id } = await queue.enqueue({ name: parent.name, input: {} });
  await queue.result({ id, waitMs: 10_000 });
  const { children } = await queue.get(id);
  expect(children).toHaveLength(2);
  for (const child of children) {
    expect(child.name).toBe(card.name);
    expect((await queue.get(child.id)).parentId).toBe(id);
  }
  const { rows } = await queues.database.pool.query<Record<string, string>>(
    `EXPLAIN SELECT id FROM pgboss.job k WHERE k.data ? 'parentId' AND k.data->>'parentId' = 'x'`,
  );
  expect(JSON.stringify(rows)).toContain("Index Cond: ((data ->> 'parentId'");
});

test("edits and claims of one job never both have their way", async () => {
  for (let round = 0; round < 20; round += 1) {
    const { id } = await queue.enqueue({ name: card.name, input: { ...input, amount: 1 } });
    const edited = await edit(id, { ...input, amount: 2 }).then(
      () => true,
      () => false,
    );
    const { output } = await queue.result({ id, waitMs: 10_000 });
    expect(output).toMatchObject({ receipt: edited ? "r2" : "r1" });
  }
});

test("the times of a job, in its list and by itself, are those that are stored, each in its place", async () => {
  const { id } = await queue.enqueue({ name: "pay.charge", input });
  await queue.result({ id, waitMs: 10_000 });
  await queues.database.pool.query(
    `UPDATE pgboss.job SET created_on = '2026-01-01T00:00:01.100999Z', start_after = '2026-01-01T00:00:02Z',
       started_on = '2026-01-01T00:00:03.999999Z', completed_on = '2026-01-01T00:00:05.0005Z' WHERE id = $1`,
    [id],
  );
  const times = {
    createdAt: "2026-01-01T00:00:01.100Z",
    scheduledFor: "2026-01-01T00:00:02.000Z",
    startedAt: "2026-01-01T00:00:03.999Z",
    finishedAt: "2026-01-01T00:00:05.000Z",
  };
  expect(await queue.get(id)).toMatchObject(times);
  expect((await queue.list({ limit: 200 })).items.find((job) => job.id === id)).toMatchObject(times);
});
