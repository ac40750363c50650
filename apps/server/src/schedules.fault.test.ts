import { createClient, type Client } from "@switchboard/client";
import { openDatabase, type Database } from "@switchboard/db";
import {
  createTestDatabase,
  ownerEnvironment,
  signInOwner,
  startServer,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

// A schedule of every second while the processes that run it come and go.

let database: TestDatabase;
let connection: Database;
let web: RunningServer;
let client: Client;
let workers: RunningServer[] = [];

const start = (role: "web" | "worker") =>
  startServer({ ...ownerEnvironment, DATABASE_URL: database.url, SWITCHBOARD_ROLE: role });
const startWorker = async (): Promise<RunningServer> => {
  const worker = await start("worker");
  workers.push(worker);
  return worker;
};

beforeEach(async () => {
  database = await createTestDatabase();
  connection = await openDatabase({ databaseUrl: database.url, dataDir: "/nonexistent" });
  web = await start("web");
  const desk = await signInOwner(web);
  const { key } = (await desk.mutate("access.keys.create", { name: "schedules" })).data<{ key: string }>();
  client = createClient({ url: web.url, apiKey: key });
});
afterEach(async () => {
  for (const server of [...workers, web]) await server?.[Symbol.asyncDispose]();
  workers = [];
  await connection?.stop();
  await database?.[Symbol.asyncDispose]();
});

const query = async <Row extends object>(text: string): Promise<Row[]> => (await connection.pool.query<Row>(text)).rows;

test("each time has one job over two processes and two kills", async () => {
  const schedule = {
    name: "Every second",
    jobName: "lab.sleep",
    input: { ms: 0 },
    everyMs: 1000,
    missed: "each",
  } as const;
  const { id } = await client.queue.schedules.create.mutate(schedule);
  const { id: cronId } = await client.queue.schedules.create.mutate({
    ...schedule,
    name: "Every second by cron",
    everyMs: null,
    cron: "* * * * * *",
  });
  const countRuns = async (): Promise<number> =>
    (
      await query<{ count: number }>(
        "SELECT min(count)::int AS count FROM (SELECT count(*) FROM schedule_run GROUP BY schedule_id) c",
      )
    )[0]?.count ?? 0;
  const untilRuns = async (more: number): Promise<void> => {
    const wanted = (await countRuns()) + more;
    await expect.poll(countRuns, { timeout: 60_000, interval: 200 }).toBeGreaterThanOrEqual(wanted);
  };

  const [first, second] = await Promise.all([startWorker(), startWorker()]);
  await untilRuns(3);
  await first.kill();
  await untilRuns(3);
  await second.kill();
  const third = await startWorker();
  await untilRuns(3);
  for (const one of [id, cronId]) await client.queue.schedules.update.mutate({ id: one, isPaused: true });

  const runs = await query<{ gap: string | null; runs: number }>(
    `SELECT (due_at - lag(due_at) OVER (PARTITION BY schedule_id ORDER BY due_at))::text AS gap, count(*)::int AS runs
     FROM schedule_run GROUP BY schedule_id, due_at`,
  );
  expect(new Set(runs.map(({ runs: ofTime }) => ofTime))).toEqual(new Set([1]));
  // No second is missing, not those either at which nobody was up.
  expect(new Set(runs.map(({ gap }) => gap))).toEqual(new Set([null, "00:00:01"]));
  const [stored] = await query<{ jobs: number; unknown: number }>(
    `SELECT count(*)::int AS jobs, count(*) FILTER (WHERE r.job_id IS NULL)::int AS unknown
     FROM pgboss.job j LEFT JOIN schedule_run r ON r.job_id = j.id WHERE j.data ? 'scheduleId'`,
  );
  expect(stored).toEqual({ jobs: runs.length, unknown: 0 });
  expect(runs.length).toBeGreaterThanOrEqual(18);
  expect(third.errors.filter((line) => line.includes("queue.schedule"))).toEqual([]);
});
