import type { Sql } from "../../platform/sql.ts";
import { VERIFIED_SECONDS } from "../../trpc/ranks.ts";
import type { Role } from "../../trpc/roles.ts";

/** Seconds between two writes of when a credential was last used. */
const SEEN_EVERY_SECONDS = 60;

interface Owner {
  readonly userId: string;
  readonly email: string;
  readonly userName: string;
  readonly userRole: Role;
}

export interface LiveSession extends Owner {
  readonly id: string;
  /** Last seen more than a minute ago. */
  readonly isStale: boolean;
  /** The person proved who they are within the last 10 minutes. */
  readonly isVerified: boolean;
}

/** The session of a token, if it has not expired and its person is not suspended. */
export async function selectLiveSession(sql: Sql, token: string): Promise<LiveSession | undefined> {
  const { rows } = await sql.query<LiveSession>(
    `SELECT s.id, s.user_id AS "userId", u.email, u.name AS "userName", u.role AS "userRole",
            s.updated_at < now() - make_interval(secs => $2)
              OR coalesce(u.last_seen_at < now() - make_interval(secs => $2), true) AS "isStale",
            s.verified_at > now() - make_interval(secs => $3) AS "isVerified"
       FROM session s JOIN users u ON u.id = s.user_id
      WHERE s.token = $1 AND s.expires_at > now() AND u.suspended_at IS NULL`,
    [token, SEEN_EVERY_SECONDS, VERIFIED_SECONDS],
  );
  return rows[0];
}

export interface LiveKey extends Owner {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[] | null;
  readonly ratePerMinute: number | null;
  readonly secretHash: Buffer;
  /** Null once the overlap of the last rotation is over. */
  readonly previousHash: Buffer | null;
  readonly isStale: boolean;
  readonly isPreviousStale: boolean;
}

/** The key of a prefix, if it was not revoked, has not expired and its owner is not suspended. */
export async function selectLiveKey(sql: Sql, prefix: string): Promise<LiveKey | undefined> {
  const { rows } = await sql.query<LiveKey>(
    `SELECT k.id, k.name, k.role, k.scopes, k.rate_per_minute AS "ratePerMinute", k.secret_hash AS "secretHash",
            CASE WHEN k.previous_expires_at > now() THEN k.previous_hash END AS "previousHash",
            coalesce(k.last_used_at < now() - make_interval(secs => $2), true) AS "isStale",
            coalesce(k.previous_last_used_at < now() - make_interval(secs => $2), true) AS "isPreviousStale",
            k.user_id AS "userId", u.email, u.name AS "userName", u.role AS "userRole"
       FROM api_key k JOIN users u ON u.id = k.user_id
      WHERE k.prefix = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
        AND u.suspended_at IS NULL`,
    [prefix, SEEN_EVERY_SECONDS],
  );
  return rows[0];
}

/** Stamps sessions and their people as seen; those seen within the last minute, by any process, are left alone. */
export async function touchSessions(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query(
    `WITH seen AS (
       UPDATE session SET updated_at = now() WHERE id = ANY($1::uuid[]) RETURNING user_id
     )
     UPDATE users SET last_seen_at = now()
      WHERE id IN (SELECT user_id FROM seen)
        AND coalesce(last_seen_at < now() - make_interval(secs => $2), true)`,
    [ids, SEEN_EVERY_SECONDS],
  );
}

export async function touchKeys(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE api_key SET last_used_at = now()
      WHERE id = ANY($1::uuid[]) AND coalesce(last_used_at < now() - make_interval(secs => $2), true)`,
    [ids, SEEN_EVERY_SECONDS],
  );
}

/** The same for the secrets before the last rotation. */
export async function touchPreviousKeys(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE api_key SET previous_last_used_at = now()
      WHERE id = ANY($1::uuid[]) AND coalesce(previous_last_used_at < now() - make_interval(secs => $2), true)`,
    [ids, SEEN_EVERY_SECONDS],
  );
}
