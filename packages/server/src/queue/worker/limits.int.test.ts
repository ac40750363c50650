import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type JobDefinition } from "../../define.ts";
import { createGate, openTestQueues, testClock, type TestQueues } from "../queue.fixture.ts";
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
  const queue = await queues.start(definitions, { timings: { graceMs: 5000 }, ...options });
  started.push(queue);
  return queue;
};
const none = z.object({});
const WAIT_MS = 20_000;

const endAll = async (queue: Queue, ids: readonly string[]): Promise<void> => {
  for (const id of ids) expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ state: "completed" });
};

/** Counts what runs at once, in total and by label. */
function createMeter() {
  const running = new Map<string, number>();
  const peaks = new Map<string, number>();
  const move = (label: string, by: number): void => {
    const count = (running.get(label) ?? 0) + by;
    running.set(label, count);
    peaks.set(label, Math.max(peaks.get(label) ?? 0, count));
  };
  return {
    during: async (labels: readonly string[], work: () => Promise<void>): Promise<void> => {
      for (const label of labels) move(label, 1);
      try {
        await work();
      } finally {
        for (const label of labels) move(label, -1);
      }
    },
    peak: (label: string): number => peaks.get(label) ?? 0,
    now: (label: string): number => running.get(label) ?? 0,
  };
}

/** Mulberry32: small, and the same for the same seed everywhere. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** The most attempts that the database had open at once, by queue, name and key. */
const PEAKS = `
  WITH run AS (
    SELECT j.name AS queue, j.group_id, j.group_tier, a.started_at, a.finished_at
    FROM job_attempt a JOIN pgboss.job j ON j.id = a.job_id WHERE j.name = $1
  ), labelled AS (
    SELECT 'queue' AS what, started_at, finished_at FROM run
    UNION ALL SELECT 'name ' || group_id, started_at, finished_at FROM run
    UNION ALL SELECT 'key ' || group_tier, started_at, finished_at FROM run WHERE group_tier IS NOT NULL
    UNION ALL SELECT 'both ' || group_id || ' ' || group_tier, started_at, finished_at FROM run WHERE group_tier IS NOT NULL
  ), step AS (
    SELECT what, started_at AS at, 1 AS by FROM labelled UNION ALL SELECT what, finished_at, -1 FROM labelled
  ), level AS (SELECT what, sum(by) OVER (PARTITION BY what ORDER BY at, by) AS open FROM step)
  SELECT what, max(open)::int AS peak FROM level GROUP BY what`;

const readPeaks = async (queue: string): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await queues.database.pool.query<{ what: string; peak: number }>(PEAKS, [queue]);
  return new Map(rows.map(({ what, peak }) => [what, peak]));
};

describe("over three processes", () => {
  const seeds = [1, 2, 3].map((n) => n * (Date.now() % 100_000));
  test.each(seeds)("no limit is ever exceeded and every job runs (seed %i)", async (seed) => {
    const dice = createDice(seed);
    const name = `random.s${seed}`;
    const queueName = `random-${seed}`;
    const perName = 1 + dice(4);
    const perPair = 1 + dice(3);
    const perQueue = 2 + dice(5);
    const perKey = 1 + dice(3);
    const meter = createMeter();
    const run: JobDefinition["run"] = async ({ input }) => {
      const { ms, label } = input as { ms: number; label: string };
      await meter.during(["queue", label], () => testClock.sleep(ms));
      return null;
    };
    const input = z.object({ ms: z.number(), label: z.string() });
    const common = { queue: queueName, input, run };
    const narrow = defineJob({ ...common, name: `${name}.narrow`, concurrency: { perProcess: 4, global: perName } });
    const keyed = defineJob({ ...common, name: `${name}.keyed`, concurrency: { perProcess: 4, perKey: perPair } });
    const free = defineJob({ ...common, name: `${name}.free`, concurrency: { perProcess: 4 } });
    const definitions = [narrow, keyed, free];
    const web = await start(definitions, { role: "web" });
    await web.configure(queueName, { globalConcurrency: perQueue, keyConcurrency: perKey });
    const ids: string[] = [];
    for (let n = 0; n < 90; n += 1) {
      const definition = definitions[dice(3)]!;
      const key = dice(4) === 0 ? undefined : `k${dice(4)}`;
      const { id } = await web.enqueue({
        name: definition.name,
        input: { ms: dice(12), label: definition.name },
        key,
        priority: dice(3),
      });
      ids.push(id);
    }
    await Promise.all([start(definitions), start(definitions), start(definitions)]);
    await endAll(web, ids);
    const peaks = await readPeaks(queueName);
    expect(peaks.get("queue")).toBeLessThanOrEqual(perQueue);
    expect(peaks.get(`name ${narrow.name}`)).toBeLessThanOrEqual(perName);
    const highest = (prefix: string): number =>
      Math.max(0, ...[...peaks].filter(([what]) => what.startsWith(prefix)).map(([, peak]) => peak));
    expect(highest("key ")).toBeLessThanOrEqual(perKey);
    expect(highest(`both ${keyed.name}`)).toBeLessThanOrEqual(perPair);
    // What the handlers saw, which begins later and ends earlier than what the database says.
    expect(meter.peak("queue")).toBeLessThanOrEqual(perQueue);
    expect(meter.peak(narrow.name)).toBeLessThanOrEqual(perName);
    // Over so many jobs the widest limit is reached, unless the others together forbid it.
    expect(peaks.get("queue")).toBeGreaterThan(1);
  });
});

