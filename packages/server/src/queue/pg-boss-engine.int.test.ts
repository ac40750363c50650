import { openTestDatabase } from "@switchboard/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createLogger } from "../platform/logger.ts";
import type { Engine, NameLimits, Settlement } from "./engine.ts";
import { createPgBossEngine } from "./pg-boss-engine.ts";
import { testIds } from "./queue.fixture.ts";
import { recordProcess } from "./store/fleet.store.ts";

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let engine: Engine;

beforeAll(async () => {
  database = await openTestDatabase();
  engine = createPgBossEngine({ pool: database.pool, logger: createLogger("silent"), isSupervisor: false });
  await engine.start(["q"]);
});
beforeEach(async () => {
  await database.pool.query("TRUNCATE pgboss.job, job_attempt, worker_process");
  await Promise.all(["p1", "p2", "p3"].map(beatOf));
});
afterAll(async () => {
  await engine.stop();
  await database[Symbol.asyncDispose]();
});

const store = async (count: number, maxAttempts = 5): Promise<string[]> => {
  const common = { name: "a.b", input: {}, priority: 0, delayMs: 0, timeoutMs: 1000 };
  const none = { dedupeKey: undefined, enqueuedBy: undefined, requestId: undefined };
  return engine.insert(
    "q",
    Array.from({ length: count }, () => ({ id: testIds.uuid(), ...common, ...none, maxAttempts })),
  );
};
const request = { queue: "q", names: ["a.b"], expireSeconds: 60, staleMs: 5000, version: "1.2.3", limits: new Map() };
const claim = (processId: string, limit = 10) => engine.claim({ ...request, processId, limit });
const settlement = (id: string, number: number): Settlement => ({
  id,
  number,
  logs: [],
  progress: null,
  verdict: { outcome: "completed", output: "mine" },
});
const beatOf = (id: string) =>
  recordProcess(
    database.pool,
    { id, host: "h", pid: 1, version: "0", role: "worker", slots: {}, names: [] },
    { eventLoopDelayMs: null, memoryBytes: 1 },
  );

test("a claim that was handed back cannot settle the next one, which has the same number", async () => {
  const [id = ""] = await store(1);
  expect((await claim("p1")).jobs).toMatchObject([{ id, number: 1 }]);
  await engine.handBack("q", "p1", [{ id, number: 1 }]);
  expect((await claim("p2")).jobs).toMatchObject([{ id, number: 1 }]);
  expect(await engine.settle("q", "p1", [settlement(id, 1)])).toEqual([]);
  expect(await engine.findLostClaims("p1", [{ id, number: 1 }])).toEqual([id]);
  expect(await engine.findLostClaims("p2", [{ id, number: 1 }])).toEqual([]);
  expect(await engine.settle("q", "p2", [settlement(id, 1)])).toEqual([id]);
});

test("a claim says when the next job is due when it got less than it asked for", async () => {
  await store(1);
  const [later = ""] = await store(1);
  await database.pool.query("UPDATE pgboss.job SET start_after = now() + interval '1 hour' WHERE id = $1", [later]);
  expect((await claim("p1", 1)).nextDueMs).toBeUndefined();
  const { jobs, nextDueMs } = await claim("p1", 1);
  expect(jobs).toEqual([]);
  expect(nextDueMs).toBeGreaterThan(3_590_000);
});

test("a claim of a limited queue says when to look again: now, at the next turn, or when somebody says so", async () => {
  const limited = (limits: Partial<NameLimits>, limit = 10) =>
    engine.claim({
      ...request,
      processId: "p1",
      limit,
      limits: new Map([["a.b", { global: undefined, perKey: undefined, rateLimit: undefined, ...limits }]]),
    });
  await store(4);
  expect(await limited({ global: 2 })).toMatchObject({ jobs: [{}, {}], nextDueMs: undefined, isLimited: true });
  // Without a place, and not before one of them ends.
  expect(await limited({ global: 2 })).toMatchObject({ jobs: [], nextDueMs: undefined });
  const { jobs, nextDueMs = 0 } = await limited({ rateLimit: { limit: 1, perMs: 60_000 } });
  expect(jobs).toHaveLength(1);
  expect(nextDueMs).toBeGreaterThan(59_000);
  expect(nextDueMs).toBeLessThanOrEqual(60_000);
  expect((await limited({}, 1)).jobs).toHaveLength(1);
  expect(await limited({})).toMatchObject({ jobs: [], nextDueMs: undefined });
});

test("what a process holds without knowing goes back, what it knows and what others hold stays", async () => {
  await store(3);
  const [known] = (await claim("p1", 1)).jobs;
  const [unknown] = (await claim("p1", 1)).jobs;
  const [foreign] = (await claim("p2", 1)).jobs;
  await engine.handBackUnheld("q", "p1", [known?.id ?? ""]);
  expect((await claim("p3")).jobs).toMatchObject([{ id: unknown?.id, number: 1 }]);
  expect(await engine.settle("q", "p2", [settlement(foreign?.id ?? "", 1)])).toEqual([foreign?.id]);
  expect(await engine.settle("q", "p1", [settlement(known?.id ?? "", 1)])).toEqual([known?.id]);
});

test("a process that was not seen for too long claims nothing until its next heartbeat", async () => {
  await store(1);
  await database.pool.query("UPDATE worker_process SET seen_at = now() - interval '10 s' WHERE id = 'p1'");
  expect((await claim("p1")).jobs).toEqual([]);
  await beatOf("p1");
  expect((await claim("p1")).jobs).toHaveLength(1);
});

test("the jobs of silent processes are rescued once, those of live ones are left", async () => {
  await store(3);
  await Promise.all(["alive", "silent", "gone"].map(beatOf));
  const [alive] = (await claim("alive", 1)).jobs;
  await claim("silent", 1);
  await claim("gone", 1);
  await database.pool.query("UPDATE worker_process SET seen_at = now() - interval '10 s' WHERE id = 'silent'");
  await database.pool.query("DELETE FROM worker_process WHERE id = 'gone'");
  const rescued = await Promise.all([engine.rescue(5000), engine.rescue(5000), engine.rescue(5000)]);
  expect(rescued.flat()).toHaveLength(2);
  expect(rescued.flat().every(({ isDiscarded }) => !isDiscarded)).toBe(true);
  expect((await claim("alive")).jobs.map(({ number }) => number)).toEqual([2, 2]);
  expect(await engine.settle("q", "alive", [settlement(alive?.id ?? "", 1)])).toHaveLength(1);
});

test("counts stop at the cap", async () => {
  await store(5);
  await claim("p1", 2);
  expect(await engine.count(2)).toMatchObject([
    { name: "q", counts: { available: 2, executing: 2, completed: 0, discarded: 0 } },
  ]);
});
