import { setTimeout as sleep } from "node:timers/promises";
import {
  createCaller,
  createRandom,
  createTestDatabase,
  makeDataDir,
  ownerEnvironment,
  signInOwner,
  startServer,
  type Caller,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { rmSync } from "node:fs";
import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toFile } from "./imports.fixture.ts";
import type { UserImport } from "./imports.schema.ts";

// The process that stores or undoes an import is killed half-way, or loses its database. Each row must make one person, exactly once.

const ROWS = 10_000;
const BAD_LINES = [3, 10, 11, 499, 500, 501, 502, 1000, 1001, 2500, 2501, 7000, 9000, 10_001];
const GOOD = ROWS - BAD_LINES.length;
const ROUNDS = 4;
const RECOVERY_MS = 60_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = createRandom(seed);
const dataDir = makeDataDir();

let database: TestDatabase;
let pool: Pool;
let server: RunningServer;
let desk: Caller;

beforeAll(async () => {
  console.log(`SEED=${seed}`);
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
  // Its connection is cut along with those of the server.
  pool.on("error", () => undefined);
  await start();
});
afterAll(async () => {
  await server?.stop();
  await pool?.end();
  await database?.[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

async function start(): Promise<void> {
  server = await startServer({ ...ownerEnvironment, DATABASE_URL: database.url, SWITCHBOARD_DATA_DIR: dataDir });
  desk = desk ? createCaller(server.url, { ...desk.headers, origin: server.url }) : await signInOwner(server);
}

async function upload(domain: string): Promise<string> {
  const response = await fetch(`${server.url}/api/users/imports?fileName=${domain}.csv`, {
    method: "POST",
    headers: { ...desk.headers, "content-type": "text/csv" },
    body: toFile(domain, ROWS, Object.fromEntries(BAD_LINES.map((line) => [line, "nobody,Nobody,viewer"]))),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as UserImport).id;
}

const get = async (id: string): Promise<UserImport> =>
  (await desk.query("users.imports.get", { id })).data<UserImport>();

async function untilState(id: string, state: string): Promise<UserImport> {
  await expect.poll(async () => (await get(id)).state, { interval: 50, timeout: RECOVERY_MS }).toBe(state);
  return get(id);
}

/** Looks past the server, which is about to be gone. */
async function until(
  id: string,
  column: "checked_rows" | "imported_rows" | "undone_rows",
  count: number,
): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ done: number }>(`SELECT ${column} AS done FROM user_import WHERE id = $1`, [
      id,
    ]);
    if ((rows[0]?.done ?? 0) >= count) return;
    await sleep(1);
  }
}

async function readFacts(id: string, domain: string) {
  const { rows } = await pool.query<Record<"people" | "made" | "distinct" | "there" | "problems", number>>(
    `SELECT (SELECT count(*)::int FROM users WHERE email LIKE $2) AS people, count(r.user_id)::int AS made,
            count(DISTINCT r.user_id)::int AS distinct, count(u.id)::int AS there, count(r.problem)::int AS problems
       FROM user_import_row r LEFT JOIN users u ON u.id = r.user_id WHERE r.import_id = $1`,
    [id, `%@${domain}`],
  );
  return rows[0];
}

const ALL_THERE = { people: GOOD, made: GOOD, distinct: GOOD, there: GOOD, problems: BAD_LINES.length };

async function killAndStart(): Promise<void> {
  await server.kill();
  await start();
}

/** Kills while the import waits for its row, which is held meanwhile: on a slow machine it would be done before the signal arrives. */
async function killHeldAndStart(id: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT FROM user_import WHERE id = $1 FOR UPDATE", [id]);
    await server.kill();
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
  await start();
}

test("a server that is killed while it stores goes on at the next chunk, and every row makes one person", async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const domain = `kill${round}.example`;
    const id = await upload(domain);
    await untilState(id, "ready");
    const after = 1 + Math.floor(random() * (GOOD / 2));
    await desk.mutate("users.imports.start", { id });
    await until(id, "imported_rows", after);
    await killHeldAndStart(id);
    const done = await untilState(id, "done");
    expect(done, `round ${round}, killed after ${after}`).toMatchObject({
      importedRows: GOOD,
      problemRows: BAD_LINES.length,
    });
    expect(done.problem, `round ${round}, killed after ${after}`).toMatch(/^Interrupted at row \d+; went on at .+Z\.$/);
    const at = Number(/row (\d+)/.exec(done.problem ?? "")?.[1]);
    expect(at).toBeGreaterThanOrEqual(after);
    expect(at).toBeLessThan(GOOD);
    expect(await readFacts(id, domain)).toEqual(ALL_THERE);
  }
});

test("killed while it checks and while it undoes, it ends with the same counts", async () => {
  const domain = "phases.example";
  const id = await upload(domain);
  await until(id, "checked_rows", 1 + Math.floor(random() * (ROWS - 1000)));
  await killAndStart();
  expect(await untilState(id, "ready")).toMatchObject({
    checkedRows: ROWS,
    problemRows: BAD_LINES.length,
    problem: null,
  });
  await desk.mutate("users.imports.start", { id });
  await untilState(id, "done");
  const { rows } = await pool.query<{ n: number }>("SELECT count(*)::int AS n FROM users WHERE email NOT LIKE $1", [
    `%@${domain}`,
  ]);
  expect((await desk.mutate("users.imports.undo", { id })).status).toBe(200);
  await until(id, "undone_rows", 1 + Math.floor(random() * (GOOD - 1000)));
  await killAndStart();
  const undone = await untilState(id, "undone");
  expect(undone).toMatchObject({ undoneRows: GOOD, problemRows: BAD_LINES.length });
  expect(undone.problem).toContain("Interrupted at row");
  expect(await readFacts(id, domain)).toEqual({
    people: 0,
    made: 0,
    distinct: 0,
    there: 0,
    problems: BAD_LINES.length,
  });
  const others = await pool.query<{ n: number }>("SELECT count(*)::int AS n FROM users");
  expect(others.rows).toEqual(rows);
});

test("a job that nobody would run again is replaced at the next start", async () => {
  const domain = "gone.example";
  const id = await upload(domain);
  await untilState(id, "ready");
  await desk.mutate("users.imports.start", { id });
  await until(id, "imported_rows", 1000);
  await server.kill();
  await pool.query("DELETE FROM pgboss.job WHERE group_id LIKE 'users.%import'");
  await start();
  expect((await untilState(id, "done")).problem).toContain("Interrupted at row");
  expect(await readFacts(id, domain)).toEqual(ALL_THERE);
});

test("a database that cuts its connections again and again costs no row", async () => {
  const domain = "cut.example";
  const id = await upload(domain);
  await untilState(id, "ready");
  await desk.mutate("users.imports.start", { id });
  for (const share of [0.1, 0.4, 0.7]) {
    await until(id, "imported_rows", Math.floor(GOOD * share));
    await pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  }
  await expect
    .poll(async () => (await pool.query("SELECT state FROM user_import WHERE id = $1", [id])).rows[0]?.state, {
      interval: 50,
      timeout: RECOVERY_MS,
    })
    .toBe("done");
  expect(await readFacts(id, domain)).toEqual(ALL_THERE);
});