test("jobs of a key without a place are passed over, and those behind them run at once", async () => {
  const release = createGate();
  const job = defineJob({
    name: "keys.run",
    queue: "keys",
    input: z.object({ waits: z.boolean() }),
    concurrency: { perProcess: 10, perKey: 1 },
    run: async ({ input }) => {
      if (input.waits) await release.opened;
      return null;
    },
  });
  const queue = await start([job]);
  const busy = await queue.enqueue({ name: "keys.run", input: { waits: true }, key: "busy" });
  // More than one look covers.
  const blocked: string[] = [];
  for (let n = 0; n < 240; n += 1)
    blocked.push((await queue.enqueue({ name: "keys.run", input: { waits: true }, key: "busy" })).id);
  const other = await queue.enqueue({ name: "keys.run", input: { waits: false }, key: "other" });
  const without = await queue.enqueue({ name: "keys.run", input: { waits: false } });
  await endAll(queue, [other.id, without.id]);
  expect(await queue.result({ id: busy.id, waitMs: 0 })).toMatchObject({ state: "executing" });
  expect(await queue.result({ id: blocked[0] ?? "", waitMs: 0 })).toMatchObject({ state: "available" });
  release.open();
  await endAll(queue, [busy.id, ...blocked]);
  expect((await readPeaks("keys")).get("key busy")).toBe(1);
});

test("keys that are far back in the queue are found in one go, however many jobs of full keys are before them", async () => {
  const job = defineJob({
    name: "behind.run",
    queue: "behind",
    input: none,
    concurrency: { perProcess: 10, perKey: 1 },
    run: () => null,
  });
  const web = await start([job], { role: "web" });
  const ids: string[] = [];
  for (const key of ["a", "b"])
    for (let n = 0; n < 220; n += 1) ids.push((await web.enqueue({ name: "behind.run", input: {}, key })).id);
  const last = await web.enqueue({ name: "behind.run", input: {}, key: "z" });
  await start([job]);
  await endAll(web, [last.id]);
  const { startedAt } = await web.get(last.id);
  const ended = await Promise.all(ids.slice(0, 220).map((id) => web.result({ id, waitMs: 0 })));
  expect(startedAt).not.toBeNull();
  // It did not wait until the first key was through.
  expect(ended.filter(({ state }) => state === "completed").length).toBeLessThan(220);
  await endAll(web, ids);
});

