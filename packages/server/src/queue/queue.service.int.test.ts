import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../define.ts";
import { isAppError } from "../platform/errors.ts";
import { createGate, openTestQueues, type TestQueues } from "./queue.fixture.ts";
import { jobsListInput } from "./queue.schema.ts";
import type { Queue } from "./queue.service.ts";

const double = defineJob({
  name: "math.double",
  queue: "math",
  description: "Doubles a number.",
  input: z.object({ value: z.number().max(1000) }),
  run: ({ input }) => ({ doubled: input.value * 2 }),
});
const idle = defineJob({
  name: "idle.wait",
  queue: "idle",
  input: z.object({ label: z.string().default("") }),
  run: () => null,
});

let queues: TestQueues;
let queue: Queue;
/** Stores jobs of the queue `idle`, which nobody runs. */
let web: Queue;

beforeAll(async () => {
  queues = await openTestQueues();
  queue = await queues.start([double]);
  web = await queues.start([double, idle], { role: "web" });
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const codeOf = async (work: Promise<unknown>): Promise<{ code: string; details: unknown }> => {
  try {
    await work;
  } catch (error) {
    if (isAppError(error)) return { code: error.code, details: error.details };
    throw error;
  }
  throw new Error("It was not refused.");
};

test("a job enqueued on one process runs on another and its result can be waited for", async () => {
  const { id } = await web.enqueue(
    { name: "math.double", input: { value: 21 } },
    { enqueuedBy: "ada@example.com", requestId: "r1" },
  );
  expect(await web.result({ id, waitMs: 10_000 })).toEqual({
    id,
    state: "completed",
    done: true,
    output: { doubled: 42 },
    error: null,
  });
  expect(await web.get(id)).toMatchObject({
    name: "math.double",
    queue: "math",
    input: { value: 21 },
    output: { doubled: 42 },
    attempts: 1,
    maxAttempts: 5,
    enqueuedBy: "ada@example.com",
    requestId: "r1",
    waitingReason: null,
    attemptLog: [{ number: 1, outcome: "completed", error: null }],
  });
});

test("a result that is not there yet is answered as not done once the wait is over", async () => {
  const { id } = await web.enqueue({ name: "idle.wait", input: {} });
  expect(await web.result({ id, waitMs: 0 })).toMatchObject({ state: "available", done: false });
  expect(await web.result({ id, waitMs: 30 })).toMatchObject({ state: "available", done: false });
});

test("definitions carry the JSON Schema of their input", () => {
  expect(queue.definitions().items).toMatchObject([
    {
      name: "math.double",
      queue: "math",
      maxAttempts: 5,
      timeoutMs: 60_000,
      inputSchema: { type: "object", required: ["value"] },
    },
    { name: "queue.bulk", queue: "switchboard.bulk" },
  ]);
});

test("several processes may start at once on a database without the engine's tables", async () => {
  await using fresh = await openTestQueues();
  const [one, ...others] = await Promise.all([1, 2, 3, 4].map(() => fresh.start([double])));
  const { id } = (await one?.enqueue({ name: "math.double", input: { value: 1 } })) ?? { id: "" };
  expect(await others[0]?.result({ id, waitMs: 10_000 })).toMatchObject({ state: "completed" });
});

describe("what is refused is not stored", () => {
  const countAll = async () =>
    (await queues.database.pool.query("SELECT count(*)::int AS n FROM pgboss.job")).rows[0].n as number;

  test.each([
    ["an unknown name", { name: "no.such", input: {} }, "JOB_UNKNOWN", ["name"]],
    [
      "an input off the schema",
      { name: "math.double", input: { value: "x" } },
      "JOB_INPUT_INVALID",
      ["input", "value"],
    ],
    [
      "an input above 256 KiB",
      { name: "idle.wait", input: { label: "x".repeat(256 * 1024) } },
      "JOB_INPUT_INVALID",
      ["input"],
    ],
    ["a delay in the past", { name: "idle.wait", input: {}, delayMs: -1 }, "JOB_INPUT_INVALID", ["delayMs"]],
    ["a NUL character", { name: "idle.wait", input: { label: "a\0b" } }, "TEXT_INVALID", ["label"]],
  ])("%s", async (_, request, code, path) => {
    const before = await countAll();
    expect(await codeOf(web.enqueue(request))).toMatchObject({ code, details: { issues: [{ path }] } });
    expect(await countAll()).toBe(before);
  });

  test("one misfit among many", async () => {
    const before = await countAll();
    const refused = codeOf(
      web.enqueueMany({ name: "math.double", inputs: [{ value: 1 }, { value: 2000 }, { value: 2 }] }),
    );
    expect(await refused).toMatchObject({
      code: "JOB_INPUT_INVALID",
      details: { issues: [{ path: ["inputs", "1", "value"] }] },
    });
    expect(await countAll()).toBe(before);
  });
});

describe("a job enqueued in a transaction", () => {
  test("runs once the transaction has committed", async () => {
    const held = createGate();
    const stored = Promise.withResolvers<string>();
    const committed = queues.database.prisma.$transaction(async (tx) => {
      stored.resolve((await queue.enqueue({ name: "math.double", input: { value: 4 } }, { tx })).id);
      await held.opened;
    });
    const id = await stored.promise;
    expect(await codeOf(queue.get(id))).toMatchObject({ code: "JOB_NOT_FOUND" });
    held.open();
    await committed;
    expect(await queue.result({ id, waitMs: 10_000 })).toMatchObject({ output: { doubled: 8 } });
  });

  test("vanishes with a rollback", async () => {
    let id = "";
    await expect(
      queues.database.prisma.$transaction(async (tx) => {
        ({ id } = await queue.enqueue({ name: "math.double", input: { value: 4 } }, { tx }));
        throw new Error("changed my mind");
      }),
    ).rejects.toThrow("changed my mind");
    expect(await codeOf(queue.get(id))).toMatchObject({ code: "JOB_NOT_FOUND" });
  });

  test("goes through a plain pg client as well", async () => {
    const client = await queues.database.pool.connect();
    await client.query("BEGIN");
    const { id } = await queue.enqueue({ name: "math.double", input: { value: 5 } }, { tx: client });
    await client.query("COMMIT");
    client.release();
    expect(await queue.result({ id, waitMs: 10_000 })).toMatchObject({ output: { doubled: 10 } });
  });
});

test("2,000 jobs are stored together, in the order of their inputs, and all run", async () => {
  const inputs = Array.from({ length: 2000 }, (_, value) => ({ value: value % 1000 }));
  const { ids } = await queue.enqueueMany({ name: "math.double", inputs });
  expect(new Set(ids).size).toBe(2000);
  const results = await Promise.all(
    [0, 1, 1500, 1999].map((index) => queue.result({ id: ids[index] ?? "", waitMs: 20_000 })),
  );
  expect(results.map(({ output }) => output)).toEqual([
    { doubled: 0 },
    { doubled: 2 },
    { doubled: 1000 },
    { doubled: 1998 },
  ]);
});

describe("a dedupe key", () => {
  test("answers the waiting job's id and lets a new one in once that has ended", async () => {
    const request = { name: "idle.wait", input: {}, dedupeKey: "nightly" };
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => web.enqueue(request)));
    expect(new Set([first, ...others].map((enqueued) => enqueued?.id)).size).toBe(1);
    expect([first, ...others].filter((enqueued) => !enqueued?.deduplicated)).toHaveLength(1);
    await web.cancel(first?.id ?? "");
    const next = await web.enqueue(request);
    expect(next.deduplicated).toBe(false);
    expect(await codeOf(web.retry(first?.id ?? ""))).toMatchObject({ code: "JOB_DUPLICATE" });
  });

  test("holds back only jobs of the same name", async () => {
    const one = await web.enqueue({ name: "idle.wait", input: {}, dedupeKey: "shared" });
    const other = await web.enqueue({ name: "math.double", input: { value: 1 }, dedupeKey: "shared", delayMs: 60_000 });
    expect([one.deduplicated, other.deduplicated]).toEqual([false, false]);
  });
});

