import type { Database } from "@switchboard/db";
import { createFakeClock, openTestDatabase } from "@switchboard/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Call, CallOutcome } from "../middleware/chain.ts";
import { createSystemClock } from "../platform/clock.ts";
import { createIds } from "../platform/ids.ts";
import { createLogger } from "../platform/logger.ts";
import { t } from "../trpc/init.ts";
import { createTestContext } from "../trpc/test-context.ts";
import { createStatsRouter } from "./stats.router.ts";
import { proceduresOutput, seriesOutput, summarySchema } from "./stats.schema.ts";
import { createStats, type Stats, type StatsOptions } from "./stats.service.ts";

let database: Database & AsyncDisposable;
const ids = createIds(createSystemClock());
const rangeMs = 15 * 60_000;
const queue = {
  ready: 0,
  running: 0,
  retrying: 0,
  scheduled: 0,
  failed: 0,
  completed: 0,
  oldestReadyAgeMs: 250,
  slots: { used: 0, total: 10 },
};
const usersList: Call = {
  path: "users.list",
  type: "query",
  meta: { access: "viewer", limit: "read", description: "Users." },
};
const usersGet: Call = {
  path: "users.get",
  type: "query",
  meta: { access: "viewer", limit: "read", description: "A user.", slowMs: 100 },
};

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await database.pool.query("TRUNCATE stat_node, stat_total, stat_bucket, stat_error, slow_call");
});

/** One process of several on the database. Its timers stand still: the tests flush by hand. */
function createProcess(overrides: Partial<StatsOptions> = {}) {
  const clock = createFakeClock();
  const stats = createStats({
    database,
    clock,
    ids,
    logger: createLogger("silent"),
    node: { id: ids.uuid(), host: "host", pid: 1, version: "test" },
    catalog: () => [usersList, usersGet],
    queue: { figures: () => queue },
    cache: { stats: () => ({ hits: 3, misses: 1, entries: 2, sizeBytes: 100 }) },
    ...overrides,
  });
  return { clock, stats };
}

async function startProcess(overrides: Partial<StatsOptions> = {}) {
  const { clock, stats } = createProcess(overrides);
  await stats.start(new AbortController().signal);
  return { clock, stats, [Symbol.asyncDispose]: () => stats.stop() };
}

interface Served {
  readonly call?: Call;
  readonly durationMs?: number;
  readonly outcome?: CallOutcome;
  readonly code?: string;
  readonly times?: number;
}

function serve(
  stats: Stats,
  { call = usersList, durationMs = 10, outcome = "ok", code = "OK", times = 1 }: Served = {},
): void {
  for (let index = 0; index < times; index += 1) {
    stats.begin(call);
    stats.end({
      call,
      outcome,
      code,
      durationMs,
      queuedMs: 1,
      requestId: `request-${index}`,
      principal: "ada@example.com",
    });
  }
}

test("own calls count at once, without a flush", async () => {
  await using first = await startProcess();
  serve(first.stats, { times: 3 });
  serve(first.stats, { outcome: "error", code: "INTERNAL" });
  const summary = summarySchema.parse(await first.stats.summary({ rangeMs }));
  expect(summary).toMatchObject({
    requests: 4,
    window: { rangeMs, calls: 4, errors: 1 },
    ratePerSecond: 0.4,
    errorRate: 0.25,
    nodes: 1,
    cache: { hits: 3, misses: 1, hitRate: 0.75 },
  });
  expect(summary.latencyMs.p50).toBeCloseTo(10, 0);
});

test("own calls after a flush count too: what was stored does not take their place", async () => {
  await using first = await startProcess();
  serve(first.stats);
  await first.stats.flush();
  serve(first.stats);
  expect((await first.stats.summary({ rangeMs })).window.calls).toBe(2);
  await first.clock.advance(2000);
  serve(first.stats);
  expect((await first.stats.summary({ rangeMs })).window.calls).toBe(3);
});

