import { createConditions, escapeLike, isoOf, type Sql } from "../platform/sql.ts";
import type { Role } from "../trpc/roles.ts";
import type { BulkUser, User } from "./users.schema.ts";

const COLUMNS = `
  id, email, name, role, CASE WHEN suspended_at IS NULL THEN 'active' ELSE 'suspended' END AS status,
  suspended_reason AS "suspendedReason", ${isoOf("created_at")} AS "createdAt", ${isoOf("updated_at")} AS "updatedAt",
  ${isoOf("last_seen_at")} AS "lastSeenAt"`;

/** Held by every act on a person: what it checks (ranks, the last owner) must still hold when it writes. */
const PEOPLE_LOCK = 4_600_002;

export async function lockPeople(sql: Sql): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock($1)", [PEOPLE_LOCK]);
}

export interface UsersQuery {
  readonly search?: string | undefined;
  readonly role?: Role | undefined;
  readonly status?: User["status"] | undefined;
  readonly after?: readonly [createdAt: string, id: string] | undefined;
  readonly limit: number;
}

/** Newest first. Plain SQL: this is the list that is read most, and Prisma takes about twice as long for it. */
export async function selectUsers(sql: Sql, query: UsersQuery): Promise<User[]> {
  const { values, bind, add, where } = createConditions();
  if (query.search) {
    const start = escapeLike(query.search);
    add(`(email LIKE lower(${bind(`${start}%`)}) OR lower(name) LIKE lower(${bind(`${start}%`)})
          OR lower(name) LIKE lower(${bind(`% ${start}%`)}) OR id::text = lower(${bind(query.search)}))`);
  }
  if (query.role) add(`role = ${bind(query.role)}`);
  if (query.status) add(`suspended_at IS ${query.status === "active" ? "NULL" : "NOT NULL"}`);
  if (query.after) add(`(created_at, id) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<User>(
    `SELECT ${COLUMNS} FROM users ${where()} ORDER BY created_at DESC, id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

export async function selectUser(sql: Sql, id: string): Promise<User | undefined> {
  const { rows } = await sql.query<User>(`SELECT ${COLUMNS} FROM users WHERE id = $1`, [id]);
  return rows[0];
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

/** Stores all whose address is free and answers those addresses. In order of address, so that two imports never deadlock. */
export async function insertUsers(sql: Sql, users: readonly NewUser[]): Promise<string[]> {
  const { rows } = await sql.query<{ email: string }>(
    `INSERT INTO users (id, email, name, role)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS person (id, email, name, role) ORDER BY email
     ON CONFLICT (email) DO NOTHING RETURNING email`,
    [
      users.map(({ id }) => id),
      users.map(({ email }) => email),
      users.map(({ name }) => name),
      users.map(({ role }) => role),
    ],
  );
  return rows.map(({ email }) => email);
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
