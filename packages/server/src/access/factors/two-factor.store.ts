import type { Sql } from "../../platform/sql.ts";

export interface TwoFactorRow {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
  /** Both encrypted. */
  readonly secret: string;
  readonly recoveryCodes: string;
  /** False until the first code was right. */
  readonly isConfirmed: boolean;
}

const COLUMNS = `f.id, f.user_id AS "userId", u.email, f.secret, f.backup_codes AS "recoveryCodes",
  f.verified AND u.two_factor_enabled AS "isConfirmed"`;

export async function selectTwoFactor(sql: Sql, userId: string): Promise<TwoFactorRow | undefined> {
  const { rows } = await sql.query<TwoFactorRow>(
    `SELECT ${COLUMNS} FROM two_factor f JOIN users u ON u.id = f.user_id WHERE f.user_id = $1`,
    [userId],
  );
  return rows[0];
}

/** Whose sign-in waits for its second step. better-auth keeps other things in the same table, under other names. */
export async function selectPendingSignIn(sql: Sql, challenge: string): Promise<TwoFactorRow | undefined> {
  if (!challenge.startsWith("2fa-") || challenge.startsWith("2fa-attempts-")) return undefined;
  const { rows } = await sql.query<TwoFactorRow>(
    `SELECT ${COLUMNS}
       FROM verification v JOIN two_factor f ON f.user_id::text = v.value JOIN users u ON u.id = f.user_id
      WHERE v.identifier = $1 AND v.expires_at > now() AND f.verified AND u.two_factor_enabled`,
    [challenge],
  );
  return rows[0];
}

/**
 * Takes a code of an app, once: false when this one or a later one was taken before. One statement, so that of two who send the
 * same code at once one gets it. In the table of what sign-in must remember for minutes, under an id made of the factor's.
 */
export async function takeStep(sql: Sql, factorId: string, step: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    `INSERT INTO verification AS v (id, identifier, value, expires_at)
     VALUES (md5('totp-step:' || $1)::uuid, 'totp-step', $2, now() + interval '1 hour')
     ON CONFLICT (id) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
      WHERE v.value::bigint < excluded.value::bigint`,
    [factorId, String(step)],
  );
  return rowCount === 1;
}

/** Asks for a code from here on; false when there was nothing to confirm. Both marks in one statement: one alone locks out. */
export async function confirmTwoFactor(sql: Sql, userId: string): Promise<boolean> {
  const { rowCount } = await sql.query(
    `WITH factor AS (UPDATE two_factor SET verified = true WHERE user_id = $1 RETURNING user_id)
     UPDATE users SET two_factor_enabled = true WHERE id IN (SELECT user_id FROM factor) AND NOT two_factor_enabled`,
    [userId],
  );
  return rowCount === 1;
}

/** False when it was off. What was begun and never confirmed goes too. */
export async function deleteTwoFactor(sql: Sql, userId: string): Promise<boolean> {
  const { rowCount } = await sql.query(
    `WITH factor AS (DELETE FROM two_factor WHERE user_id = $1)
     UPDATE users SET two_factor_enabled = false WHERE id = $1 AND two_factor_enabled`,
    [userId],
  );
  return rowCount === 1;
}
