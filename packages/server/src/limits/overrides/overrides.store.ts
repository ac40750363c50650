import { isoOf, type PreparedSql, type Sql } from "../../platform/sql.ts";
import { IN_MS, type Keeper } from "../changes/changes.store.ts";
import type { LimitValues } from "../limits.schema.ts";

export interface StoredOverride extends Keeper {
  readonly name: string;
  readonly caller: string;
  readonly values: LimitValues;
  readonly revision: number;
  readonly until: string | null;
  /** Milliseconds by the database's clock; below 0 when the time has passed. Null when it stays. */
  readonly dueInMs: number | null;
}

const COLUMNS = `name, caller, running AS values, revision::float8 AS revision, by, ${isoOf("at")} AS at, reason,
  ${isoOf("until")} AS until, (extract(epoch FROM limit_override.until - clock_timestamp()) * 1000)::float8 AS "dueInMs"`;

/** Every override that there is. */
export async function selectOverrides(sql: PreparedSql): Promise<StoredOverride[]> {
  const statement = { name: "limit-overrides", text: `SELECT ${COLUMNS} FROM limit_override`, values: [] };
  return (await sql.query<StoredOverride>(statement)).rows;
}

export async function selectOverride(sql: Sql, name: string, caller: string): Promise<StoredOverride | undefined> {
  const { rows } = await sql.query<StoredOverride>(
    `SELECT ${COLUMNS} FROM limit_override WHERE name = $1 AND caller = $2`,
    [name, caller],
  );
  return rows[0];
}

/** As `selectOverride`, and nobody ends it before the transaction ends. */
export async function holdOverride(sql: Sql, name: string, caller: string): Promise<StoredOverride | undefined> {
  const { rows } = await sql.query<StoredOverride>(
    `SELECT ${COLUMNS} FROM limit_override WHERE name = $1 AND caller = $2 FOR UPDATE`,
    [name, caller],
  );
  return rows[0];
}

/** Without those that have had their time. */
export async function countOverrides(sql: Sql, name: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM limit_override
      WHERE name = $1 AND (limit_override.until IS NULL OR limit_override.until > clock_timestamp())`,
    [name],
  );
  return rows[0]?.count ?? 0;
}

/**
 * Ends what is due and puts that down in the history: of several processes that see it due, one finds the row unlocked and still due,
 * the others find nothing. `configured`: limits by name, as this process has them; one that it does not know is noted unchanged.
 */
export async function endDueOverrides(sql: Sql, configured: Readonly<Record<string, LimitValues>>): Promise<void> {
  await sql.query(
    `WITH due AS MATERIALIZED (
       SELECT name, caller, running, by FROM limit_override o WHERE o.until <= clock_timestamp() FOR UPDATE SKIP LOCKED
     ), gone AS (
       DELETE FROM limit_override o USING due WHERE o.name = due.name AND o.caller = due.caller
     )
     INSERT INTO limit_history (name, caller, by, cause, before, after)
     SELECT due.name, due.caller, due.by, 'revert', due.running, coalesce(c.running, $1::jsonb -> due.name, due.running)
       FROM due LEFT JOIN limit_change c ON c.name = due.name`,
    [JSON.stringify(configured)],
  );
}

export interface OverrideRow extends Keeper {
  readonly name: string;
  readonly caller: string;
  readonly values: LimitValues;
  readonly revision: number;
  readonly forMs: number | null;
}

export async function upsertOverride(sql: Sql, override: OverrideRow): Promise<StoredOverride> {
  const { name, caller, values, revision, by, at, reason, forMs } = override;
  const { rows } = await sql.query<StoredOverride>(
    `INSERT INTO limit_override (name, caller, running, revision, by, at, reason, until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, ${IN_MS("$8")})
     ON CONFLICT (name, caller) DO UPDATE SET running = excluded.running, revision = excluded.revision, by = excluded.by,
       at = excluded.at, reason = excluded.reason, until = excluded.until
     RETURNING ${COLUMNS}`,
    [name, caller, JSON.stringify(values), revision, by, at, reason, forMs],
  );
  const [stored] = rows;
  if (!stored) throw new Error("An upsert answers its row.");
  return stored;
}

export async function deleteOverride(sql: Sql, name: string, caller: string): Promise<void> {
  await sql.query("DELETE FROM limit_override WHERE name = $1 AND caller = $2", [name, caller]);
}
