import type { Sql } from "../../platform/sql.ts";
import type { Role } from "../../trpc/roles.ts";

export interface FoundPerson {
  readonly id: string;
  readonly role: Role;
  readonly isSuspended: boolean;
}

/** Locks the row until the transaction ends. */
export async function lockPersonByEmail(sql: Sql, email: string): Promise<FoundPerson | undefined> {
  const { rows } = await sql.query<FoundPerson>(
    `SELECT id, role, suspended_at IS NOT NULL AS "isSuspended" FROM users WHERE email = $1 FOR UPDATE`,
    [email],
  );
  return rows[0];
}

export async function insertPerson(
  sql: Sql,
  person: { id: string; email: string; name: string; role: Role },
): Promise<void> {
  await sql.query("INSERT INTO users (id, email, name, role, email_verified) VALUES ($1, $2, $3, $4, true)", [
    person.id,
    person.email,
    person.name,
    person.role,
  ]);
}

/** Gives the role, lifts a suspension and, with a name, renames. */
export async function liftPerson(sql: Sql, id: string, role: Role, name: string | undefined): Promise<void> {
  await sql.query(
    `UPDATE users SET role = $2, name = coalesce($3, name), suspended_at = NULL, suspended_reason = NULL, updated_at = now()
      WHERE id = $1`,
    [id, role, name ?? null],
  );
}

export async function upsertPassword(sql: Sql, accountId: string, userId: string, hash: string): Promise<void> {
  await sql.query(
    `INSERT INTO account (id, user_id, account_id, provider_id, password) VALUES ($1, $2::uuid, $2::uuid::text, 'credential', $3)
     ON CONFLICT (provider_id, account_id) DO UPDATE SET password = excluded.password, updated_at = now()`,
    [accountId, userId, hash],
  );
}
