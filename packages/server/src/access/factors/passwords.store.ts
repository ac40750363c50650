import type { Sql } from "../../platform/sql.ts";

export interface PasswordRow {
  /** Null for somebody without a password. */
  readonly hash: string | null;
  readonly isTwoFactorOn: boolean;
}

export async function selectPassword(sql: Sql, userId: string): Promise<PasswordRow | undefined> {
  const { rows } = await sql.query<PasswordRow>(
    `SELECT a.password AS hash, u.two_factor_enabled AS "isTwoFactorOn"
       FROM users u LEFT JOIN account a ON a.user_id = u.id AND a.provider_id = 'credential'
      WHERE u.id = $1`,
    [userId],
  );
  return rows[0];
}

/** False when the password is no longer the one that was checked. */
export async function replacePassword(sql: Sql, userId: string, checkedHash: string, hash: string): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE account SET password = $3, updated_at = now()
      WHERE user_id = $1 AND provider_id = 'credential' AND password = $2`,
    [userId, checkedHash, hash],
  );
  return rowCount === 1;
}

export async function deleteOtherSessions(sql: Sql, userId: string, sessionId: string): Promise<number> {
  const { rowCount } = await sql.query("DELETE FROM session WHERE user_id = $1 AND id <> $2", [userId, sessionId]);
  return rowCount ?? 0;
}

/** From here the session counts as proven, by the database's clock. */
export async function stampVerified(sql: Sql, sessionId: string): Promise<void> {
  await sql.query("UPDATE session SET verified_at = now() WHERE id = $1", [sessionId]);
}
