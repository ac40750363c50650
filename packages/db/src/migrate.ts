import { createHash, randomUUID } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { DatabaseStartError } from "./database-start-error.ts";

/** The lock that Prisma's engine takes for the same work, so that both exclude each other. */
const MIGRATION_LOCK = 72707369;

/** As the Prisma CLI makes it: `prisma migrate status` and `deploy` agree with what is written here. */
const CREATE_BOOKKEEPING = `CREATE TABLE "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedRow {
  migration_name: string;
  checksum: string;
  is_finished: boolean;
}

function readMigrations(dir: string): Migration[] {
  return readdirSync(dir)
    .filter((name) => existsSync(join(dir, name, "migration.sql")))
    .toSorted()
    .map((name) => {
      const sql = readFileSync(join(dir, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

async function readApplied(client: Client): Promise<AppliedRow[]> {
  const { rows } = await client.query<AppliedRow>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS is_finished
       FROM "_prisma_migrations" WHERE rolled_back_at IS NULL`,
  );
  return rows;
}

/** What is left to do. Refuses a database whose past is not the past of this release. */
function planMigrations(migrations: Migration[], applied: AppliedRow[]): Migration[] {
  const byName = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of applied) {
    const migration = byName.get(row.migration_name);
    if (migration === undefined) {
      throw new DatabaseStartError(
        `The database is newer than this release (it has the migration ${row.migration_name}): start the newer release.`,
      );
    }
    if (!row.is_finished) {
      throw new DatabaseStartError(
        `The migration ${row.migration_name} failed earlier and is half done: repair the database, then run ` +
          `"prisma migrate resolve" for it.`,
      );
    }
    if (row.checksum !== migration.checksum) {
      throw new DatabaseStartError(
        `The migration ${row.migration_name} was edited after it was applied: restore its file and put the change into a new one.`,
      );
    }
  }
  const done = new Set(applied.map((row) => row.migration_name));
  return migrations.filter(({ name }) => !done.has(name));
}

/** The migration and its record share one transaction: a crash in between leaves neither, so nothing is ever half done. */
async function applyMigration(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, transaction_timestamp(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    const { message } = cause as Error;
    throw new DatabaseStartError(`The migration ${name} failed and was rolled back (${message}).`, { cause });
  }
}

/** Looked up first: `IF NOT EXISTS` asks for the right to create tables even where there is nothing to do. */
async function createBookkeepingIfMissing(client: Client): Promise<void> {
  const { rows } = await client.query<{ found: string | null }>(
    `SELECT to_regclass('"_prisma_migrations"')::text AS found`,
  );
  if (rows[0]?.found == null) await client.query(CREATE_BOOKKEEPING);
}

/** Runs `work` while no other process changes the tables of this database. `client` is a connection of its own, not a pooler's. */
export async function withMigrationLock<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
  try {
    return await work();
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);
  }
}

/**
 * Brings a database to the state of a folder in Prisma's migrations layout and returns the names applied, oldest first. Several
 * processes may call it at once: one works, the others wait. Raises `DatabaseStartError` when the database is newer than the
 * folder, an applied file was edited, or a migration fails or failed earlier.
 *
 * `client` is a connection of its own, not one of a transaction pooler: the lock belongs to it.
 */
export async function migrate(client: Client, dir: string): Promise<string[]> {
  const migrations = readMigrations(dir);
  return withMigrationLock(client, async () => {
    await createBookkeepingIfMissing(client);
    const pending = planMigrations(migrations, await readApplied(client));
    for (const migration of pending) await applyMigration(client, migration);
    return pending.map(({ name }) => name);
  });
}
