import type { Sql } from "../../platform/sql.ts";
import type { Role } from "../../trpc/roles.ts";

export interface FactorsRow {
  /** A code is asked for after the password. */
  readonly isTwoFactorOn: boolean;
  readonly passkeys: number;
  /** Encrypted; null without two-factor. */
  readonly recoveryCodes: string | null;
}

export async function selectFactors(sql: Sql, userId: string): Promise<FactorsRow | undefined> {
  const { rows } = await sql.query<FactorsRow>(
    `SELECT u.two_factor_enabled AS "isTwoFactorOn", f.backup_codes AS "recoveryCodes",
            (SELECT count(*)::int FROM passkey WHERE user_id = u.id) AS passkeys
       FROM users u LEFT JOIN two_factor f ON f.user_id = u.id AND u.two_factor_enabled
      WHERE u.id = $1`,
    [userId],
  );
  return rows[0];
}

export interface Person {
  readonly email: string;
  readonly role: Role;
}

/** Locks the row, so that the role that was read is the role that is acted on. */
export async function lockPerson(sql: Sql, userId: string): Promise<Person | undefined> {
  const { rows } = await sql.query<Person>("SELECT email, role FROM users WHERE id = $1 FOR UPDATE", [userId]);
  return rows[0];
}

/** Removes two-factor and passkeys; the password alone signs in then. Answers what there was. */
export async function deleteFactors(sql: Sql, userId: string): Promise<{ twoFactor: boolean; passkeys: number }> {
  const { rows } = await sql.query<{ twoFactor: boolean; passkeys: number }>(
    `WITH code AS (DELETE FROM two_factor WHERE user_id = $1),
          keys AS (DELETE FROM passkey WHERE user_id = $1 RETURNING id),
          before AS (SELECT two_factor_enabled FROM users WHERE id = $1),
          person AS (UPDATE users SET two_factor_enabled = false WHERE id = $1)
     SELECT (SELECT two_factor_enabled FROM before) AS "twoFactor", (SELECT count(*)::int FROM keys) AS passkeys`,
    [userId],
  );
  return rows[0] ?? { twoFactor: false, passkeys: 0 };
}

/** Ends sign-ins that wait for their second step: they rest on a password that may not count any more. */
export async function deletePendingSignIns(sql: Sql, userId: string): Promise<void> {
  await sql.query("DELETE FROM verification WHERE value = $1", [userId]);
}

export async function deleteExpiredVerifications(sql: Sql): Promise<void> {
  await sql.query("DELETE FROM verification WHERE expires_at <= now()");
}
