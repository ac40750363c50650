import type { Sql } from "../../platform/sql.ts";

/** Held while an owner is made, so that of many who try at once one succeeds. Any constant that nobody else uses. */
const OWNER_LOCK = 4_600_001;

export async function lockOwnerClaim(sql: Sql): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock($1)", [OWNER_LOCK]);
}

export async function hasOwner(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ found: boolean }>(
    "SELECT EXISTS (SELECT FROM users WHERE role = 'owner') AS found",
  );
  return rows[0]?.found === true;
}

export async function insertOwner(
  sql: Sql,
  owner: { id: string; accountId: string; email: string; name: string; passwordHash: string },
): Promise<void> {
  await sql.query(
    `WITH person AS (
       INSERT INTO users (id, email, name, role, email_verified) VALUES ($1, $2, $3, 'owner', true) RETURNING id
     )
     INSERT INTO account (id, user_id, account_id, provider_id, password)
     SELECT $4::uuid, id, id::text, 'credential', $5 FROM person`,
    [owner.id, owner.email, owner.name, owner.accountId, owner.passwordHash],
  );
}

export async function insertSetupToken(sql: Sql, tokenHash: Uint8Array): Promise<void> {
  await sql.query("INSERT INTO setup_token (token_hash) VALUES ($1) ON CONFLICT DO NOTHING", [tokenHash]);
}

export async function selectSetupTokens(sql: Sql): Promise<Buffer[]> {
  const { rows } = await sql.query<{ hash: Buffer }>("SELECT token_hash AS hash FROM setup_token");
  return rows.map(({ hash }) => hash);
}

export async function deleteSetupTokens(sql: Sql): Promise<void> {
  await sql.query("DELETE FROM setup_token");
}
