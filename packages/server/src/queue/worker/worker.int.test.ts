import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type JobDefinition } from "../../define.ts";
import { createGate, openTestQueues, testClock, type TestQueues } from "../queue.fixture.ts";
import { jobsListInput } from "../queue.schema.ts";
import type { Queue, QueueOptions } from "../queue.service.ts";

let queues: TestQueues;
const started: Queue[] = [];

beforeAll(async () => {
  queues = await openTestQueues();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((queue) => queue.stop()));
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const start = async (definitions: readonly JobDefinition[], options: Partial<QueueOptions> = {}): Promise<Queue> => {
  const queue = await queues.start(definitions, options);
  started.push(queue);
  return queue;
};
const fast = { attempts: 3, backoffMs: 5, maxDelayMs: 20, jitter: 0 };
const none = z.object({});
const WAIT_MS = 15_000;

describe("a job that fails", () => {
  test("runs again until it succeeds, and keeps each attempt", async () => {
    const flaky = defineJob({
      name: "fail.twice",
      queue: "fail",
      input: none,
      retry: fast,
      run: ({ attempt }) => {
        if (attempt < 3) throw new TypeError(`attempt ${attempt} went wrong`);
        return { attempt };
      },
    });
    const queue = await start([flaky]);
    const { id } = await queue.enqueue({ name: "fail.twice", input: {} });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({
      state: "completed",
      output: { attempt: 3 },
      error: null,
    });
    expect(await queue.get(id)).toMatchObject({
      attempts: 3,
      attemptLog: [
        { number: 1, outcome: "failed", error: { name: "TypeError", message: "attempt 1 went wrong" } },
        { number: 2, outcome: "failed", error: { message: "attempt 2 went wrong" } },
        { number: 3, outcome: "completed", error: null },
      ],
    });
  });

  test("is discarded when its attempts are used up, is found by its error, and gets one more from an operator", async () => {
    let isMended = false;
    const broken = defineJob({
      name: "fail.always",
      queue: "fail",
      input: none,
      retry: fast,
      run: () => {
        if (!isMended) throw new Error("disk 100% full");
        return "mended";
      },
    });
    const queue = await start([broken]);
    const { id } = await queue.enqueue({ name: "fail.always", input: {} });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({
      state: "discarded",
      error: { message: "disk 100% full" },
    });
    const found = await queue.list(jobsListInput.parse({ search: "100% FULL" }));
    expect(found.items).toMatchObject([{ id, attempts: 3, maxAttempts: 3, errorMessage: "disk 100% full" }]);
    isMended = true;
    expect(await queue.retry(id)).toEqual({ id, before: "discarded", state: "available" });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed", output: "mended" });
    expect(await queue.get(id)).toMatchObject({ attempts: 4, maxAttempts: 4 });
  });

  test("is discarded at once when the error says that it will not pass", async () => {
    const doomed = defineJob({
      name: "fail.doomed",
      queue: "fail",
      input: none,
      run: () => {
        throw Object.assign(new Error("no such account"), { retryable: false });
      },
    });
    const queue = await start([doomed]);
    const { id } = await queue.enqueue({ name: "fail.doomed", input: {} });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({
      state: "discarded",
      error: { message: "no such account" },
    });
    expect((await queue.get(id)).attempts).toBe(1);
  });

  test.each([
    ["discards it at once where retryable says no", 1, "TypeError"],
    ["is tried again where retryable throws", 3, "RangeError"],
  ])("%s", async (_, attempts, kind) => {
    const picky = defineJob({
      name: "fail.picky",
      queue: "fail",
      input: z.object({ kind: z.string() }),
      retry: {
        ...fast,
        retryable: (error) => {
          if (error instanceof RangeError) throw new Error("what is that?");
          return !(error instanceof TypeError);
        },
      },
      run: ({ input }) => {
        throw input.kind === "TypeError" ? new TypeError("no") : new RangeError("no");
      },
    });
    const queue = await start([picky]);
    const { id } = await queue.enqueue({ name: "fail.picky", input: { kind } });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "discarded", error: { name: kind } });
    expect(await queue.get(id)).toMatchObject({ attempts });
  });

  test("keeps the version that ran it and the group of errors with each attempt and with the job", async () => {
    const broken = defineJob({
      name: "fail.kept",
      queue: "fail",
      input: none,
      retry: { ...fast, attempts: 2 },
      run: ({ attempt }) => {
        throw new Error(`disk ${attempt} is full`);
      },
    });
    const queue = await start([broken], { version: "4.5.6" });
    const { id } = await queue.enqueue({ name: "fail.kept", input: {} });
    await queue.result({ id, waitMs: WAIT_MS });
    const { fingerprint, attemptLog } = await queue.get(id);
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(attemptLog).toMatchObject([
      { version: "4.5.6", fingerprint },
      { version: "4.5.6", fingerprint },
    ]);
  });

  test.each([
    ["cannot be stored", () => "a\0b", /NUL character/],
    ["is not JSON", () => ({ n: 1n }), /BigInt/],
  ])("fails when what it returns %s", async (_, run, message) => {
    const odd = defineJob({ name: "fail.output", queue: "fail", input: none, retry: { attempts: 1 }, run });
    const queue = await start([odd]);
    const { id } = await queue.enqueue({ name: "fail.output", input: {} });
    const { state, error } = await queue.result({ id, waitMs: WAIT_MS });
    expect(state).toBe("discarded");
    expect(error?.message).toMatch(message);
  });

  test("is shown with an error that Postgres could not have stored as it was", async () => {
    const odd = defineJob({
      name: "fail.text",
      queue: "fail",
      input: none,
      retry: { attempts: 1 },
      run: ({ log }) => {
        log.info("line \0 one");
        throw new Error("nul \0 and half \ud800");
      },
    });
    const queue = await start([odd]);
    const { id } = await queue.enqueue({ name: "fail.text", input: {} });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({
      error: { message: "nul \u{FFFD} and half \u{FFFD}" },
    });
  });
});

