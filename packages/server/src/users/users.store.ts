import { jsonNullable, jsonText, jsonTime, jsonWord, toJsonObject, type JsonValue } from "../platform/json-sql.ts";
import { isoOf, type PreparedSql, type Sql } from "../platform/sql.ts";
import type { Role } from "../trpc/roles.ts";
import type { BulkUser, User } from "./users.schema.ts";

const STATUS = "CASE WHEN suspended_at IS NULL THEN 'active' ELSE 'suspended' END";

export const COLUMNS = `
  id, email, name, role, ${STATUS} AS status,
  suspended_reason AS "suspendedReason", ${isoOf("created_at")} AS "createdAt", ${isoOf("updated_at")} AS "updatedAt",
  ${isoOf("last_seen_at")} AS "lastSeenAt"`;

/** The text of a person, of the columns `STORED` and in the order of the schema. */
export const JSON_USER = toJsonObject({
  id: jsonWord("id"),
  email: jsonText("email"),
  name: jsonText("name"),
  role: jsonWord("role"),
  status: jsonWord(STATUS),
  suspendedReason: jsonNullable(jsonText("suspended_reason")),
  createdAt: jsonTime("created_at"),
  updatedAt: jsonTime("updated_at"),
  lastSeenAt: jsonNullable(jsonTime("last_seen_at")),
} satisfies Record<keyof User, JsonValue>);

export const STORED = "id, email, name, role, suspended_at, suspended_reason, created_at, updated_at, last_seen_at";

/** Held by every act on a person: what it checks (ranks, the last owner) must still hold when it writes. */
const PEOPLE_LOCK = 4_600_002;

export async function lockPeople(sql: Sql): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock($1)", [PEOPLE_LOCK]);
}

export async function selectUser(sql: PreparedSql, id: string): Promise<User | undefined> {
  const { rows } = await sql.query<User>({
    name: "user",
    text: `SELECT ${COLUMNS} FROM users WHERE id = $1`,
    values: [id],
  });
  return rows[0];
}

/** Id to e-mail address; whoever is gone is left out. */
export async function selectEmails(sql: Sql, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ id: string; email: string }>(
    "SELECT id, email FROM users WHERE id = ANY ($1::uuid[])",
    [ids],
  );
  return new Map(rows.map(({ id, email }) => [id, email]));
}

export interface Impact {
  readonly sessions: number;
  readonly keys: number;
  readonly passkeys: number;
  readonly twoFactor: boolean;
}

/** Sessions and keys that still count, and second factors in force. */
export async function selectImpact(sql: Sql, id: string): Promise<Impact> {
  const { rows } = await sql.query<Impact>(
    `SELECT (SELECT count(*)::int FROM session WHERE user_id = $1 AND expires_at > now()) AS sessions,
            (SELECT count(*)::int FROM api_key
              WHERE user_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS keys,
            (SELECT count(*)::int FROM passkey WHERE user_id = $1) AS passkeys,
            EXISTS (SELECT FROM two_factor WHERE user_id = $1 AND verified) AS "twoFactor"`,
    [id],
  );
  const impact = rows[0];
  if (!impact) throw new Error("A SELECT without FROM answered no row.");
  return impact;
}

export async function hasOtherActiveOwner(sql: Sql, id: string): Promise<boolean> {
  const { rows } = await sql.query<{ found: boolean }>(
    "SELECT EXISTS (SELECT FROM users WHERE role = 'owner' AND suspended_at IS NULL AND id <> $1) AS found",
    [id],
  );
  return rows[0]?.found === true;
}

export interface NewUser extends BulkUser {
  readonly id: string;
}

/** In order of address, so that two imports never deadlock. */
const INSERT = `INSERT INTO users (id, email, name, role)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS person (id, email, name, role) ORDER BY email`;

const toColumns = (users: readonly NewUser[]): unknown[] => [
  users.map(({ id }) => id),
  users.map(({ email }) => email),
  users.map(({ name }) => name),
  users.map(({ role }) => role),
];

/** Stores all, or raises the violation of a unique index. A tenth cheaper than to look for each address first. */
export async function insertAllUsers(sql: Sql, users: readonly NewUser[]): Promise<void> {
  await sql.query(INSERT, toColumns(users));
}

/** Stores all whose address is free and answers those addresses. */
export async function insertUsers(sql: Sql, users: readonly NewUser[]): Promise<string[]> {
  const { rows } = await sql.query<{ email: string }>(
    `${INSERT} ON CONFLICT (email) DO NOTHING RETURNING email`,
    toColumns(users),
  );
  return rows.map(({ email }) => email);
}

/** Fewer rows change no plan that matters. */
const ANALYZE_ROWS = 5000;

/**
 * To be called after so many rows were added at once, outside their transaction: until the statistics are of the new size, which
 * autovacuum sees to within a minute, the list by role and status may sort everybody instead of reading its index. Does nothing where
 * they are less than a tenth of the table, where somebody else is at it, and where the role of the connection may not.
 */
export async function analyzeUsers(sql: Sql, added: number): Promise<void> {
  if (added < ANALYZE_ROWS) return;
  const { rows } = await sql.query<{ known: number }>(
    "SELECT reltuples AS known FROM pg_class WHERE oid = 'users'::regclass",
  );
  if (added * 10 > (rows[0]?.known ?? 0)) await sql.query("ANALYZE (SKIP_LOCKED) users");
}

/** Gives a person the password they sign in with, in place of an earlier one. */
export async function upsertPassword(sql: Sql, accountId: string, userId: string, passwordHash: string): Promise<void> {
  await sql.query(
    `INSERT INTO account (id, user_id, account_id, provider_id, password) VALUES ($1, $2::uuid, $2::uuid::text, 'credential', $3)
     ON CONFLICT (provider_id, account_id) DO UPDATE SET password = excluded.password, updated_at = now()`,
    [accountId, userId, passwordHash],
  );
}

export async function updateUser(
  sql: Sql,
  id: string,
  change: { readonly email?: string | undefined; readonly name?: string | undefined },
): Promise<void> {
  await sql.query(
    "UPDATE users SET email = coalesce($2, email), name = coalesce($3, name), updated_at = now() WHERE id = $1",
    [id, change.email ?? null, change.name ?? null],
  );
}

export async function updateRole(sql: Sql, id: string, role: Role): Promise<void> {
  await sql.query("UPDATE users SET role = $2, updated_at = now() WHERE id = $1", [id, role]);
}

/** Keeps the time of an earlier suspension. */
export async function suspendUser(sql: Sql, id: string, reason: string | null): Promise<void> {
  await sql.query(
    `UPDATE users SET suspended_at = coalesce(suspended_at, now()), suspended_reason = $2, updated_at = now() WHERE id = $1`,
    [id, reason],
  );
}

export async function restoreUser(sql: Sql, id: string): Promise<void> {
  await sql.query("UPDATE users SET suspended_at = NULL, suspended_reason = NULL, updated_at = now() WHERE id = $1", [
    id,
  ]);
}

/** Takes the person's account, sessions and keys along. */
export async function deleteUser(sql: Sql, id: string): Promise<void> {
  await sql.query("DELETE FROM users WHERE id = $1", [id]);
}
