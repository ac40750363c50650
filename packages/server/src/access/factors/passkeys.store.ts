import { isoOf, type Sql } from "../../platform/sql.ts";
import type { UsedPasskey } from "../sign-in/better-auth.ts";

/** A passkey as its owner sees it. */
export interface Passkey {
  readonly id: string;
  readonly name: string | null;
  /** `singleDevice`, or `multiDevice` for one that its maker synchronises. */
  readonly deviceType: string;
  readonly backedUp: boolean;
  readonly aaguid: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
}

const COLUMNS = `id, name, device_type AS "deviceType", backed_up AS "backedUp", aaguid,
  ${isoOf("created_at")} AS "createdAt", ${isoOf("last_used_at")} AS "lastUsedAt"`;

/** Oldest first. */
export async function selectPasskeys(sql: Sql, userId: string): Promise<Passkey[]> {
  const { rows } = await sql.query<Passkey>(
    `SELECT ${COLUMNS} FROM passkey WHERE user_id = $1 ORDER BY created_at, id`,
    [userId],
  );
  return rows;
}

export async function renamePasskey(
  sql: Sql,
  userId: string,
  id: string,
  name: string,
): Promise<{ passkey: Passkey; oldName: string | null } | undefined> {
  const { rows } = await sql.query<Passkey & { oldName: string | null }>(
    `UPDATE passkey p SET name = $3 FROM (SELECT id AS "oldId", name AS "oldName" FROM passkey WHERE id = $2) o
      WHERE p.id = o."oldId" AND p.user_id = $1 RETURNING ${COLUMNS}, "oldName"`,
    [userId, id, name],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { oldName, ...passkey } = row;
  return { passkey, oldName };
}

export async function deletePasskey(sql: Sql, userId: string, id: string): Promise<Passkey | undefined> {
  const { rows } = await sql.query<Passkey>(`DELETE FROM passkey WHERE id = $2 AND user_id = $1 RETURNING ${COLUMNS}`, [
    userId,
    id,
  ]);
  return rows[0];
}

/** Moves the counter on; false when it is no higher than before. Authenticators that do not count say 0 each time. */
export async function usePasskey(sql: Sql, { credentialId, counter }: UsedPasskey): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE passkey SET counter = $2, last_used_at = now()
      WHERE credential_id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))`,
    [credentialId, counter],
  );
  return rowCount === 1;
}

/** Whose passkey it is. */
export async function selectPasskeyOwner(sql: Sql, credentialId: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ userId: string }>(
    `SELECT user_id AS "userId" FROM passkey WHERE credential_id = $1`,
    [credentialId],
  );
  return rows[0]?.userId;
}
