import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { createEmptyDatabase, createTestDatabase, openTestDatabase } from "./test-database.ts";

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const listTables = (url: string) =>
  query<{ tablename: string }>(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").then((rows) =>
    rows.map((row) => row.tablename),
  );

test("every test database has the tables and none of another's rows", async () => {
  await using one = await createTestDatabase();
  await using two = await createTestDatabase();
  await query(one.url, "INSERT INTO users (id, email, name) VALUES (gen_random_uuid(), 'a@example.com', 'A')");
  expect(await query(two.url, "SELECT id FROM users")).toEqual([]);
  expect(await listTables(two.url)).toContain("_prisma_migrations");
});

test("an empty database has no table", async () => {
  await using database = await createEmptyDatabase();
  expect(await listTables(database.url)).toEqual([]);
});

test("disposing drops the database, also with a connection left open", async () => {
  let url = "";
  const left = await (async () => {
    await using database = await createTestDatabase();
    url = database.url;
    const client = new Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  })();
  await expect(left.query("SELECT 1")).rejects.toThrow();
  const name = new URL(url).pathname.slice(1);
  const rows = await query(inject("testPostgres").adminUrl, `SELECT 1 FROM pg_database WHERE datname = '${name}'`);
  expect(rows).toEqual([]);
});

test("an opened test database works through Prisma", async () => {
  await using database = await openTestDatabase({ poolSize: 2 });
  expect(await database.prisma.user.count()).toBe(0);
});
