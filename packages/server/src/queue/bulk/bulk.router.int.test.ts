import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { findAppError } from "../../platform/errors.ts";
import { t } from "../../trpc/init.ts";
import type { Role } from "../../trpc/roles.ts";
import { createTestContext } from "../../trpc/test-context.ts";
import { openTestQueues, type TestQueues } from "../queue.fixture.ts";
import { createQueueRouter } from "../queue.router.ts";

const job = defineJob({ name: "wire.echo", queue: "wire", input: z.object({}), run: () => null });
const UNKNOWN_ID = "0193b2a0-0000-7000-8000-00000000000a";

let queues: TestQueues;
let router: ReturnType<typeof createQueueRouter>;

beforeAll(async () => {
  queues = await openTestQueues();
  router = createQueueRouter(await queues.start([job], { role: "web" }));
});
afterAll(() => queues[Symbol.asyncDispose]());

const as = (role: Role) => {
  const { context, audited } = createTestContext({ role });
  return { caller: t.createCallerFactory(router)(context), audited };
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => findAppError(error)?.code ?? (error as { code: string }).code,
  );

test("an operator previews, starts and changes an act, and each change is on record", async () => {
  const { caller, audited } = as("operator");
  const { id: jobId } = await caller.enqueue({ name: "wire.echo", input: {}, delayMs: 60_000 });
  const target = { filter: { queue: "wire" } };
  const { asOf, matching } = await caller.bulk.preview({ act: "cancel", target });
  expect(matching).toBe(1);
  const { id } = await caller.bulk.start({
    act: "cancel",
    target: { ...target, asOf },
    expected: 1,
    reason: "not needed",
  });
  for (const act of ["pause", "resume", "abort", "undo"] as const) await caller.bulk[act]({ id });
  expect((await caller.bulk.items({ id })).items).toMatchObject([{ jobId, state: "pending", jobState: "scheduled" }]);
  expect(audited.slice(1).map(({ action, note }) => [action, note.targetId, note.before])).toEqual([
    ["bulk.start", id, undefined],
    ["bulk.pause", id, { state: "running" }],
    ["bulk.resume", id, { state: "paused" }],
    ["bulk.abort", id, { state: "running" }],
    ["bulk.undo", id, { state: "aborted" }],
  ]);
  expect(audited[1]?.note).toMatchObject({ reason: "not needed", after: { act: "cancel", total: 1, asOf } });
});

test("a viewer looks on, and nobody changes an act that is not there", async () => {
  const { caller } = as("viewer");
  expect((await caller.bulk.list()).items).toHaveLength(1);
  const target = { ids: [UNKNOWN_ID] };
  expect((await caller.bulk.preview({ act: "delete", target })).matching).toBe(0);
  const refused = [
    caller.bulk.start({ act: "delete", target, expected: 1 }),
    caller.bulk.pause({ id: UNKNOWN_ID }),
    caller.bulk.resume({ id: UNKNOWN_ID }),
    caller.bulk.abort({ id: UNKNOWN_ID }),
    caller.bulk.undo({ id: UNKNOWN_ID }),
  ];
  expect(await Promise.all(refused.map(codeOf))).toEqual(refused.map(() => "RIGHT_MISSING"));
  expect(await codeOf(caller.bulk.get({ id: UNKNOWN_ID }))).toBe("BULK_NOT_FOUND");
  expect(await codeOf(as("operator").caller.bulk.undo({ id: UNKNOWN_ID }))).toBe("BULK_NOT_FOUND");
});
