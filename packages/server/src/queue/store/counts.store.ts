import type { Pool } from "pg";
import { inTransaction, type Sql } from "../../platform/sql.ts";

/** What one process counted since it last wrote. Minutes are those of the database's clock at the write. */

export interface RollupCount {
  readonly queue: string;
  readonly name: string;
  readonly enqueued: number;
  readonly completed: number;
  readonly failed: number;
  readonly discarded: number;
  readonly duration_ms: number;
}

export interface ErrorCount {
  readonly fingerprint: string;
  readonly name: string;
  readonly queue: string;
  readonly error_name: string;
  readonly message: string;
  readonly pattern: string;
  readonly place: string | null;
  readonly attempts: number;
  readonly last_job_id: string;
  readonly versions: readonly string[];
}

/** Rows in the order of their keys, table by table in the same order: two processes that write at once wait and do not deadlock. */
export async function addCounts(
  pool: Pool,
  rollups: readonly RollupCount[],
  errors: readonly ErrorCount[],
): Promise<void> {
  await inTransaction(pool, async (sql) => {
    // Statistics: after a crash of the database those of the last moments may be missing.
    await sql.query("SET LOCAL synchronous_commit = off");
    if (rollups.length > 0) await addRollups(sql, rollups);
    if (errors.length > 0) await addErrors(sql, errors);
  });
}

async function addRollups(sql: Sql, rollups: readonly RollupCount[]): Promise<void> {
  await sql.query(
    `INSERT INTO job_rollup AS r (queue, name, minute, enqueued, completed, failed, discarded, duration_ms)
     SELECT queue, name, date_trunc('minute', now()), enqueued, completed, failed, discarded, duration_ms
     FROM jsonb_to_recordset($1::jsonb) AS i
       (queue text, name text, enqueued int, completed int, failed int, discarded int, duration_ms float8)
     ORDER BY queue, name
     ON CONFLICT (queue, name, minute) DO UPDATE
     SET enqueued = r.enqueued + excluded.enqueued, completed = r.completed + excluded.completed,
         failed = r.failed + excluded.failed, discarded = r.discarded + excluded.discarded,
         duration_ms = r.duration_ms + excluded.duration_ms`,
    [JSON.stringify(rollups)],
  );
}

/** The last failure gives the words; of the versions the last ten stay. */
async function addErrors(sql: Sql, errors: readonly ErrorCount[]): Promise<void> {
  const values = [JSON.stringify(errors)];
  await sql.query(
    `INSERT INTO job_error_group AS g
       (fingerprint, name, queue, error_name, message, pattern, place, first_seen_at, last_seen_at, attempts, last_job_id, versions)
     SELECT fingerprint, name, queue, error_name, message, pattern, place, now(), now(), attempts, last_job_id, versions
     FROM jsonb_to_recordset($1::jsonb) AS i
       (fingerprint text, name text, queue text, error_name text, message text, pattern text, place text,
        attempts bigint, last_job_id uuid, versions text[])
     ORDER BY fingerprint
     ON CONFLICT (fingerprint) DO UPDATE
     SET queue = excluded.queue, message = excluded.message, last_seen_at = excluded.last_seen_at,
         attempts = g.attempts + excluded.attempts, last_job_id = excluded.last_job_id,
         versions = CASE WHEN excluded.versions <@ g.versions THEN g.versions ELSE (
           SELECT array_agg(v ORDER BY n) FROM (
             SELECT v, max(n) AS n FROM unnest(g.versions || excluded.versions) WITH ORDINALITY AS u (v, n)
             GROUP BY v ORDER BY max(n) DESC LIMIT 10) last) END`,
    values,
  );
  await sql.query(
    `INSERT INTO job_error_minute AS m (fingerprint, minute, attempts)
     SELECT fingerprint, date_trunc('minute', now()), attempts
     FROM jsonb_to_recordset($1::jsonb) AS i (fingerprint text, attempts int)
     ORDER BY fingerprint
     ON CONFLICT (fingerprint, minute) DO UPDATE SET attempts = m.attempts + excluded.attempts`,
    values,
  );
}

/** What nobody asks for any more: minutes beyond their range, and groups that were not seen for a month and have no job left. */
export async function clearCounts(pool: Pool): Promise<void> {
  await pool.query("DELETE FROM job_error_minute WHERE minute < now() - interval '1 day'");
  await pool.query("DELETE FROM job_rollup WHERE minute < now() - interval '7 days'");
  await pool.query(
    `DELETE FROM job_error_group g
     WHERE g.last_seen_at < now() - interval '30 days' AND NOT EXISTS (
       SELECT 1 FROM pgboss.job j WHERE j.state IN ('retry', 'failed') AND j.output->>'fingerprint' = g.fingerprint)`,
  );
}
