import { isoOf, type Sql } from "../platform/sql.ts";

const KEY = "audit.retention";

/** Days; null keeps events for ever, as does a row that was never made. */
export async function selectRetention(sql: Sql): Promise<number | null> {
  const { rows } = await sql.query<{ days: number | null }>(
    `SELECT (value->>'days')::int AS days FROM setting WHERE key = $1`,
    [KEY],
  );
  return rows[0]?.days ?? null;
}

export async function upsertRetention(sql: Sql, days: number | null, by: string): Promise<void> {
  await sql.query(
    `INSERT INTO setting (key, value, updated_by) VALUES ($1, $2, $3)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now(), updated_by = excluded.updated_by`,
    [KEY, JSON.stringify({ days }), by],
  );
}

/** As the function `audit_prune` judges it. */
const BOUNDARY = "date_trunc('day', clock_timestamp(), 'UTC') - $1::int * interval '24 hours'";

export async function countOlder(sql: Sql, days: number): Promise<{ events: number; before: string }> {
  const { rows } = await sql.query<{ events: number; before: string }>(
    `SELECT (SELECT count(*)::float8 FROM audit_event WHERE at < boundary.at) AS events, ${isoOf("boundary.at")} AS before
       FROM (SELECT ${BOUNDARY} AS at) AS boundary`,
    [days],
  );
  const [found] = rows;
  if (!found) throw new Error("A count is one row.");
  return found;
}

/** Removes the oldest events, at most `most`, and answers how many. `eventId` is for the event that says so. */
export async function pruneEvents(sql: Sql, days: number, most: number, eventId: string): Promise<number> {
  const { rows } = await sql.query<{ removed: number }>("SELECT audit_prune($1, $2, $3)::float8 AS removed", [
    days,
    most,
    eventId,
  ]);
  return rows[0]?.removed ?? 0;
}

/** Puts down the version of the program and answers the one before; undefined when it was this one. Of several that ask, one is told. */
export async function replaceVersion(
  sql: Sql,
  version: string,
): Promise<{ readonly before: string | null } | undefined> {
  const { rows } = await sql.query<{ before: string | null }>(
    `WITH old AS (SELECT value->>'version' AS version FROM setting WHERE key = 'server.version')
     INSERT INTO setting (key, value) VALUES ('server.version', jsonb_build_object('version', $1::text))
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now() WHERE setting.value <> excluded.value
     RETURNING (SELECT version FROM old) AS before`,
    [version],
  );
  return rows[0];
}
