import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmptyDatabase } from "@switchboard/testing";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate } from "./migrate.ts";
import { defaultMigrationsDir } from "./open-database.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "switchboard-migrations-"));
  await writeMigration("1_one", "CREATE TABLE one (id int); CREATE TABLE two (id int);");
  await writeMigration("2_two", "ALTER TABLE one ADD COLUMN name text;");
});

afterEach(() => rm(dir, { recursive: true, force: true }));

async function writeMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, "migration.sql"), sql);
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const run = (url: string) => withClient(url, (client) => migrate(client, dir));

const listTables = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ tablename: string }>(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    return rows.map((row) => row.tablename);
  });

test("six processes at once apply every migration exactly once", async () => {
  await using database = await createEmptyDatabase();
  const results = await Promise.all(Array.from({ length: 6 }, () => run(database.url)));
  expect(results.filter((applied) => applied.length > 0)).toEqual([["1_one", "2_two"]]);
  expect(await run(database.url)).toEqual([]);
});

test("a failing migration is rolled back whole, named, and leaves the earlier ones", async () => {
  await using database = await createEmptyDatabase();
  await writeMigration("3_three", "CREATE TABLE three (id int); SELECT 1 / 0;");
  await expect(run(database.url)).rejects.toMatchObject({
    name: "DatabaseStartError",
    publicMessage: "The migration 3_three failed and was rolled back (division by zero).",
  });
  expect(await listTables(database.url)).toEqual(["_prisma_migrations", "one", "two"]);
  await writeMigration("3_three", "CREATE TABLE three (id int);");
  expect(await run(database.url)).toEqual(["3_three"]);
});

test("a failure gives the lock back", async () => {
  await using database = await createEmptyDatabase();
  await writeMigration("3_three", "SELECT 1 / 0;");
  await withClient(database.url, async (client) => {
    await expect(migrate(client, dir)).rejects.toThrow("3_three");
    const { rows } = await client.query(
      "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    );
    expect(rows).toEqual([]);
  });
});

test("a migration edited after it was applied is refused", async () => {
  await using database = await createEmptyDatabase();
  await run(database.url);
  await writeMigration("1_one", "CREATE TABLE one (id bigint);");
  await expect(run(database.url)).rejects.toThrow("The migration 1_one was edited after it was applied");
});

test("a database newer than this release is refused and left alone", async () => {
  await using database = await createEmptyDatabase();
  await run(database.url);
  await rm(join(dir, "2_two"), { recursive: true });
  await writeMigration("3_three", "CREATE TABLE three (id int);");
  await expect(run(database.url)).rejects.toThrow(
    "The database is newer than this release (it has the migration 2_two)",
  );
  expect(await listTables(database.url)).not.toContain("three");
});

test("a migration that another tool left half done is refused until it is resolved", async () => {
  await using database = await createEmptyDatabase();
  await run(database.url);
  await withClient(database.url, async (client) => {
    await client.query("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_two'");
    await expect(migrate(client, dir)).rejects.toThrow("The migration 2_two failed earlier and is half done");
    await client.query("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '2_two'");
    await client.query("ALTER TABLE one DROP COLUMN name");
    expect(await migrate(client, dir)).toEqual(["2_two"]);
  });
});

test("the migrations of this release apply to an empty database", async () => {
  await using database = await createEmptyDatabase();
  await cp(defaultMigrationsDir, dir, { recursive: true });
  await rm(join(dir, "1_one"), { recursive: true });
  await rm(join(dir, "2_two"), { recursive: true });
  expect(await run(database.url)).toContain("20261123000000_init");
});
