import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../define.ts";
import { findAppError } from "../platform/errors.ts";
import { t } from "../trpc/init.ts";
import type { Role } from "../trpc/roles.ts";
import { createTestContext } from "../trpc/test-context.ts";
import { openTestQueues, type TestQueues } from "./queue.fixture.ts";
import { createQueueRouter } from "./queue.router.ts";

const echo = defineJob({
  name: "wire.echo",
  queue: "wire",
  input: z.object({ text: z.string() }),
  run: ({ input }) => input,
});
const UNKNOWN_ID = "0193b2a0-0000-7000-8000-00000000000a";

let queues: TestQueues;
let router: ReturnType<typeof createQueueRouter>;

beforeAll(async () => {
  queues = await openTestQueues();
  router = createQueueRouter(await queues.start([echo]));
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

test("an operator enqueues, waits for the result and leaves an audit row", async () => {
  const { caller, audited } = as("operator");
  const { id, deduplicated } = await caller.enqueue({ name: "wire.echo", input: { text: "hi" } });
  expect(deduplicated).toBe(false);
  expect(await caller.jobs.result({ id, waitMs: 10_000 })).toMatchObject({ done: true, output: { text: "hi" } });
  expect(await caller.jobs.get({ id })).toMatchObject({ enqueuedBy: "operator@example.com", requestId: "request-1" });
  expect(audited).toMatchObject([{ action: "enqueue", outcome: "ok", note: { targetType: "job", targetId: id } }]);
});

test("a viewer sees everything and changes nothing", async () => {
  const { id } = await as("operator").caller.enqueue({ name: "wire.echo", input: { text: "x" }, delayMs: 60_000 });
  const { caller } = as("viewer");
  expect((await caller.jobs.list()).items[0]).toMatchObject({ id, state: "scheduled" });
  expect((await caller.definitions()).items.map(({ name }) => name)).toEqual(["wire.echo", "queue.bulk"]);
  expect((await caller.queues.list()).items).toMatchObject([
    { name: "switchboard.bulk" },
    { name: "wire", paused: false },
  ]);
  const refused = [
    caller.enqueue({ name: "wire.echo", input: { text: "x" } }),
    caller.enqueueMany({ name: "wire.echo", inputs: [{ text: "x" }] }),
    caller.jobs.cancel({ id }),
    caller.jobs.retry({ id }),
    caller.jobs.runNow({ id }),
    caller.jobs.delete({ id }),
    caller.queues.pause({ name: "wire" }),
    caller.queues.resume({ name: "wire" }),
  ];
  expect(await Promise.all(refused.map(codeOf))).toEqual(refused.map(() => "RIGHT_MISSING"));
});

test("acts on one job answer its new state and say what was before in the audit row", async () => {
  const { caller, audited } = as("operator");
  const { id } = await caller.enqueue({ name: "wire.echo", input: { text: "x" }, delayMs: 60_000 });
  expect(await caller.jobs.cancel({ id })).toEqual({ id, state: "cancelled" });
  expect(audited.at(-1)?.note).toMatchObject({
    targetId: id,
    before: { state: "scheduled" },
    after: { state: "cancelled" },
  });
  expect(await caller.jobs.delete({ id })).toEqual({ done: true });
  expect(await codeOf(caller.jobs.get({ id }))).toBe("JOB_NOT_FOUND");
});

test("pausing and resuming a queue names who did it", async () => {
  const { caller, audited } = as("operator");
  expect(await caller.queues.pause({ name: "wire" })).toEqual({ name: "wire", paused: true });
  const { items } = await caller.queues.list();
  expect(items.find(({ name }) => name === "wire")).toMatchObject({ paused: true, pausedBy: "operator@example.com" });
  expect(await caller.queues.resume({ name: "wire" })).toEqual({ name: "wire", paused: false });
  expect(audited.map(({ note }) => note.before)).toEqual([{ paused: false }, { paused: true }]);
});

test.each([
  ["an unknown id", (caller: Caller) => caller.jobs.get({ id: UNKNOWN_ID }), "JOB_NOT_FOUND"],
  ["an unknown id to cancel", (caller: Caller) => caller.jobs.cancel({ id: UNKNOWN_ID }), "JOB_NOT_FOUND"],
  ["an unknown id to wait for", (caller: Caller) => caller.jobs.result({ id: UNKNOWN_ID }), "JOB_NOT_FOUND"],
  ["an id that is no UUID", (caller: Caller) => caller.jobs.get({ id: "1" }), "BAD_REQUEST"],
  ["an unknown job", (caller: Caller) => caller.enqueue({ name: "no.such", input: {} }), "JOB_UNKNOWN"],
  [
    "a misfit input",
    (caller: Caller) => caller.enqueue({ name: "wire.echo", input: { text: 1 } }),
    "JOB_INPUT_INVALID",
  ],
  [
    "a delay in the past",
    (caller: Caller) => caller.enqueue({ name: "wire.echo", input: { text: "" }, delayMs: -1 }),
    "BAD_REQUEST",
  ],
  ["an unknown queue", (caller: Caller) => caller.queues.pause({ name: "nowhere" }), "QUEUE_NOT_FOUND"],
])("%s is refused", async (_, ask, code) => {
  expect(await codeOf(ask(as("operator").caller))).toBe(code);
});

type Caller = ReturnType<typeof as>["caller"];
