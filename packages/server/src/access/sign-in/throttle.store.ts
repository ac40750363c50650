import type { Sql } from "../../platform/sql.ts";

export interface Throttle {
  readonly key: string;
  readonly failures: number;
  /** Milliseconds until the row counts for nothing, by the database's clock. */
  readonly leftMs: number;
}

export async function selectThrottles(sql: Sql, keys: readonly string[]): Promise<Throttle[]> {
  const { rows } = await sql.query<Throttle>(
    `SELECT key, failures, ceil(extract(epoch FROM ends_at - now()) * 1000)::int AS "leftMs"
       FROM auth_throttle WHERE key = ANY($1::text[]) AND ends_at > now()`,
    [keys],
  );
  return rows;
}

/** Counts one failure under each key, atomically, and moves its end on. Sorted, so that two sign-ins never wait for each other. */
export async function addFailure(sql: Sql, keys: readonly string[], windowSeconds: number): Promise<Throttle[]> {
  const { rows } = await sql.query<Throttle>(
    `INSERT INTO auth_throttle AS t (key, failures, ends_at)
     SELECT key, 1, now() + make_interval(secs => $2) FROM unnest($1::text[]) AS key ORDER BY key
     ON CONFLICT (key) DO UPDATE SET
       failures = CASE WHEN t.ends_at > now() THEN t.failures + 1 ELSE 1 END,
       ends_at = excluded.ends_at
     RETURNING key, failures, ceil(extract(epoch FROM ends_at - now()) * 1000)::int AS "leftMs"`,
    [keys, windowSeconds],
  );
  return rows;
}

export async function deleteThrottle(sql: Sql, key: string): Promise<void> {
  await sql.query("DELETE FROM auth_throttle WHERE key = $1", [key]);
}

export async function deleteEndedThrottles(sql: Sql): Promise<void> {
  await sql.query("DELETE FROM auth_throttle WHERE ends_at <= now()");
}