describe("acts on waiting jobs", () => {
  test("a delayed job is scheduled, starts when told to, and can be cancelled, retried and deleted", async () => {
    const { id } = await web.enqueue({ name: "idle.wait", input: {}, delayMs: 3_600_000 });
    expect(await web.get(id)).toMatchObject({
      state: "scheduled",
      waitingReason: "No job named idle.wait is defined in the processes that run jobs.",
    });
    expect(await web.runNow(id)).toEqual({ id, before: "scheduled", state: "available" });
    expect(await web.get(id)).toMatchObject({ waiting: { kind: "undefined", name: "idle.wait" } });
    expect(await web.cancel(id)).toEqual({ id, before: "available", state: "cancelled" });
    expect(await web.cancel(id)).toEqual({ id, before: "cancelled", state: "cancelled" });
    expect(await codeOf(web.runNow(id))).toMatchObject({ code: "JOB_NOT_WAITING", details: { state: "cancelled" } });
    expect(await web.retry(id)).toEqual({ id, before: "cancelled", state: "available" });
    expect(await codeOf(web.retry(id))).toMatchObject({ code: "JOB_NOT_RETRYABLE" });
    expect(await web.remove(id)).toEqual({ before: "available" });
    expect(await codeOf(web.get(id))).toMatchObject({ code: "JOB_NOT_FOUND" });
  });

  test("a completed job is neither cancelled nor retried", async () => {
    const { id } = await queue.enqueue({ name: "math.double", input: { value: 1 } });
    await queue.result({ id, waitMs: 10_000 });
    expect(await codeOf(queue.cancel(id))).toMatchObject({ code: "JOB_NOT_CANCELLABLE" });
    expect(await codeOf(queue.retry(id))).toMatchObject({ code: "JOB_NOT_RETRYABLE" });
  });
});