test("all processes answer the same figures, their latencies merged", async () => {
  await using first = await startProcess();
  await using second = await startProcess();
  serve(first.stats, { durationMs: 10, times: 90 });
  serve(second.stats, { durationMs: 1000, times: 10 });
  await Promise.all([first.stats.flush(), second.stats.flush()]);
  for (const { stats } of [first, second]) {
    const summary = await stats.summary({ rangeMs });
    expect(summary).toMatchObject({
      requests: 100,
      window: { calls: 100 },
      ratePerSecond: 10,
      nodes: 2,
      cache: { hits: 6, sizeBytes: 200 },
    });
    expect(summary.window.latencyMs.p50).toBeCloseTo(10, 0);
    expect(summary.window.latencyMs.p95).toBeGreaterThan(970);
    const { items } = proceduresOutput.parse(await stats.procedures({ rangeMs }));
    expect(items).toMatchObject([
      { path: "users.list", calls: 100 },
      { path: "users.get", calls: 0 },
    ]);
  }
});

test("requests never fall, whichever process is asked next", async () => {
  await using first = await startProcess();
  await using second = await startProcess();
  let highest = 0;
  for (let round = 1; round <= 5; round += 1) {
    serve(first.stats, { times: round });
    for (const { stats } of [first, second, first]) {
      const { requests } = await stats.summary({ rangeMs });
      expect(requests).toBeGreaterThanOrEqual(highest);
      highest = requests;
    }
  }
  expect(highest).toBe(15);
});

test("requests and history survive a restart", async () => {
  const before = await startProcess();
  serve(before.stats, { times: 7 });
  await before.stats.stop();
  await before.stats.stop();
  expect(before.clock.pendingCount()).toBe(0);
  await using after = await startProcess();
  serve(after.stats);
  expect(await after.stats.summary({ rangeMs })).toMatchObject({ requests: 8, window: { calls: 8 }, nodes: 1 });
  const wide = await after.stats.summary({ rangeMs: 6 * 3_600_000 });
  expect(wide.window.calls).toBe(8);
});

test("a process that vanished keeps its calls in the total and is not counted as alive", async () => {
  await using gone = await startProcess();
  serve(gone.stats, { times: 5 });
  await gone.stats.flush();
  await database.pool.query("UPDATE stat_node SET last_seen_at = now() - interval '1 minute'");
  await using left = await startProcess();
  expect(await left.stats.summary({ rangeMs })).toMatchObject({ requests: 5, nodes: 1, ratePerSecond: 0 });
});

test.each(["stat_bucket", "stat_error", "slow_call", "stat_node"])(
  "a flush that could not write %s leaves nothing out and counts nothing twice",
  async (table) => {
    let isDown = false;
    const pool: StatsOptions["database"]["pool"] = {
      query: (text, values) =>
        isDown && text.includes(`INSERT INTO ${table}`)
          ? Promise.reject(new Error("connection lost"))
          : database.pool.query(text, values),
    };
    await using flaky = await startProcess({ database: { pool } });
    await using other = await startProcess();
    serve(flaky.stats, { call: usersGet, durationMs: 500, outcome: "error", code: "INTERNAL", times: 2 });
    isDown = true;
    await flaky.stats.flush();
    serve(flaky.stats, { call: usersList });
    isDown = false;
    await flaky.stats.flush();
    await flaky.stats.flush();
    expect(await other.stats.summary({ rangeMs })).toMatchObject({ requests: 3, window: { calls: 3, errors: 2 } });
    expect((await other.stats.summary({ rangeMs: 3_600_000 })).window).toMatchObject({ calls: 3, errors: 2 });
    expect((await other.stats.errors({ rangeMs })).items).toMatchObject([
      { path: "users.get", code: "INTERNAL", count: 2 },
    ]);
    expect((await other.stats.slow({ limit: 50 })).items).toHaveLength(2);
  },
);

test("the timer flushes every five seconds", async () => {
  await using timed = await startProcess();
  serve(timed.stats);
  await timed.clock.advance(5000);
  // Waits for the flush that the timer began: flushes queue up.
  await timed.stats.flush();
  const { rows } = await database.pool.query(
    "SELECT DISTINCT step_seconds FROM stat_bucket WHERE path = 'users.list' ORDER BY 1",
  );
  expect(rows).toEqual([{ step_seconds: 10 }, { step_seconds: 60 }]);
});

