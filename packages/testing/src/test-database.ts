import { randomBytes } from "node:crypto";
import { openDatabase } from "@switchboard/db";
import type { Database } from "@switchboard/db";
import { Client, type QueryResult, type QueryResultRow } from "pg";
import { inject } from "vitest";

/** Where databases are made, and the migrated one they are copied from. Made by vitest-global-setup.ts. */
export interface TestPostgres {
  adminUrl: string;
  template: string;
}

declare module "vitest" {
  interface ProvidedContext {
    testPostgres: TestPostgres;
  }
}

export interface TestDatabase extends AsyncDisposable {
  url: string;
}

async function runAt<Row extends QueryResultRow>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<QueryResult<Row>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query<Row>(sql, values);
  } finally {
    await client.end();
  }
}

const runAsAdmin = (sql: string) => runAt(inject("testPostgres").adminUrl, sql);

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await runAsAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(inject("testPostgres").adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    // Forced: a test that failed may have left connections behind.
    [Symbol.asyncDispose]: async () => void (await runAsAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

/** A database of its own with all migrations applied. Disposing drops it, whoever is connected. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(inject("testPostgres").template);
}

/** A database without any table. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase("template0");
}

export interface OpenTestDatabase extends Database, AsyncDisposable {
  /** Runs a statement as the role that owns the tables: the server's own role may neither change them nor write to the audit log. */
  asOwner<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

/** A migrated database, opened as the server opens it. Disposing stops it and drops it. */
export async function openTestDatabase(options: { poolSize?: number } = {}): Promise<OpenTestDatabase> {
  const { url, [Symbol.asyncDispose]: drop } = await createTestDatabase();
  const database = await openDatabase({ databaseUrl: url, dataDir: "/nonexistent", ...options });
  return {
    ...database,
    asOwner: (sql, values) => runAt(url, sql, values),
    async [Symbol.asyncDispose]() {
      await database.stop();
      await drop();
    },
  };
}
