import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createToRow } from "../audit/to-row.ts";
import { defineJob } from "../define.ts";
import { findAppError } from "../platform/errors.ts";
import { t } from "../trpc/init.ts";
import type { Role } from "../trpc/roles.ts";
import { createTestContext } from "../trpc/test-context.ts";
import { createJobNoteSchemas } from "./note-schemas.ts";
import { openTestQueues, testIds, type TestQueues } from "./queue.fixture.ts";
import { createQueueRouter } from "./queue.router.ts";
import { updateInputInput } from "./queue.schema.ts";

const pay = defineJob({
  name: "desk.pay",
  queue: "desk",
  input: z.object({
    amount: z.number(),
    pin: z.string().meta({ secret: true }),
    cards: z.array(z.object({ nr: z.string() })),
  }),
  redact: ["cards.*.nr"],
  retry: { attempts: 1 },
  run: () => {
    throw new Error("No money");
  },
});
const input = { amount: 1, pin: "hush-1", cards: [{ nr: "hush-2" }] };

let queues: TestQueues;
let router: ReturnType<typeof createQueueRouter>;
const processId = testIds.uuid();

beforeAll(async () => {
  queues = await openTestQueues();
  router = createQueueRouter(await queues.start([pay], { processId }));
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const as = (role: Role) => {
  const { context, audited } = createTestContext({ role });
  return { caller: t.createCallerFactory(router)(context), audited };
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => findAppError(error)?.code ?? (error as { code: string }).code,
  );

test("a viewer sees errors and processes, and changes neither inputs nor settings nor processes", async () => {
  const { caller } = as("viewer");
  expect((await caller.errors.list()).items).toEqual([]);
  expect((await caller.workers.list()).items).toMatchObject([{ id: processId }]);
  expect((await caller.definitions()).items.find(({ name }) => name === "desk.pay")).toMatchObject({
    redacted: ["cards.*.nr", "pin"],
    globalConcurrency: null,
    rateLimit: null,
  });
  const refused = [
    caller.jobs.updateInput({ id: testIds.uuid(), input: {} }),
    caller.queues.configure({ name: "desk", slots: 1 }),
    caller.workers.quiet({ id: processId }),
    caller.workers.resume({ id: processId }),
  ];
  expect(await Promise.all(refused.map(codeOf))).toEqual(Array(4).fill("RIGHT_MISSING"));
});

test("an operator configures a queue, and the log has what it was and what it is", async () => {
  const { caller, audited } = as("operator");
  const { settings } = await caller.queues.configure({ name: "desk", globalConcurrency: 3, reason: "Busy" });
  expect(settings).toEqual({ slots: null, globalConcurrency: 3, keyConcurrency: null, rateLimit: null });
  expect(audited).toMatchObject([
    {
      action: "queues.configure",
      note: {
        targetType: "queue",
        targetId: "desk",
        before: { globalConcurrency: null },
        after: { globalConcurrency: 3 },
        reason: "Busy",
      },
    },
  ]);
  await caller.queues.configure({ name: "desk", globalConcurrency: null });
  expect(await codeOf(caller.queues.configure({ name: "desk", slots: 0 }))).toBe("BAD_REQUEST");
});

test("an operator quiets and resumes a process", async () => {
  const { caller, audited } = as("operator");
  expect(await caller.workers.quiet({ id: processId })).toEqual({ id: processId, isQuiet: true });
  expect((await caller.workers.list()).items).toMatchObject([{ quietedBy: "operator@example.com" }]);
  expect(await caller.workers.resume({ id: processId })).toEqual({ id: processId, isQuiet: false });
  expect(audited.map(({ note }) => [note.before, note.after])).toEqual([
    [{ quiet: false }, { quiet: true }],
    [{ quiet: true }, { quiet: false }],
  ]);
});

test("failures make a group that a viewer finds, and the jobs of it", async () => {
  const { caller } = as("operator");
  const { ids } = await caller.enqueueMany({ name: "desk.pay", inputs: [input, input, input] });
  for (const id of ids) await caller.jobs.result({ id, waitMs: 10_000 });
  const groups = async () => (await caller.errors.list()).items;
  await expect.poll(async () => (await groups())[0]?.attempts, { timeout: 5000 }).toBe(3);
  const [group] = await groups();
  expect(group).toMatchObject({
    name: "desk.pay",
    queue: "desk",
    message: "No money",
    discarded: 3,
    versions: ["0.0.0"],
  });
  expect(group?.place).toContain("desk-calls.int.test.ts");
  expect(ids).toContain(group?.lastJobId);
  const jobs = await caller.jobs.list({ fingerprint: group?.fingerprint });
  expect(jobs.items.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(await caller.errors.get({ fingerprint: group?.fingerprint ?? "" })).toEqual(group);
});

test("neither the note of an edit nor the call itself, done or refused, tells the log a secret", async () => {
  const { caller, audited } = as("operator");
  const { id } = await caller.enqueue({ name: "desk.pay", input, delayMs: 60_000 });
  const edited = { amount: 2, pin: "hush-3", cards: [{ nr: "hush-4" }] };
  expect(await caller.jobs.updateInput({ id, input: edited })).toEqual({
    id,
    state: "scheduled",
    changed: ["amount", "cards.0.nr", "pin"],
  });
  expect(await codeOf(caller.jobs.updateInput({ id, input: { ...edited, amount: "x" } }))).toBe("JOB_INPUT_INVALID");
  expect(await codeOf(caller.enqueue({ name: "desk.pay", input: { ...input, amount: "x" } }))).toBe(
    "JOB_INPUT_INVALID",
  );
  const toRow = createToRow({
    catalog: () => [
      { path: "queue.jobs.updateInput", input: updateInputInput, output: undefined },
      { path: "queue.enqueue", input: z.object({ name: z.string(), input: z.json() }), output: undefined },
    ],
    noteSchemas: createJobNoteSchemas(() => [pay]),
  });
  const rows = audited.map((entry) => toRow(testIds.uuid(), { ...entry, action: `queue.${entry.action}` }));
  expect(rows).toHaveLength(4);
  expect(JSON.stringify(rows)).not.toContain("hush");
  expect(rows[1]).toMatchObject({
    action: "queue.jobs.updateInput",
    before: expect.stringContaining('"amount":1') as string,
    after: expect.stringContaining('"amount":2') as string,
  });
});
