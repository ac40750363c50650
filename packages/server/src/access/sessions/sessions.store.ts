import { createConditions, escapeLike, isoOf, type Sql } from "../../platform/sql.ts";
import type { Role } from "../../trpc/roles.ts";
import type { Session, SessionsFilter } from "../access.schema.ts";

interface OwnedFilter extends SessionsFilter {
  /** Of this person only, whomever the filter names. */
  readonly ownerId: string | undefined;
}

export interface SessionsQuery extends OwnedFilter {
  readonly after?: readonly [createdAt: string, id: string] | undefined;
  readonly limit: number;
}

const COLUMNS = `
  s.id, s.user_id AS "userId", u.email, u.name, u.role, nullif(s.ip_address, '') AS address,
  nullif(s.user_agent, '') AS "userAgent", ${isoOf("s.created_at")} AS "createdAt",
  ${isoOf("s.updated_at")} AS "lastSeenAt", ${isoOf("s.expires_at")} AS "expiresAt",
  ${isoOf("s.verified_at")} AS "verifiedAt"`;

/** Sessions that have not expired, newest first. */
export async function selectSessions(sql: Sql, query: SessionsQuery): Promise<Omit<Session, "current">[]> {
  const { values, bind, add, where } = startConditions(query);
  if (query.after) add(`(s.created_at, s.id) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<Omit<Session, "current">>(
    `SELECT ${COLUMNS} FROM session s JOIN users u ON u.id = s.user_id ${where()}
      ORDER BY s.created_at DESC, s.id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

/** Which sessions an act on many ends, and which of those that match it may not. */
export interface SessionsAim extends OwnedFilter {
  /** Sessions of people of other roles are counted as skipped. */
  readonly roles: readonly Role[];
  /** A session that is spared and not counted. */
  readonly except: string | undefined;
}

export interface SessionsPreview {
  readonly count: number;
  readonly people: number;
  readonly skipped: number;
  readonly asOf: string;
  readonly sample: Omit<Session, "current">[];
}

/** What `deleteSessions` with the same aim would end. The time is the database's, in the precision of the column. */
export async function previewSessions(sql: Sql, aim: SessionsAim, sampleSize: number): Promise<SessionsPreview> {
  const { values, bind, where } = startConditions(aim);
  const { rows } = await sql.query<SessionsPreview>(
    `WITH matching AS (
       SELECT ${COLUMNS}, u.role = ANY(${bind(aim.roles)}) AS ends, s.created_at
         FROM session s JOIN users u ON u.id = s.user_id ${where()}
     ), shown AS (
       SELECT id, "userId", email, name, role, address, "userAgent", "createdAt", "lastSeenAt", "expiresAt", "verifiedAt"
         FROM matching WHERE ends ORDER BY created_at DESC, id DESC LIMIT ${bind(sampleSize)}
     )
     SELECT count(*) FILTER (WHERE ends)::int AS count, count(DISTINCT "userId") FILTER (WHERE ends)::int AS people,
            count(*) FILTER (WHERE NOT ends)::int AS skipped, ${isoOf("now()::timestamptz(3)")} AS "asOf",
            (SELECT coalesce(json_agg(shown), '[]') FROM shown) AS sample
       FROM matching`,
    values,
  );
  const [preview] = rows;
  if (!preview) throw new Error("An aggregate without a row.");
  return preview;
}

export interface SessionsEnded {
  readonly revoked: number;
  readonly people: number;
  readonly skipped: number;
}

/** Ends what the aim matches of the sessions that began up to `asOf`, in one statement: all or, when it fails, none. */
export async function deleteSessions(sql: Sql, aim: SessionsAim, asOf: string): Promise<SessionsEnded> {
  const { values, bind, add, where } = startConditions(aim);
  add(`s.created_at <= ${bind(asOf)}`);
  const { rows } = await sql.query<SessionsEnded>(
    `WITH matching AS (
       SELECT s.id, u.role = ANY(${bind(aim.roles)}) AS ends FROM session s JOIN users u ON u.id = s.user_id ${where()}
     ), ended AS (
       DELETE FROM session WHERE id IN (SELECT id FROM matching WHERE ends) RETURNING user_id
     )
     SELECT count(*)::int AS revoked, count(DISTINCT user_id)::int AS people,
            (SELECT count(*) FROM matching WHERE NOT ends)::int AS skipped
       FROM ended`,
    values,
  );
  return rows[0] ?? { revoked: 0, people: 0, skipped: 0 };
}

/** The conditions that every look at sessions shares; `s` is the session and `u` its person. */
function startConditions(
  filter: OwnedFilter & Pick<Partial<SessionsAim>, "except">,
): ReturnType<typeof createConditions> {
  const conditions = createConditions();
  const { bind, add } = conditions;
  add("s.expires_at > now()");
  if (filter.ownerId) add(`s.user_id = ${bind(filter.ownerId)}`);
  if (filter.userId) add(`s.user_id = ${bind(filter.userId)}`);
  if (filter.except) add(`s.id <> ${bind(filter.except)}`);
  if (filter.idleDays) add(`s.updated_at < now() - make_interval(days => ${bind(filter.idleDays)})`);
  if (filter.search) {
    const start = bind(`${escapeLike(filter.search)}%`);
    add(`(u.email LIKE lower(${start}) OR lower(u.name) LIKE lower(${start})
          OR lower(u.name) LIKE lower('% ' || ${start}) OR s.ip_address LIKE lower(${start}))`);
  }
  return conditions;
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