test("an input that no longer fits is discarded without running, and is kept", async () => {
  let runs = 0;
  const lax = defineJob({
    name: "input.changed",
    queue: "input",
    input: z.object({ to: z.string() }),
    run: () => null,
  });
  const strict = defineJob({
    name: "input.changed",
    queue: "input",
    input: z.object({ to: z.email() }),
    run: () => {
      runs += 1;
      return null;
    },
  });
  const before = await start([lax], { role: "web" });
  const { id } = await before.enqueue({ name: "input.changed", input: { to: "nobody" } });
  const after = await start([strict]);
  expect(await after.result({ id, waitMs: WAIT_MS })).toMatchObject({
    state: "discarded",
    error: { name: "INPUT_MISFIT", message: expect.stringContaining("to:") },
  });
  expect(await after.get(id)).toMatchObject({ input: { to: "nobody" }, isQuarantined: true });
  expect(runs).toBe(0);
});

describe("the signal of a job", () => {
  test("aborts at the timeout, and the attempt has failed", async () => {
    const slow = defineJob({
      name: "signal.slow",
      queue: "signal",
      input: none,
      timeoutMs: 30,
      retry: { attempts: 1 },
      run: ({ signal }) => testClock.sleep(60_000, signal),
    });
    const queue = await start([slow]);
    const { id } = await queue.enqueue({ name: "signal.slow", input: {} });
    expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({
      state: "discarded",
      error: { name: "JOB_TIMEOUT", message: "The attempt did not end within 30 ms." },
    });
  });

  test("aborts on the process that runs it when another one cancels, and cancelled it stays", async () => {
    const entered = createGate();
    const aborted = createGate();
    const release = createGate();
    const stubborn = defineJob({
      name: "signal.stubborn",
      queue: "signal",
      input: none,
      run: async ({ signal, log }) => {
        log.info("begun");
        signal.addEventListener("abort", aborted.open);
        entered.open();
        await release.opened;
        return "finished all the same";
      },
    });
    await start([stubborn], { timings: { abortGraceMs: 10_000, graceMs: 50 } });
    const web = await start([stubborn], { role: "web" });
    const { id } = await web.enqueue({ name: "signal.stubborn", input: {} });
    await entered.opened;
    expect(await web.cancel(id)).toEqual({ id, before: "executing", state: "cancelled" });
    await aborted.opened;
    release.open();
    await Promise.all(started.splice(0, 1).map((queue) => queue.stop()));
    expect(await web.get(id)).toMatchObject({
      state: "cancelled",
      output: null,
      attemptLog: [{ outcome: "cancelled", logs: [{ level: "info", message: "begun" }] }],
    });
  });
});