describe("the list", () => {
  const listAll = async (input: Partial<z.input<typeof jobsListInput>>, limit: number): Promise<string[]> => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await web.list(jobsListInput.parse({ ...input, limit, cursor }));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return seen;
  };

  test("gives each of 300 jobs exactly once over its pages, newest first, while others arrive", async () => {
    const { ids: bulk } = await web.enqueueMany({ name: "idle.wait", inputs: Array.from({ length: 200 }, () => ({})) });
    const single: string[] = [];
    for (let index = 0; index < 100; index += 1) single.push((await web.enqueue({ name: "idle.wait", input: {} })).id);
    const first = await web.list(jobsListInput.parse({ limit: 7, queue: "idle" }));
    await web.enqueue({ name: "idle.wait", input: {} });
    const seen = first.items.map(({ id }) => id);
    for (let cursor = first.nextCursor; cursor !== null;) {
      const page = await web.list(jobsListInput.parse({ limit: 7, queue: "idle", cursor }));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen.slice(0, 100)).toEqual(single.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => bulk.includes(id))).toEqual(bulk.toReversed());
  });

  test("is the same in pages of any size, over all queues", async () => {
    expect(await listAll({}, 13)).toEqual(await listAll({}, 200));
  });

  test("filters by state, queue, name and whole id, and takes % and _ literally", async () => {
    const { id } = await web.enqueue({ name: "idle.wait", input: {}, delayMs: 60_000 });
    expect(await listAll({ state: ["scheduled"], queue: "idle" }, 200)).toContain(id);
    expect(await listAll({ state: ["available", "executing"] }, 200)).not.toContain(id);
    expect(await listAll({ name: "idle.wait", state: ["scheduled", "cancelled"] }, 200)).toContain(id);
    expect(await listAll({ search: id }, 200)).toEqual([id]);
    expect(await listAll({ search: "%" }, 200)).toEqual([]);
    expect(await listAll({ queue: "nowhere" }, 200)).toEqual([]);
  });

  test("refuses a cursor of another list", async () => {
    const foreign = Buffer.from(JSON.stringify(["users", "x"])).toString("base64url");
    expect(await codeOf(web.list(jobsListInput.parse({ cursor: foreign })))).toMatchObject({ code: "CURSOR_INVALID" });
  });
});

test("a paused queue runs nothing on any process, says so, and goes on when resumed", async () => {
  expect(await web.pause("math", "ada@example.com")).toEqual({ wasPaused: false });
  expect(await web.pause("math", "bob@example.com")).toEqual({ wasPaused: true });
  const { id } = await queue.enqueue({ name: "math.double", input: { value: 3 } });
  const late = await queue.enqueue({ name: "math.double", input: { value: 3 } });
  expect(await web.get(id)).toMatchObject({
    state: "available",
    waitingReason: "The queue math is paused by ada@example.com.",
  });
  const paused = (await queue.queues()).items.find(({ name }) => name === "math");
  expect(paused).toMatchObject({ paused: true, pausedBy: "ada@example.com", approximate: false });
  // A process that starts while the queue is paused holds to it as well.
  const other = await queues.start([double]);
  expect(await other.result({ id, waitMs: 300 })).toMatchObject({ state: "available" });
  await other.stop();
  expect(await web.resume("math")).toEqual({ wasPaused: true });
  expect(await queue.result({ id, waitMs: 10_000 })).toMatchObject({ state: "completed" });
  expect(await queue.result({ id: late.id, waitMs: 10_000 })).toMatchObject({ state: "completed" });
  expect(await codeOf(web.pause("nowhere"))).toMatchObject({ code: "QUEUE_NOT_FOUND" });
});

test("figures add up the queues and count the slots of live processes, those for bulk acts included", async () => {
  const figures = await web.figures();
  expect(figures).toMatchObject({ running: 0, failed: 0, slots: { used: 0, total: 14 } });
  expect(figures.completed).toBeGreaterThan(2000);
  expect(figures.oldestReadyAgeMs).toBeGreaterThan(0);
});

test("a watched job is given as it is and again when it has ended", async () => {
  await queue.pause("math");
  const { id } = await queue.enqueue({ name: "math.double", input: { value: 3 } });
  const states: string[] = [];
  for await (const job of web.watch(id, new AbortController().signal)) {
    states.push(job.state);
    if (states.length === 1) await queue.resume("math");
  }
  expect(states[0]).toBe("available");
  expect(states.at(-1)).toBe("completed");
});
