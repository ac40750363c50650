import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startEmbeddedPostgres } from "./start-embedded-postgres.ts";
import type { EmbeddedPostgres } from "./start-embedded-postgres.ts";

const isRoot = process.getuid?.() === 0;

let base: string;
let dataDir: string;
const started: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "switchboard-embedded-"));
  // As root the server runs as another user, who has to pass.
  chmodSync(base, 0o711);
  dataDir = join(base, "data");
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
  rmSync(base, { recursive: true, force: true });
});

async function start(dir = dataDir): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: dir });
  started.push(postgres);
  return postgres;
}

async function query<Row extends object>(postgres: EmbeddedPostgres, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: postgres.urlOf("postgres") });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

function pidOf(postgres: EmbeddedPostgres): number {
  const pid = postgres.pid();
  if (pid === undefined) throw new Error("no server is running");
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Another process that holds the server; resolves once it is open. */
async function startHolder(dir = dataDir): Promise<{ child: ChildProcess; nextLine: () => Promise<string> }> {
  const fixture = join(import.meta.dirname, "holder.fixture.ts");
  const env = { ...process.env, MIGRATIONS_DIR: base };
  const child = spawn(process.execPath, [fixture, dir], { env, detached: true, stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => ((await lines.next()) as { value?: string }).value ?? "";
  expect(await nextLine()).toMatch(/^open /);
  return { child, nextLine };
}

test("what was written is there at the next start, and nothing runs in between", async () => {
  const first = await start();
  expect(first.wasRunning).toBe(false);
  await query(first, "CREATE TABLE kept AS SELECT 1 AS one");
  const pid = pidOf(first);
  await first.stop();
  await first.stop();
  expect(isAlive(pid)).toBe(false);
  expect(readdirSync(join(dataDir, "postgres", "run"))).toEqual([]);
  const second = await start();
  expect(await query(second, "SELECT one FROM kept")).toEqual([{ one: 1 }]);
});

test("only a private unix socket listens, and every write waits for the disk", async () => {
  const postgres = await start();
  const settings = await query<{ name: string; setting: string }>(
    postgres,
    "SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'fsync', 'synchronous_commit', 'full_page_writes')",
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    listen_addresses: "",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
  });
  for (const dir of [join(dataDir, "postgres", "data"), join(dataDir, "postgres", "run")]) {
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  }
});

test("several starters at once on an empty folder end up with one server", async () => {
  const all = await Promise.all([start(), start(), start()]);
  expect(new Set(all.map(pidOf)).size).toBe(1);
  expect(all.filter((postgres) => !postgres.wasRunning)).toHaveLength(1);
  expect(readdirSync(join(dataDir, "postgres")).filter((name) => name.startsWith("data"))).toEqual(["data"]);
});

test("the server stays until its last holder leaves, whoever started it", async () => {
  const first = await start();
  const second = await start();
  expect(second.wasRunning).toBe(true);
  const pid = pidOf(first);
  await first.stop();
  expect(await query(second, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(pidOf(second)).toBe(pid);
  await second.stop();
  expect(isAlive(pid)).toBe(false);
});

test("a killed holder takes its server down", async () => {
  const { child } = await startHolder();
  const pid = Number(readFileSync(join(dataDir, "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0]);
  child.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
});

test.each([0, 1, 2])("a start right after a kill does not join a dying server, try %i", async () => {
  const { child } = await startHolder();
  child.kill("SIGKILL");
  await once(child, "exit");
  const postgres = await start();
  const pid = pidOf(postgres);
  for (let i = 0; i < 20; i++) await query(postgres, "SELECT 1");
  expect(pidOf(postgres)).toBe(pid);
});

test("a killed holder leaves the server to the others", async () => {
  const { child } = await startHolder();
  const postgres = await start();
  const pid = pidOf(postgres);
  expect(postgres.wasRunning).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  // One more connection is one more round through the server, long after the watchdog would have seen the end.
  for (let i = 0; i < 20; i++) await query(postgres, "SELECT 1");
  expect(pidOf(postgres)).toBe(pid);
});

test("Ctrl-C in the terminal reaches the program and not the server", async () => {
  const { child, nextLine } = await startHolder();
  process.kill(-(child.pid ?? 0), "SIGINT");
  expect(await nextLine()).toBe("interrupted");
  child.stdin?.write("go on\n");
  // It queries once more and then stops by itself.
  expect(await nextLine()).toBe("stopped");
});

test("a crashed server comes back at the same address", async () => {
  const postgres = await start();
  const url = postgres.urlOf("postgres");
  process.kill(pidOf(postgres), "SIGKILL");
  await vi.waitFor(async () => expect(await query(postgres, "SELECT 1 AS one")).toEqual([{ one: 1 }]), {
    timeout: 20_000,
  });
  expect(postgres.urlOf("postgres")).toBe(url);
});

test("a server that crashed comes back through a holder that did not start it", async () => {
  const { child } = await startHolder();
  const postgres = await start();
  child.kill("SIGKILL");
  await once(child, "exit");
  process.kill(pidOf(postgres), "SIGKILL");
  await vi.waitFor(async () => expect(await query(postgres, "SELECT 1 AS one")).toEqual([{ one: 1 }]), {
    timeout: 20_000,
  });
});

test("stopping right after a crash leaves nothing running", async () => {
  const postgres = await start();
  process.kill(pidOf(postgres), "SIGKILL");
  await postgres.stop();
  expect(postgres.pid()).toBeUndefined();
});

test("a server that lost its watchdog is replaced", async () => {
  const first = await start();
  const orphanPid = pidOf(first);
  const watchers = execFileSync("pgrep", ["-f", "read -r _.*" + base], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map(Number);
  for (const pid of watchers) process.kill(pid, "SIGKILL");
  expect(isAlive(orphanPid)).toBe(true);
  const second = await start();
  expect(pidOf(second)).not.toBe(orphanPid);
  expect(await query(second, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a left-over lock file with the number of some other process is no obstacle", async () => {
  const first = await start();
  const lockFile = join(dataDir, "postgres", "data", "postmaster.pid");
  const content = readFileSync(lockFile, "utf8");
  const { uid, gid } = statSync(lockFile);
  await first.stop();
  const stranger = spawn("sleep", ["600"], { uid, gid });
  children.push(stranger);
  writeFileSync(lockFile, content.replace(/^\d+/, String(stranger.pid)));
  const second = await start();
  expect(await query(second, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("an empty lock file, left by a full disk, is no obstacle", async () => {
  await (await start()).stop();
  const lockFile = join(dataDir, "postgres", "data", "postmaster.pid");
  writeFileSync(lockFile, "");
  utimesSync(lockFile, 0, 0);
  expect(await query(await start(), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a folder too deep for a socket's path gets its socket elsewhere, and still only one server", async () => {
  const deep = join(base, "d".repeat(60), "e".repeat(60), "with spaces, 'quotes' and ü");
  const first = await start(deep);
  const second = await start(deep);
  expect(pidOf(second)).toBe(pidOf(first));
  expect(await query(second, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  const socketDir = new URL(first.urlOf("postgres")).searchParams.get("host") ?? "";
  expect(statSync(socketDir).mode & 0o777).toBe(0o700);
  expect(existsSync(join(socketDir, ".s.PGSQL.5432"))).toBe(true);
  await Promise.all([first.stop(), second.stop()]);
  rmSync(socketDir, { recursive: true });
});

test("a database of another major version is refused and left alone", async () => {
  await (await start()).stop();
  const versionFile = join(dataDir, "postgres", "data", "PG_VERSION");
  writeFileSync(versionFile, "17\n");
  await expect(start()).rejects.toMatchObject({
    name: "DatabaseStartError",
    publicMessage: expect.stringContaining("was made by Postgres 17 and this release brings Postgres 18") as string,
  });
  writeFileSync(versionFile, "18\n");
  expect((await start()).wasRunning).toBe(false);
});

test("a folder that holds something else is refused and left alone", async () => {
  const cluster = join(dataDir, "postgres", "data");
  mkdirSync(cluster, { recursive: true });
  writeFileSync(join(cluster, "letter.txt"), "dear");
  await expect(start()).rejects.toThrow("is neither empty nor a Postgres database");
  expect(readdirSync(cluster)).toEqual(["letter.txt"]);
});

test("a data folder that cannot be made is one sentence", async () => {
  writeFileSync(dataDir, "a file");
  await expect(start()).rejects.toThrow(
    `The data folder ${dataDir} cannot be used: a part of its path is not a folder.`,
  );
});

test.skipIf(isRoot)("a data folder that may not be written is one sentence", async () => {
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o500);
  await expect(start()).rejects.toThrow(`The data folder ${dataDir} cannot be used: it may not be written.`);
});

test.runIf(isRoot)("below a private home the database lives elsewhere, behind a link", async () => {
  chmodSync(base, 0o700);
  const first = await start();
  const root = realpathSync(join(dataDir, "postgres"));
  try {
    expect(root).toMatch(/^\/var\/lib\/switchboard-[0-9a-f]{12}$/);
    await query(first, "CREATE TABLE kept AS SELECT 1 AS one");
    await first.stop();
    const second = await start();
    expect(await query(second, "SELECT one FROM kept")).toEqual([{ one: 1 }]);

    // A copied folder brings the link along; the database behind it is not its own.
    const copy = join(base, "copy");
    mkdirSync(copy);
    symlinkSync(root, join(copy, "postgres"));
    await expect(start(copy)).rejects.toThrow(`points to the database of ${dataDir}`);
    await second.stop();

    // A moved folder keeps its database.
    rmSync(dataDir, { recursive: true });
    const moved = await start(copy);
    expect(await query(moved, "SELECT one FROM kept")).toEqual([{ one: 1 }]);
    await moved.stop();
  } finally {
    await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
    rmSync(root, { recursive: true });
  }
  await expect(start(join(base, "copy"))).rejects.toThrow("which is gone, and the database with it");
  expect(lstatSync(join(base, "copy", "postgres")).isSymbolicLink()).toBe(true);
});
