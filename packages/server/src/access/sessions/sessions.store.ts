import { createConditions, isoOf, type Sql } from "../../platform/sql.ts";
import type { Role } from "../../trpc/roles.ts";
import type { Session } from "../access.schema.ts";

export interface SessionsQuery {
  readonly userId?: string | undefined;
  readonly after?: readonly [createdAt: string, id: string] | undefined;
  readonly limit: number;
}

/** Sessions that have not expired, newest first. */
export async function selectSessions(sql: Sql, query: SessionsQuery): Promise<Omit<Session, "current">[]> {
  const { values, bind, add, where } = createConditions();
  add("s.expires_at > now()");
  if (query.userId) add(`s.user_id = ${bind(query.userId)}`);
  if (query.after) add(`(s.created_at, s.id) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<Omit<Session, "current">>(
    `SELECT s.id, s.user_id AS "userId", u.email, nullif(s.ip_address, '') AS address,
            nullif(s.user_agent, '') AS "userAgent", ${isoOf("s.created_at")} AS "createdAt",
            ${isoOf("s.updated_at")} AS "lastSeenAt", ${isoOf("s.expires_at")} AS "expiresAt"
       FROM session s JOIN users u ON u.id = s.user_id ${where()}
      ORDER BY s.created_at DESC, s.id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

export interface SessionOwner {
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
}

export async function selectSessionOwner(sql: Sql, id: string): Promise<SessionOwner | undefined> {
  const { rows } = await sql.query<SessionOwner>(
    `SELECT s.user_id AS "userId", u.email, u.role FROM session s JOIN users u ON u.id = s.user_id WHERE s.id = $1`,
    [id],
  );
  return rows[0];
}

export async function deleteSession(sql: Sql, id: string): Promise<void> {
  await sql.query("DELETE FROM session WHERE id = $1", [id]);
}

export async function deleteSessionByToken(sql: Sql, token: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>("DELETE FROM session WHERE token = $1 RETURNING id", [token]);
  return rows[0]?.id;
}

export async function deleteSessionsOf(sql: Sql, userId: string): Promise<void> {
  await sql.query("DELETE FROM session WHERE user_id = $1", [userId]);
}

export async function deleteExpiredSessions(sql: Sql): Promise<void> {
  await sql.query("DELETE FROM session WHERE expires_at <= now()");
}

export async function isSuspended(sql: Sql, userId: string): Promise<boolean> {
  const { rows } = await sql.query<{ suspended: boolean }>(
    "SELECT suspended_at IS NOT NULL AS suspended FROM users WHERE id = $1",
    [userId],
  );
  // Somebody deleted a moment ago is not let in either.
  return rows[0]?.suspended ?? true;
}

export async function selectUserId(sql: Sql, email: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>("SELECT id FROM users WHERE email = $1", [email]);
  return rows[0]?.id;
}