test("a step that is over shows in the series of every process", async () => {
  await using first = await startProcess();
  await using second = await startProcess();
  serve(first.stats, { times: 4 });
  await first.stats.flush();
  await database.pool.query("UPDATE stat_bucket SET start = start - interval '1 minute'");
  const series = seriesOutput.parse(await second.stats.series({ rangeMs: 120_000 }));
  expect(series.points).toHaveLength(12);
  expect(series.points.filter((point) => point.ok !== null)).toMatchObject([
    { ok: 4, errors: 0, limited: 0, oldestReadyAgeMs: 250, cacheHitRate: 0.75 },
  ]);
  expect(series.points.at(-1)).toMatchObject({ ok: null, p50: null });
});

test("slow calls are paged from the newest on, by the threshold of their procedure", async () => {
  await using first = await startProcess();
  serve(first.stats, { call: usersList, durationMs: 999 });
  serve(first.stats, { call: usersGet, durationMs: 100, times: 5 });
  serve(first.stats, { call: usersList, durationMs: 1500 });
  await first.stats.flush();
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await first.stats.slow({ limit: 2, cursor });
    seen.push(...page.items.map((item) => `${item.path} ${item.thresholdMs}`));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen.toSorted()).toEqual([...Array.from({ length: 5 }, () => "users.get 100"), "users.list 1000"]);
  expect((await first.stats.slow({ limit: 50, path: "users.list" })).items).toMatchObject([
    { durationMs: 1500, queuedMs: 1, code: "OK", principal: "ada@example.com" },
  ]);
});

test("what is older than it is kept for goes", async () => {
  await using first = await startProcess();
  serve(first.stats, { call: usersGet, durationMs: 500, outcome: "clientError", code: "USER_NOT_FOUND" });
  await first.stats.flush();
  await database.pool.query("UPDATE stat_bucket SET start = start - interval '1 day'");
  await database.pool.query("UPDATE stat_error SET start = start - interval '1 day'");
  await database.pool.query("UPDATE slow_call SET at = at - interval '2 days'");
  await database.pool.query(
    "INSERT INTO stat_node (id, host, pid, version, requests, figures, last_seen_at) VALUES ($1, 'h', 1, 'v', 40, '{}', now() - interval '2 days')",
    [ids.uuid()],
  );
  await first.clock.advance(60_000);
  await expect
    .poll(async () => (await database.pool.query("SELECT requests::int FROM stat_total")).rows)
    .toEqual([{ requests: 40 }]);
  const { rows } = await database.pool.query(
    "SELECT (SELECT count(*) FROM stat_bucket WHERE start < now() - interval '12 hours')::int AS cells, (SELECT count(*) FROM stat_error)::int AS errors, (SELECT count(*) FROM slow_call)::int AS slow",
  );
  expect(rows).toEqual([{ cells: 0, errors: 0, slow: 0 }]);
  expect((await first.stats.summary({ rangeMs })).requests).toBe(41);
});

test("listeners of the live summary share one reading, and the stream ends with its signal", async () => {
  let reads = 0;
  await using first = await startProcess({ queue: { figures: () => ((reads += 1), queue) } });
  const leaving = new AbortController();
  const streams = Array.from({ length: 5 }, () => first.stats.live({ rangeMs }, leaving.signal));
  const summaries = await Promise.all(streams.map((stream) => stream.next()));
  expect(summaries.map(({ done, value }) => [done, value?.[1].nodes])).toEqual(
    Array.from({ length: 5 }, () => [false, 1]),
  );
  expect(reads).toBe(1);
  const ends = streams.map((stream) => stream.next());
  leaving.abort();
  expect((await Promise.all(ends)).every(({ done }) => done === true)).toBe(true);
});

test("a viewer asks without any input, and a stranger is turned away", async () => {
  await using first = await startProcess();
  const createCaller = t.createCallerFactory(createStatsRouter(first.stats));
  const viewer = createCaller(createTestContext({ role: "viewer" }).context);
  expect(await viewer.summary()).toMatchObject({ window: { rangeMs } });
  expect((await viewer.procedures()).items).toHaveLength(2);
  expect((await viewer.series()).points).toHaveLength(90);
  expect(await viewer.slow()).toEqual({ items: [], nextCursor: null });
  expect(await viewer.errors()).toMatchObject({ items: [] });
  expect((await viewer.nodes()).items).toMatchObject([{ host: "host", version: "test" }]);
  await expect(createCaller(createTestContext().context).summary()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});
