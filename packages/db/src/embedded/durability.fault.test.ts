import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../open-database.ts";
import { findPostmaster } from "./postmaster.ts";

let base: string;
let dataDir: string;
let migrationsDir: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "switchboard-durability-"));
  chmodSync(base, 0o711);
  dataDir = join(base, "data");
  migrationsDir = join(base, "migrations");
  mkdirSync(join(migrationsDir, "1_rows"), { recursive: true });
  const sql =
    "CREATE TABLE rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL); CREATE EXTENSION amcheck;" +
    "GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO PUBLIC;";
  writeFileSync(join(migrationsDir, "1_rows", "migration.sql"), sql);
});

afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const clusterDir = () => join(dataDir, "postgres", "data");

/** Runs the writer until it has had `count` rows acknowledged, then kills as told. Every line it wrote counts. */
async function writeAndKill(count: number, kill: (writer: ChildProcess) => void): Promise<number[]> {
  const fixture = join(import.meta.dirname, "holder.fixture.ts");
  const env = { ...process.env, MIGRATIONS_DIR: migrationsDir };
  // Its last words, when the server goes, are expected.
  child = spawn(process.execPath, [fixture, dataDir, "insert"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(child, "exit");
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, id] = line.split(" ");
    if (word !== "acknowledged") continue;
    acknowledged.push(Number(id));
    if (acknowledged.length === count) kill(child);
  }
  await exited;
  return acknowledged;
}

function killServer(): void {
  const pid = findPostmaster(clusterDir());
  if (pid === undefined) throw new Error("no server to kill");
  process.kill(pid, "SIGKILL");
}

async function findMissing(ids: number[]): Promise<number[]> {
  const database = await openDatabase({ dataDir, migrationsDir });
  try {
    await database.pool.query("SELECT bt_index_check('rows_pkey', true)");
    const { rows } = await database.pool.query<{ id: number }>(
      "SELECT id::int FROM unnest($1::int[]) AS wanted (id) WHERE NOT EXISTS (SELECT FROM rows WHERE rows.id = wanted.id)",
      [ids],
    );
    return rows.map((row) => row.id);
  } finally {
    await database.stop();
  }
}

test("no acknowledged row is lost when the program, the server or both are killed", async () => {
  const acknowledged: number[] = [];
  const kills: ((writer: ChildProcess) => void)[] = [
    (writer) => writer.kill("SIGKILL"),
    () => killServer(),
    (writer) => {
      killServer();
      writer.kill("SIGKILL");
    },
  ];
  for (const count of [50, 300]) {
    for (const kill of kills) {
      acknowledged.push(...(await writeAndKill(count, kill)));
      expect(await findMissing(acknowledged)).toEqual([]);
    }
  }
  // Six rounds, each of which got as far as it had to.
  expect(acknowledged.length).toBeGreaterThanOrEqual(3 * 50 + 3 * 300);
});

test("a folder whose first start was killed at any moment starts the next time", async () => {
  const fixture = join(import.meta.dirname, "holder.fixture.ts");
  for (const delayMs of [150, 300, 450, 600]) {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    child = spawn(process.execPath, [fixture, dataDir], {
      env: { ...process.env, MIGRATIONS_DIR: migrationsDir },
      stdio: ["pipe", "ignore", "ignore"],
      timeout: delayMs,
      killSignal: "SIGKILL",
    });
    await once(child, "exit");
    expect(await findMissing([])).toEqual([]);
  }
});