describe("a rate", () => {
  const readStarts = async (queue: string): Promise<number[]> => {
    const { rows } = await queues.database.pool.query<{ at: number }>(
      `SELECT (extract(epoch FROM a.started_at) * 1000)::float8 AS at
       FROM job_attempt a JOIN pgboss.job j ON j.id = a.job_id WHERE j.name = $1 ORDER BY 1`,
      [queue],
    );
    return rows.map(({ at }) => at);
  };
  /** The most starts in any window [t, t + perMs). */
  const densest = (starts: readonly number[], perMs: number): number =>
    Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + perMs - 0.001).length));

  test.each([
    ["few", 5, 500, 12],
    ["many", 100, 250, 260],
  ])(
    "of %s is not exceeded in any window over two processes, and is nearly reached",
    async (label, limit, perMs, count) => {
      const queueName = `rate-${label}`;
      const job = defineJob({
        name: `rate.${label}`,
        queue: queueName,
        input: none,
        concurrency: { perProcess: 20 },
        rateLimit: { limit, perMs },
        run: () => null,
      });
      const [queue] = await Promise.all([start([job]), start([job])]);
      const { ids } = await queue.enqueueMany({ name: job.name, inputs: Array.from({ length: count }, () => ({})) });
      await endAll(queue, ids);
      const starts = await readStarts(queueName);
      expect(starts).toHaveLength(count);
      expect(densest(starts, perMs)).toBeLessThanOrEqual(limit);
      const lasted = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
      const least = ((count - 1) / limit) * perMs;
      expect(lasted).toBeGreaterThan(least * 0.85);
      expect(lasted).toBeLessThan(least * 4);
    },
  );

  test("of the queue that an operator sets counts at the next claim, and so does taking it away", async () => {
    const job = defineJob({ name: "live.rate", queue: "live-rate", input: none, run: () => null });
    const queue = await start([job]);
    await queue.configure("live-rate", { rateLimit: { limit: 1, perMs: 24 * 3600 * 1000 } });
    const { ids } = await queue.enqueueMany({ name: "live.rate", inputs: [{}, {}, {}] });
    const states = async (): Promise<readonly string[]> =>
      (await Promise.all(ids.map((id) => queue.result({ id, waitMs: 0 })))).map(({ state }) => state).toSorted();
    while (!(await states()).includes("completed")) await testClock.sleep(5);
    await testClock.sleep(50);
    expect(await states()).toEqual(["available", "available", "completed"]);
    const changedMs = testClock.monotonicMs();
    await queue.configure("live-rate", { rateLimit: { limit: 10, perMs: 1000 } });
    await endAll(queue, ids);
    expect(testClock.monotonicMs() - changedMs).toBeLessThan(2000);
    await queue.configure("live-rate", { rateLimit: null });
    const more = await queue.enqueueMany({ name: "live.rate", inputs: Array.from({ length: 50 }, () => ({})) });
    await endAll(queue, more.ids);
  });
});

describe("what an operator sets while jobs run", () => {
  const setup = async (label: string) => {
    const meter = createMeter();
    const release = createGate();
    const job = defineJob({
      name: `live.${label}`,
      queue: `live-${label}`,
      input: none,
      concurrency: { perProcess: 2 },
      run: async () => {
        await meter.during(["all"], () => release.opened);
        return null;
      },
    });
    const processes = await Promise.all([start([job]), start([job])]);
    const reach = async (count: number): Promise<void> => {
      const endMs = testClock.monotonicMs() + 2000;
      while (meter.now("all") !== count && testClock.monotonicMs() < endMs) await testClock.sleep(5);
      expect(meter.now("all")).toBe(count);
    };
    return { meter, release, job, queue: processes[0], reach };
  };

  test("slots are there within two seconds, more and fewer, and the processes report them", async () => {
    const { meter, release, job, queue, reach } = await setup("slots");
    const { ids } = await queue.enqueueMany({ name: job.name, inputs: Array.from({ length: 20 }, () => ({})) });
    await reach(4);
    await queue.configure(job.queue, { slots: 5 });
    await reach(10);
    const { rows } = await queues.database.pool.query<{ slots: number }>(
      "SELECT (slots->>$1)::int AS slots FROM worker_process WHERE slots ? $1",
      [job.queue],
    );
    expect(rows.length).toBe(2);
    await queue.configure(job.queue, { slots: null });
    release.open();
    await endAll(queue, ids);
    expect(meter.peak("all")).toBe(10);
  });

  test("concurrency over all processes is there within two seconds", async () => {
    const { meter, release, job, queue, reach } = await setup("global");
    await queue.configure(job.queue, { globalConcurrency: 1 });
    const { ids } = await queue.enqueueMany({ name: job.name, inputs: Array.from({ length: 6 }, () => ({})) });
    await reach(1);
    await queue.configure(job.queue, { globalConcurrency: 3 });
    await reach(3);
    await queue.configure(job.queue, { globalConcurrency: null });
    await reach(4);
    release.open();
    await endAll(queue, ids);
    expect(meter.peak("all")).toBe(4);
  });
});

test("a quiet process claims nothing, and goes on when it is woken", async () => {
  const job = defineJob({ name: "quiet.run", queue: "quiet", input: none, run: () => "ran" });
  const processId = "quiet-process";
  const queue = await start([job], { processId });
  await queues.database.pool.query("UPDATE worker_process SET quieted_at = now() WHERE id = $1", [processId]);
  const { id } = await queue.enqueue({ name: "quiet.run", input: {} });
  expect(await queue.result({ id, waitMs: 200 })).toMatchObject({ state: "available" });
  await queues.database.pool.query("UPDATE worker_process SET quieted_at = NULL WHERE id = $1", [processId]);
  expect(await queue.result({ id, waitMs: WAIT_MS })).toMatchObject({ output: "ran" });
});