describe("stopping a process", () => {
  test("lets a job end within the grace", async () => {
    const entered = createGate();
    const release = createGate();
    const job = defineJob({
      name: "drain.short",
      queue: "drain",
      input: none,
      run: async () => {
        entered.open();
        await release.opened;
        return "done";
      },
    });
    const queue = await start([job], { timings: { graceMs: 10_000 } });
    const web = await start([job], { role: "web" });
    const { id } = await web.enqueue({ name: "drain.short", input: {} });
    await entered.opened;
    const stopped = queue.stop();
    release.open();
    await stopped;
    expect(await web.result({ id, waitMs: 0 })).toMatchObject({ state: "completed", output: "done" });
  });

  test("hands an unfinished job back without spending an attempt, also one that ignores its signal", async () => {
    const entered = createGate();
    const job = (run: JobDefinition["run"]) =>
      defineJob({ name: "drain.long", queue: "drain", input: none, retry: { attempts: 1 }, run });
    const never = new Promise<never>(() => undefined);
    const first = await start([
      job(() => {
        entered.open();
        return never;
      }),
    ]);
    const { id } = await first.enqueue({ name: "drain.long", input: {} });
    await entered.opened;
    await first.stop();
    const second = await start([job(({ attempt }) => ({ attempt }))]);
    expect(await second.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed", output: { attempt: 1 } });
    expect((await second.get(id)).attemptLog).toMatchObject([{ number: 1, outcome: "completed" }]);
  });
});

test("a worker that was taken for dead cannot settle the job that another one has taken over", async () => {
  const entered = createGate();
  const release = createGate();
  const wasAborted = createGate();
  const job = (run: JobDefinition["run"]) => defineJob({ name: "fence.job", queue: "fence", input: none, run });
  // Its heart beats once and then not for a minute.
  const frozen = await start(
    [
      job(async ({ signal }) => {
        entered.open();
        await release.opened;
        if (signal.aborted) wasAborted.open();
        return "late";
      }),
    ],
    { timings: { heartbeatMs: 60_000, staleMs: 300, graceMs: 5000 } },
  );
  const { id } = await frozen.enqueue({ name: "fence.job", input: {} });
  await entered.opened;
  const finished = createGate();
  const other = await start(
    [
      job(async ({ attempt }) => {
        release.open();
        await finished.opened;
        return { attempt };
      }),
    ],
    { timings: { heartbeatMs: 20, staleMs: 300, graceMs: 5000 } },
  );
  await release.opened;
  // Waits for the late handler and its attempt to settle.
  await frozen.stop();
  expect(await other.result({ id, waitMs: 0 })).toMatchObject({ state: "executing" });
  finished.open();
  expect(await other.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed", output: { attempt: 2 } });
  expect((await other.get(id)).attemptLog).toMatchObject([
    { number: 1, outcome: "lost", error: { name: "PROCESS_LOST" } },
    { number: 2, outcome: "completed" },
  ]);
});

test("two processes share the work, no job runs twice, and neither exceeds its slots", async () => {
  const runs = new Map<string, number>();
  const done = [0, 0];
  const peak = [0, 0];
  const running = [0, 0];
  const job = (who: 0 | 1) =>
    defineJob({
      name: "share.work",
      queue: "share",
      input: none,
      concurrency: { perProcess: 4 },
      run: async ({ jobId }) => {
        running[who]! += 1;
        peak[who] = Math.max(peak[who]!, running[who]!);
        runs.set(jobId, (runs.get(jobId) ?? 0) + 1);
        await testClock.sleep(1);
        running[who]! -= 1;
        done[who]! += 1;
        return null;
      },
    });
  const [one] = await Promise.all([start([job(0)]), start([job(1)])]);
  const { ids } = await one.enqueueMany({ name: "share.work", inputs: Array.from({ length: 300 }, () => ({})) });
  for (const id of ids) expect(await one.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed" });
  expect([...runs.values()].every((count) => count === 1)).toBe(true);
  expect(runs.size).toBe(300);
  expect(Math.min(...done)).toBeGreaterThan(0);
  expect(Math.max(...peak)).toBeLessThanOrEqual(4);
});

test("a job with few places does not take those of another job in the same queue", async () => {
  const release = createGate();
  let narrowRunning = 0;
  let narrowPeak = 0;
  const narrow = defineJob({
    name: "places.narrow",
    queue: "places",
    input: none,
    concurrency: { perProcess: 1 },
    run: async () => {
      narrowPeak = Math.max(narrowPeak, (narrowRunning += 1));
      await release.opened;
      narrowRunning -= 1;
      return null;
    },
  });
  const wide = defineJob({ name: "places.wide", queue: "places", input: none, run: () => "ran" });
  const queue = await start([narrow, wide], { timings: { graceMs: 5000 } });
  const { ids } = await queue.enqueueMany({ name: "places.narrow", inputs: Array.from({ length: 20 }, () => ({})) });
  const { id } = await queue.enqueue({ name: "places.wide", input: {} });
  expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ output: "ran" });
  release.open();
  for (const narrowId of ids)
    expect(await queue.result({ id: narrowId, waitMs: WAIT_MS })).toMatchObject({ state: "completed" });
  expect(narrowPeak).toBe(1);
});

test("a higher priority goes first, then the older job", async () => {
  const order: string[] = [];
  const job = defineJob({
    name: "order.run",
    queue: "order",
    input: z.object({ label: z.string() }),
    concurrency: { perProcess: 1 },
    run: ({ input }) => {
      order.push(input.label);
      return null;
    },
  });
  const web = await start([job], { role: "web" });
  await web.enqueue({ name: "order.run", input: { label: "low" }, priority: -5 });
  await web.enqueue({ name: "order.run", input: { label: "first" } });
  const last = await web.enqueue({ name: "order.run", input: { label: "second" } });
  await web.enqueue({ name: "order.run", input: { label: "high" }, priority: 5 });
  const queue = await start([job]);
  await queue.result({ id: last.id, waitMs: WAIT_MS });
  await queue.stop();
  expect(order.slice(0, 3)).toEqual(["high", "first", "second"]);
});

test("a process leaves jobs alone that it does not know, and the queue runs them elsewhere", async () => {
  const known = defineJob({ name: "names.known", queue: "names", input: none, run: () => "old release" });
  const novel = defineJob({ name: "names.novel", queue: "names", input: none, run: () => "new release" });
  const web = await start([known, novel], { role: "web" });
  const unknown = await web.enqueue({ name: "names.novel", input: {} });
  const old = await start([known]);
  const { id } = await old.enqueue({ name: "names.known", input: {} });
  expect(await old.result({ id, waitMs: WAIT_MS })).toMatchObject({ output: "old release" });
  expect(await old.get(unknown.id)).toMatchObject({
    state: "available",
    attempts: 0,
    waitingReason: "No job named names.novel is defined in the processes that run jobs.",
  });
  await start([known, novel]);
  expect(await web.result({ id: unknown.id, waitMs: WAIT_MS })).toMatchObject({ output: "new release" });
});

test("lines and progress of a running job can be seen, and a job can enqueue another", async () => {
  const release = createGate();
  const child = defineJob({
    name: "talk.child",
    queue: "talk",
    input: z.object({ n: z.number() }),
    run: ({ input }) => input.n,
  });
  const parent = defineJob({
    name: "talk.parent",
    queue: "talk",
    input: none,
    run: async ({ log, progress, enqueue }) => {
      log.warn("half way");
      progress(0.5);
      await release.opened;
      return (await enqueue(child, { n: 7 })).id;
    },
  });
  const queue = await start([parent, child]);
  const { id } = await queue.enqueue({ name: "talk.parent", input: {} }, { requestId: "r7" });
  for await (const job of queue.watch(id, new AbortController().signal)) {
    if (job.progress === 0.5) break;
  }
  expect((await queue.list(jobsListInput.parse({ search: id }))).items).toMatchObject([
    { state: "executing", progress: 0.5 },
  ]);
  expect((await queue.get(id)).attemptLog).toMatchObject([
    { outcome: "running", logs: [{ level: "warn", message: "half way" }] },
  ]);
  release.open();
  const childId = z.string().parse((await queue.result({ id, waitMs: WAIT_MS })).output);
  expect(await queue.result({ id: childId, waitMs: WAIT_MS })).toMatchObject({ output: 7 });
  expect(await queue.get(childId)).toMatchObject({ enqueuedBy: `job ${id}`, requestId: "r7" });
});

test("data comes with the progress when it fits the schema, and fails the attempt when it does not", async () => {
  const release = createGate();
  const job = defineJob({
    name: "talk.data",
    queue: "talk",
    input: z.object({ row: z.unknown() }),
    progress: z.object({ row: z.number() }),
    retry: { attempts: 1 },
    run: async ({ input, progress }) => {
      progress(0.25, input as { row: number });
      progress(0.5);
      await release.opened;
      return null;
    },
  });
  const queue = await start([job]);
  const { id } = await queue.enqueue({ name: "talk.data", input: { row: 7 } });
  for await (const { attemptLog } of queue.watch(id, new AbortController().signal)) {
    if (attemptLog[0]?.progress === 0.5) break;
  }
  expect((await queue.get(id)).attemptLog).toMatchObject([{ outcome: "running", progressData: { row: 7 } }]);
  release.open();
  await queue.result({ id, waitMs: WAIT_MS });
  expect((await queue.get(id)).attemptLog).toMatchObject([{ outcome: "completed", progressData: { row: 7 } }]);
  const wrong = await queue.enqueue({ name: "talk.data", input: { row: "seven" } });
  const { error } = await queue.result({ id: wrong.id, waitMs: WAIT_MS });
  expect(error?.message).toMatch(/^The data of the progress does not fit its schema: row: /);
});

test("a delayed job starts when it is due", async () => {
  const job = defineJob({ name: "later.run", queue: "later", input: none, run: () => "ran" });
  const queue = await start([job]);
  const { id } = await queue.enqueue({ name: "later.run", input: {}, delayMs: 150 });
  expect(await queue.result({ id, waitMs: 0 })).toMatchObject({ state: "scheduled" });
  await queue.result({ id, waitMs: WAIT_MS });
  const { startedAt, scheduledFor } = await queue.get(id);
  const lateMs = Date.parse(startedAt ?? "") - Date.parse(scheduledFor);
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(500);
});
