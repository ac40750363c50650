import { createConditions, escapeLike, isoOf, type Sql } from "../../platform/sql.ts";
import type { Role } from "../../trpc/roles.ts";
import type { Key, KeysFilter } from "../access.schema.ts";

/** A key with its owner's present role, which caps its own. */
export interface KeyRow extends Key {
  readonly ownerRole: Role;
}

const STATUS =
  "CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired' ELSE 'active' END";

const COLUMNS = `
  k.id, k.name, k.prefix, k.role, k.scopes, k.user_id AS "ownerId", u.email AS "ownerEmail", u.role AS "ownerRole",
  ${isoOf("k.created_at")} AS "createdAt", ${isoOf("k.expires_at")} AS "expiresAt",
  ${isoOf("k.last_used_at")} AS "lastUsedAt", ${isoOf("k.revoked_at")} AS "revokedAt",
  ${STATUS} AS status, k.rate_per_minute AS "ratePerMinute",
  CASE WHEN k.previous_expires_at > now() THEN ${isoOf("k.previous_expires_at")} END AS "previousExpiresAt",
  CASE WHEN k.previous_expires_at > now() THEN ${isoOf("k.previous_last_used_at")} END AS "previousLastUsedAt"`;

export interface KeysQuery extends Omit<KeysFilter, "ownerId"> {
  /** Of these people only: what the caller may see, and what they asked for. */
  readonly ownerIds: readonly string[];
  readonly after?: readonly [createdAt: string, id: string] | undefined;
  readonly limit: number;
}

/** Newest first, those that have ended included. */
export async function selectKeys(sql: Sql, query: KeysQuery): Promise<KeyRow[]> {
  const { values, bind, add, where } = createConditions();
  for (const ownerId of query.ownerIds) add(`k.user_id = ${bind(ownerId)}`);
  if (query.status) add(`${STATUS} = ${bind(query.status)}`);
  if (query.search) {
    const start = bind(`${escapeLike(query.search)}%`);
    const prefix = bind(`${escapeLike(query.search.replace(/^swb_/i, ""))}%`);
    add(`(lower(k.name) LIKE lower(${start}) OR lower(k.name) LIKE lower('% ' || ${start})
          OR k.prefix LIKE lower(${prefix}) OR u.email LIKE lower(${start}))`);
  }
  if (query.after) add(`(k.created_at, k.id) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<KeyRow>(
    `SELECT ${COLUMNS} FROM api_key k JOIN users u ON u.id = k.user_id ${where()}
      ORDER BY k.created_at DESC, k.id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

export async function selectKey(sql: Sql, id: string): Promise<KeyRow | undefined> {
  const { rows } = await sql.query<KeyRow>(
    `SELECT ${COLUMNS} FROM api_key k JOIN users u ON u.id = k.user_id WHERE k.id = $1`,
    [id],
  );
  return rows[0];
}

/** Id to name, those that have ended included. */
export async function selectKeyNames(sql: Sql, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ id: string; name: string }>(
    "SELECT id, name FROM api_key WHERE id = ANY ($1::uuid[])",
    [ids],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

export interface NewKey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: Uint8Array;
  readonly role: Role;
  readonly scopes: readonly string[] | null;
  readonly expiresInDays: number | null;
  readonly ratePerMinute: number | null;
}

export async function insertKey(sql: Sql, key: NewKey): Promise<void> {
  await sql.query(
    `INSERT INTO api_key (id, user_id, name, prefix, secret_hash, role, scopes, expires_at, rate_per_minute)
     VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8), $9)`,
    [
      key.id,
      key.userId,
      key.name,
      key.prefix,
      key.secretHash,
      key.role,
      key.scopes,
      key.expiresInDays,
      key.ratePerMinute,
    ],
  );
}

/** Gives a live key a new secret; its present one works for `overlapSeconds` more. False when the key has ended meanwhile. */
export async function rotateKey(
  sql: Sql,
  id: string,
  secretHash: Uint8Array,
  overlapSeconds: number,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE api_key SET secret_hash = $2, last_used_at = NULL,
            previous_hash = CASE WHEN $3 > 0 THEN secret_hash END,
            previous_expires_at = CASE WHEN $3 > 0 THEN now() + make_interval(secs => $3) END,
            previous_last_used_at = CASE WHEN $3 > 0 THEN last_used_at END
      WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    [id, secretHash, overlapSeconds],
  );
  return rowCount === 1;
}

/** Sets what is given of a live key; null lifts the limit. False when the key has ended meanwhile. */
export async function updateKey(
  sql: Sql,
  id: string,
  change: { readonly name?: string | undefined; readonly ratePerMinute?: number | null | undefined },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE api_key SET name = coalesce($2, name),
            rate_per_minute = CASE WHEN $3 THEN $4::int ELSE rate_per_minute END
      WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    [id, change.name ?? null, change.ratePerMinute !== undefined, change.ratePerMinute ?? null],
  );
  return rowCount === 1;
}

export async function revokeKey(sql: Sql, id: string): Promise<void> {
  await sql.query("UPDATE api_key SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", [id]);
}

export async function revokeKeysOf(sql: Sql, userId: string): Promise<void> {
  await sql.query("UPDATE api_key SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL", [userId]);
}
