import { createConditions, isoOf, type Sql } from "../platform/sql.ts";
import type { Role } from "../trpc/roles.ts";
import type { DeletedUser } from "./users.schema.ts";

/** Days for which somebody who was deleted can be brought back. */
export const KEPT_DAYS = 7;

/**
 * What is kept of a person, in the order in which it can be put back, with the column that names the person. Sessions are not, nor
 * where keys were used from: whoever comes back signs in again.
 */
const KEPT = [
  ["users", "id"],
  ["account", "user_id"],
  ["two_factor", "user_id"],
  ["passkey", "user_id"],
  ["api_key", "user_id"],
] as const;
type KeptTable = (typeof KEPT)[number][0];

/** Rows as JSON by table, and the address of who deleted the person. */
export type KeptRows = Readonly<Record<KeptTable, readonly object[]>> & { readonly deletedBy: string };

/** Copies a person who is about to be deleted in the same transaction. */
export async function copyUser(sql: Sql, id: string, deletedBy: string): Promise<void> {
  // Locked first: a key or a passkey made after the copy would be lost without a trace.
  await sql.query("SELECT FROM users WHERE id = $1 FOR UPDATE", [id]);
  const tables = KEPT.map(
    ([table, column]) =>
      `'${table}', (SELECT coalesce(jsonb_agg(to_jsonb(row)), '[]') FROM ${table} row WHERE row.${column} = $1)`,
  );
  await sql.query(
    `INSERT INTO deleted_user (user_id, email, rows)
     SELECT id, email, jsonb_build_object('deletedBy', $2::text, ${tables.join(", ")}) FROM users WHERE id = $1
     ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, rows = excluded.rows, deleted_at = excluded.deleted_at`,
    [id, deletedBy],
  );
}

const ERASED_AT = `deleted_at + make_interval(days => ${KEPT_DAYS})`;

export interface DeletedQuery {
  readonly after?: readonly [deletedAt: string, id: string] | undefined;
  readonly limit: number;
}

/** Latest first. Those whose time is up are left out, erased or not. */
export async function selectDeleted(sql: Sql, query: DeletedQuery): Promise<DeletedUser[]> {
  const { values, bind, add, where } = createConditions();
  add(`${ERASED_AT} > now()`);
  if (query.after) add(`(deleted_at, user_id) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<DeletedUser>(
    `SELECT user_id AS id, email, rows #>> '{users,0,name}' AS name, rows #>> '{users,0,role}' AS role,
            rows ->> 'deletedBy' AS "deletedBy", ${isoOf("deleted_at")} AS "deletedAt", ${isoOf(`(${ERASED_AT})`)} AS "erasedAt"
       FROM deleted_user ${where()} ORDER BY deleted_at DESC, user_id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

export interface Kept {
  readonly email: string;
  readonly role: Role;
  readonly rows: KeptRows;
}

/** Takes the copy of a person out, unless its time is up. */
export async function takeDeleted(sql: Sql, id: string): Promise<Kept | undefined> {
  const { rows } = await sql.query<Kept>(
    `DELETE FROM deleted_user WHERE user_id = $1 AND ${ERASED_AT} > now()
     RETURNING email, rows #>> '{users,0,role}' AS role, rows`,
    [id],
  );
  return rows[0];
}

/** Stores the rows of a person again, to the last column. Raises the violation of a unique index, as when the address was given away. */
export async function putBack(sql: Sql, kept: KeptRows): Promise<void> {
  for (const [table] of KEPT) {
    if (kept[table].length > 0) await insertRows(sql, table, kept[table]);
  }
}

/** Columns that a migration added since the copy was made take their defaults; those it dropped are left out. */
async function insertRows(sql: Sql, table: KeptTable, rows: readonly object[]): Promise<void> {
  const { rows: found } = await sql.query<{ columns: string | null }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND $2::jsonb ? attname::text`,
    [table, JSON.stringify(rows[0])],
  );
  const columns = found[0]?.columns ?? "";
  await sql.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
}

/** Answers how many. */
export async function eraseDeleted(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query(`DELETE FROM deleted_user WHERE ${ERASED_AT} <= now()`);
  return rowCount ?? 0;
}
