import { isoOf, type Sql } from "../../platform/sql.ts";
import type { KeyCaller } from "../access.schema.ts";

/** One use of a key, as the request knows it. */
export interface KeyUse {
  readonly keyId: string;
  /** Of the secret that was sent. */
  readonly secretHash: Uint8Array;
  readonly address: string;
  readonly userAgent: string | null;
}

/**
 * Stores where keys were used from. Which of its secrets was used is judged here, against the key as it is by then: a use from
 * before a rotation, stored after it, was one of the old secret. The lock makes a rotation that runs meanwhile wait or be seen.
 */
export async function upsertCallers(sql: Sql, uses: readonly KeyUse[]): Promise<void> {
  await sql.query(
    `INSERT INTO api_key_caller (key_id, is_previous, address, user_agent)
     SELECT k.id, k.secret_hash <> use.hash, use.address, use.user_agent
       FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[]) AS use (key_id, hash, address, user_agent)
       JOIN (SELECT id, secret_hash, previous_hash FROM api_key WHERE id = ANY($1::uuid[]) ORDER BY id FOR SHARE) k
         ON k.id = use.key_id
      WHERE use.hash IN (k.secret_hash, k.previous_hash)
      ORDER BY k.id, use.address
     ON CONFLICT (key_id, is_previous, address)
     DO UPDATE SET user_agent = excluded.user_agent, last_used_at = excluded.last_used_at`,
    [
      uses.map(({ keyId }) => keyId),
      uses.map(({ secretHash }) => secretHash),
      uses.map(({ address }) => address),
      uses.map(({ userAgent }) => userAgent),
    ],
  );
}

/** Leaves the newest `keep` addresses of each key. */
export async function pruneCallers(sql: Sql, keyIds: readonly string[], keep: number): Promise<void> {
  await sql.query(
    `DELETE FROM api_key_caller c
      USING (SELECT key_id, is_previous, address,
                    row_number() OVER (PARTITION BY key_id ORDER BY last_used_at DESC, address) AS place
               FROM api_key_caller WHERE key_id = ANY($1::uuid[])) ranked
      WHERE ranked.place > $2 AND c.key_id = ranked.key_id AND c.is_previous = ranked.is_previous
        AND c.address = ranked.address`,
    [keyIds, keep],
  );
}

/** Where a key was used from within the last 24 h, newest first. */
export async function selectCallers(sql: Sql, keyId: string, limit: number): Promise<KeyCaller[]> {
  const { rows } = await sql.query<KeyCaller>(
    `SELECT address, user_agent AS "userAgent", is_previous AS "isPrevious", ${isoOf("last_used_at")} AS "lastUsedAt"
       FROM api_key_caller WHERE key_id = $1 AND last_used_at > now() - interval '24 hours'
      ORDER BY last_used_at DESC, address LIMIT $2`,
    [keyId, limit],
  );
  return rows;
}

/** After a rotation: those who had the last secret but one have none any more. */
export async function deletePreviousCallers(sql: Sql, keyId: string): Promise<void> {
  await sql.query("DELETE FROM api_key_caller WHERE key_id = $1 AND is_previous", [keyId]);
}

/** After a rotation: those seen so far have the secret from before it. */
export async function markCallersPrevious(sql: Sql, keyId: string): Promise<void> {
  await sql.query("UPDATE api_key_caller SET is_previous = true WHERE key_id = $1", [keyId]);
}

export async function deleteOldCallers(sql: Sql): Promise<void> {
  await sql.query("DELETE FROM api_key_caller WHERE last_used_at <= now() - interval '24 hours'");
}
