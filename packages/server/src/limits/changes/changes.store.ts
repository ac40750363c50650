import { createConditions, isoOf, type PreparedSql, type Sql } from "../../platform/sql.ts";
import type { LimitCause, LimitHistoryItem, LimitValues } from "../limits.schema.ts";

/** Whoever set what is kept. */
export interface Keeper {
  readonly by: string;
  readonly at: string;
  readonly reason: string | null;
}

/** What a change for a time goes back to. */
export interface LimitBase {
  readonly values: LimitValues;
  /** Null for what is configured, as each process knows it for itself. */
  readonly kept: Keeper | null;
}

export interface StoredChange extends Keeper {
  readonly name: string;
  readonly values: LimitValues;
  readonly revision: number;
  readonly revertAt: string | null;
  /** Milliseconds by the database's clock; below 0 when the time has passed. Null when the change is kept. */
  readonly dueInMs: number | null;
  /** Null when the change is kept. */
  readonly base: LimitBase | null;
}

/** Its time has come, by the database's clock. */
export const isDue = ({ dueInMs }: Pick<StoredChange, "dueInMs">): boolean => dueInMs !== null && dueInMs <= 0;

const COLUMNS = `name, running AS values, revision::float8 AS revision, by, ${isoOf("at")} AS at, reason,
  ${isoOf("revert_at")} AS "revertAt", (extract(epoch FROM revert_at - clock_timestamp()) * 1000)::float8 AS "dueInMs", base`;

/** Every change that there is: as many rows as limits at most. */
export async function selectChanges(sql: PreparedSql): Promise<StoredChange[]> {
  const statement = { name: "limit-changes", text: `SELECT ${COLUMNS} FROM limit_change ORDER BY name`, values: [] };
  return (await sql.query<StoredChange>(statement)).rows;
}

export async function selectChange(sql: Sql, name: string): Promise<StoredChange | undefined> {
  const { rows } = await sql.query<StoredChange>(`SELECT ${COLUMNS} FROM limit_change WHERE name = $1`, [name]);
  return rows[0];
}

/** Two changes of one limit wait for each other until the transaction ends, also while there is no row of it yet. */
export async function lockLimit(sql: Sql, name: string): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended('limits.update ' || $1, 0))", [name]);
}

/** As `selectChange`, and nobody reverts it before the transaction ends. */
export async function holdChange(sql: Sql, name: string): Promise<StoredChange | undefined> {
  const { rows } = await sql.query<StoredChange>(`SELECT ${COLUMNS} FROM limit_change WHERE name = $1 FOR UPDATE`, [
    name,
  ]);
  return rows[0];
}

/**
 * Takes back what is due and puts that down in the history: of several processes that see it due, one finds the row unlocked and
 * still due, the others find nothing.
 */
export async function revertDue(sql: Sql): Promise<void> {
  await sql.query(`
    WITH due AS MATERIALIZED (
      SELECT name, running, base, by, nextval(pg_get_serial_sequence('limit_history', 'id')) AS revision
      FROM limit_change WHERE revert_at <= clock_timestamp() FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM limit_change c USING due WHERE c.name = due.name AND due.base->'kept' = 'null'
    ), back AS (
      UPDATE limit_change c SET running = due.base->'values', revision = due.revision, by = due.base->'kept'->>'by',
        at = (due.base->'kept'->>'at')::timestamptz, reason = due.base->'kept'->>'reason', revert_at = NULL, base = NULL
      FROM due WHERE c.name = due.name AND due.base->'kept' <> 'null'
    )
    INSERT INTO limit_history (id, name, by, cause, before, after)
    SELECT revision, name, by, 'revert', running, base->'values' FROM due`);
}

export interface HistoryRow {
  readonly name: string;
  /** Null where it is about the limit itself. */
  readonly caller: string | null;
  readonly by: string;
  readonly cause: LimitCause;
  readonly before: LimitValues;
  readonly after: LimitValues;
  readonly reason: string | null;
  /** Milliseconds from now; null when it is kept. */
  readonly forMs: number | null;
}

export const IN_MS = (placeholder: string): string => `now() + ${placeholder}::float8 * interval '1 millisecond'`;

/** Answers the revision, and the time that the database gave it. */
export async function insertHistory(sql: Sql, row: HistoryRow): Promise<{ revision: number; at: string }> {
  const { rows } = await sql.query<{ revision: number; at: string }>(
    `INSERT INTO limit_history (name, caller, by, cause, before, after, reason, revert_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, ${IN_MS("$8")}) RETURNING id::float8 AS revision, ${isoOf("at")} AS at`,
    [
      row.name,
      row.caller,
      row.by,
      row.cause,
      JSON.stringify(row.before),
      JSON.stringify(row.after),
      row.reason,
      row.forMs,
    ],
  );
  const [made] = rows;
  if (!made) throw new Error("An insert answers its row.");
  return made;
}

export interface ChangeRow extends Keeper {
  readonly name: string;
  readonly values: LimitValues;
  readonly revision: number;
  readonly forMs: number | null;
  readonly base: LimitBase | null;
}

export async function upsertChange(sql: Sql, change: ChangeRow): Promise<StoredChange> {
  const { name, values, revision, by, at, reason, forMs, base } = change;
  const { rows } = await sql.query<StoredChange>(
    `INSERT INTO limit_change (name, running, revision, by, at, reason, revert_at, base)
     VALUES ($1, $2, $3, $4, $5, $6, ${IN_MS("$7")}, $8)
     ON CONFLICT (name) DO UPDATE SET running = excluded.running, revision = excluded.revision, by = excluded.by,
       at = excluded.at, reason = excluded.reason, revert_at = excluded.revert_at, base = excluded.base
     RETURNING ${COLUMNS}`,
    [name, JSON.stringify(values), revision, by, at, reason, forMs, base && JSON.stringify(base)],
  );
  const [stored] = rows;
  if (!stored) throw new Error("An upsert answers its row.");
  return stored;
}

export async function deleteChange(sql: Sql, name: string): Promise<void> {
  await sql.query("DELETE FROM limit_change WHERE name = $1", [name]);
}

/** How far off a time is, by the clock that `upsertChange` adds to. */
export async function selectUntil(sql: Sql, at: string): Promise<{ ms: number; now: string }> {
  const { rows } = await sql.query<{ ms: number; now: string }>(
    `SELECT (extract(epoch FROM $1::timestamptz - now()) * 1000)::float8 AS ms, ${isoOf("now()")} AS now`,
    [at],
  );
  const [found] = rows;
  if (!found) throw new Error("A difference is one row.");
  return found;
}

/** Newest first. */
export async function selectHistory(
  sql: Sql,
  query: {
    readonly name?: string | undefined;
    /** Null for what is about the limit itself; by default both. */
    readonly caller?: string | null | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  },
): Promise<LimitHistoryItem[]> {
  const { values, bind, add, where } = createConditions();
  if (query.name !== undefined) add(`name = ${bind(query.name)}`);
  if (query.caller !== undefined) add(`caller IS NOT DISTINCT FROM ${bind(query.caller)}`);
  if (query.before !== undefined) add(`id < ${bind(query.before)}`);
  const { rows } = await sql.query<LimitHistoryItem>(
    `SELECT id::text AS id, name, caller, ${isoOf("at")} AS at, by, cause, before, after, reason, ${isoOf("revert_at")} AS "revertAt"
     FROM limit_history ${where()} ORDER BY limit_history.id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}
