import type { Pool } from "pg";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import type { Json } from "../../trpc/wire.ts";
import type { ClaimKey, JobError } from "../engine.ts";
import { HOLDS } from "../store/claims.store.ts";
import { KEEP_DISCARDED_SECONDS } from "../store/job-row.ts";

/** An error with the group that it belongs to, as it is stored with the job. */
export type StoredError = JobError & { readonly fingerprint: string };

/**
 * Sets jobs aside that were claimed for a run. `started_on` goes and the attempt's row with it, as when a job is handed back: no attempt
 * is spent. Answers the ids; a claim that no longer holds is left alone.
 */
export async function quarantineClaims(
  sql: Sql,
  queue: string,
  processId: string,
  misfits: readonly (ClaimKey & { readonly error: StoredError })[],
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `WITH input AS (
       SELECT * FROM jsonb_to_recordset($3::jsonb) AS x (id uuid, number int, error jsonb)
     ), aside AS (
       UPDATE pgboss.job j SET ${ASIDE}, started_on = NULL, output = i.error
       FROM input i
       WHERE j.name = $1 AND j.id = i.id AND j.retry_count + 1 = i.number AND ${HOLDS}
       RETURNING j.id, i.number, j.retry_count AS attempts, i.error->>'message' AS note
     ), dropped AS (
       DELETE FROM job_attempt a USING aside WHERE a.job_id = aside.id AND a.number = aside.number
     ), noted AS (
       INSERT INTO job_event (job_id, kind, attempt, note) SELECT id, 'quarantined', nullif(attempts, 0), note FROM aside
     )
     SELECT id FROM aside`,
    [queue, processId, JSON.stringify(misfits.map(({ id, number, error }) => ({ id, number, error })))],
  );
  return rows.map(({ id }) => id);
}

const ASIDE = `state = 'failed', completed_on = now(), deletion_seconds = ${KEEP_DISCARDED_SECONDS}`;

export interface WaitingInput {
  readonly id: string;
  readonly input: Json;
}

/** The next ones by id, which is the order in which the primary key (queue, id) has them. */
export async function listWaiting(
  pool: Pool,
  { queue, name, afterId, limit }: { queue: string; name: string; afterId: string; limit: number },
): Promise<WaitingInput[]> {
  const { rows } = await pool.query<WaitingInput>(
    `SELECT j.id, j.data->'input' AS input FROM pgboss.job j
     WHERE j.name = $1 AND j.group_id = $2 AND j.state < 'active' AND j.id > $3 ORDER BY j.id LIMIT $4`,
    [queue, name, afterId, limit],
  );
  return rows;
}

/**
 * Sets waiting jobs aside. They were looked at without a lock, so each is locked and judged once more: what was claimed, edited or
 * cancelled in between is left alone. One that somebody has in hand is passed over; a run looks at its input by itself.
 */
export function quarantineWaiting(
  pool: Pool,
  queue: string,
  ids: readonly string[],
  judge: (input: Json) => StoredError | undefined,
): Promise<{ readonly id: string; readonly error: StoredError }[]> {
  return inTransaction(pool, async (sql) => {
    const { rows } = await sql.query<WaitingInput>(
      `SELECT j.id, j.data->'input' AS input FROM pgboss.job j
       WHERE j.name = $1 AND j.id = ANY ($2::uuid[]) AND j.state < 'active' ORDER BY j.id FOR UPDATE OF j SKIP LOCKED`,
      [queue, ids],
    );
    const misfits = rows.flatMap(({ id, input }) => {
      const error = judge(input);
      return error ? [{ id, error }] : [];
    });
    if (misfits.length === 0) return [];
    // A job that failed before and waits for its next attempt keeps the attempts it made, in `retry_count`.
    await sql.query(
      `WITH input AS (SELECT * FROM jsonb_to_recordset($2::jsonb) AS x (id uuid, error jsonb)),
       aside AS (
         UPDATE pgboss.job j SET ${ASIDE}, output = i.error,
           retry_count = CASE WHEN j.started_on IS NULL THEN j.retry_count ELSE j.retry_count + 1 END, started_on = NULL
         FROM input i WHERE j.name = $1 AND j.id = i.id
         RETURNING j.id, j.retry_count AS attempts, i.error->>'message' AS note
       )
       INSERT INTO job_event (job_id, kind, attempt, note) SELECT id, 'quarantined', nullif(attempts, 0), note FROM aside`,
      [queue, JSON.stringify(misfits)],
    );
    return misfits;
  });
}

const SETTING = "queue.input-schema";

/** What the waiting inputs of a job were last checked against. */
export async function readCheckedSchema(pool: Pool, name: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ value: string }>("SELECT value FROM setting WHERE key = $1", [
    `${SETTING} ${name}`,
  ]);
  return rows[0]?.value;
}

export async function saveCheckedSchema(pool: Pool, name: string, hash: string): Promise<void> {
  await pool.query(
    `INSERT INTO setting (key, value) VALUES ($1, $2::jsonb)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [`${SETTING} ${name}`, JSON.stringify(hash)],
  );
}
