import type { Pool } from "pg";
import type { AttemptNotes, Claim, ClaimKey, ClaimRequest, RescuedJob, Settlement } from "../engine.ts";
import type { Envelope } from "./job-row.ts";

/**
 * The statements of the run loop. Each is one statement over many jobs: a job that does nothing costs its share of one claim and
 * one settlement.
 *
 * Whose claim holds is said by three things together: the job is active, its attempt of this number names the process, and the
 * attempt started at the very microsecond at which the job did. The number alone would let a worker whose jobs were handed
 * back settle the next claim, which has the same number. The time is compared as well because a row that was locked by another
 * statement is checked again against the new job but the old attempt.
 */
const HOLDS = `
  j.state = 'active' AND EXISTS (
    SELECT 1 FROM job_attempt a
    WHERE a.job_id = j.id AND a.number = j.retry_count + 1 AND a.process_id = $2 AND a.started_at = j.started_on)`;

/**
 * Lets the transaction of the statement it is part of commit without waiting for the disk. For what nobody was told: after a crash of
 * the database a claim that did not reach the disk is a job that was not claimed. Settlements and inserts wait.
 */
export const UNAWAITED = "set_config('synchronous_commit', 'off', true)";

interface ClaimRow {
  next_due_ms: number | null;
  /** Null in the one row of a claim that got nothing. */
  id: string | null;
  name: string;
  data: Envelope;
  number: number;
  max_attempts: number;
}

/**
 * The order and the conditions are those of pg-boss's own fetch: its index `job_i11` answers them. A claim that got less than it
 * asked for also says when the next job is due, by the same reading of the clock: asked separately, a job that falls due in between
 * would be in neither answer. That costs two probes of pg-boss's index `job_i14`.
 *
 * A process that wakes from a long stall claims nothing before its next heartbeat: what it claimed would be rescued at once, at the
 * price of an attempt.
 */
export async function claim(pool: Pool, request: ClaimRequest): Promise<Claim> {
  const { rows } = await pool.query<ClaimRow>(
    `WITH next AS (
       SELECT j.id FROM pgboss.job j
       WHERE j.name = $1 AND j.state < 'active' AND NOT j.blocked AND j.start_after <= now() AND j.group_id = ANY ($3::text[])
         AND NOT EXISTS (SELECT 1 FROM queue_state s WHERE s.name = $1 AND s.paused_at IS NOT NULL)
         AND EXISTS (SELECT 1 FROM worker_process p WHERE p.id = $2 AND p.seen_at > now() - $6 * interval '1 millisecond')
       ORDER BY j.priority DESC, j.created_on
       LIMIT $4
       FOR UPDATE OF j SKIP LOCKED
     ), claimed AS (
       UPDATE pgboss.job j
       SET state = 'active', started_on = now(), expire_seconds = greatest(j.expire_seconds, $5),
           retry_count = CASE WHEN j.started_on IS NULL THEN j.retry_count ELSE j.retry_count + 1 END
       FROM next
       WHERE j.name = $1 AND j.id = next.id
       RETURNING j.id, j.group_id AS name, j.data, j.retry_count + 1 AS number, j.retry_limit + 1 AS max_attempts
     ), attempted AS (
       INSERT INTO job_attempt AS a (job_id, number, process_id, started_at)
       SELECT id, number, $2, now() FROM claimed
       ON CONFLICT (job_id, number) DO UPDATE
       SET process_id = excluded.process_id, started_at = excluded.started_at,
           finished_at = NULL, outcome = NULL, progress = NULL, error = NULL, logs = NULL
     )
     SELECT due.next_due_ms, ${UNAWAITED}, c.*
     FROM (SELECT CASE WHEN (SELECT count(*) FROM claimed) < $4 THEN
         (extract(epoch FROM least(${nextStart("created")}, ${nextStart("retry")}) - now()) * 1000)::float8 END AS next_due_ms) due
     LEFT JOIN claimed c ON true`,
    [request.queue, request.processId, request.names, request.limit, request.expireSeconds, request.staleMs],
  );
  const jobs = rows.flatMap(({ id, name, data, number, max_attempts }) =>
    id === null
      ? []
      : [{ id, name, number, input: data.input, maxAttempts: max_attempts, requestId: data.requestId ?? null }],
  );
  return { jobs, nextDueMs: rows[0]?.next_due_ms ?? undefined };
}

function nextStart(state: "created" | "retry"): string {
  return `(SELECT min(j.start_after) FROM pgboss.job j
    WHERE j.name = $1 AND j.state = '${state}' AND NOT j.blocked AND j.start_after > now())`;
}

export async function settle(
  pool: Pool,
  queue: string,
  processId: string,
  settlements: readonly Settlement[],
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `WITH input AS (
       SELECT * FROM jsonb_to_recordset($3::jsonb) AS x
         (id uuid, number int, state text, retry_ms float8, output jsonb, outcome text, error jsonb, logs jsonb, progress real)
     ), settled AS (
       UPDATE pgboss.job j
       SET state = i.state::pgboss.job_state,
           output = coalesce(i.error, i.output),
           completed_on = CASE WHEN i.state = 'retry' THEN NULL ELSE now() END,
           start_after = CASE WHEN i.state = 'retry' THEN now() + i.retry_ms * interval '1 millisecond' ELSE j.start_after END
       FROM input i
       WHERE j.name = $1 AND j.id = i.id AND j.retry_count + 1 = i.number AND ${HOLDS}
       RETURNING j.id
     ), ended AS (
       UPDATE job_attempt a
       SET finished_at = now(), outcome = i.outcome, error = i.error, logs = i.logs, progress = i.progress
       FROM input i JOIN settled s ON s.id = i.id
       WHERE a.job_id = i.id AND a.number = i.number
     )
     SELECT id FROM settled`,
    [queue, processId, JSON.stringify(settlements.map(toSettlementInput))],
  );
  return rows.map(({ id }) => id);
}

function toSettlementInput({ id, number, verdict, logs, progress }: Settlement): Record<string, unknown> {
  const common = { id, number, outcome: verdict.outcome, logs: logs.length > 0 ? logs : undefined, progress };
  if (verdict.outcome === "completed") return { ...common, state: "completed", output: verdict.output };
  const { error, retryInMs } = verdict;
  return retryInMs === null
    ? { ...common, state: "failed", error }
    : { ...common, state: "retry", error, retry_ms: retryInMs };
}

/** The attempt's row goes as well: its number is given out again. */
export async function handBack(
  pool: Pool,
  queue: string,
  processId: string,
  claims: readonly ClaimKey[],
): Promise<void> {
  await pool.query(
    `WITH returned AS (
       UPDATE pgboss.job j
       SET state = (CASE WHEN j.retry_count = 0 THEN 'created' ELSE 'retry' END)::pgboss.job_state,
           started_on = NULL, start_after = now()
       FROM unnest($3::uuid[], $4::int[]) AS i (id, number)
       WHERE j.name = $1 AND j.id = i.id AND j.retry_count + 1 = i.number AND ${HOLDS}
       RETURNING j.id, i.number
     )
     DELETE FROM job_attempt a USING returned r WHERE a.job_id = r.id AND a.number = r.number`,
    [queue, processId, claims.map(({ id }) => id), claims.map(({ number }) => number)],
  );
}

export async function handBackUnheld(
  pool: Pool,
  queue: string,
  processId: string,
  heldIds: readonly string[],
): Promise<void> {
  await pool.query(
    `WITH returned AS (
       UPDATE pgboss.job j
       SET state = (CASE WHEN j.retry_count = 0 THEN 'created' ELSE 'retry' END)::pgboss.job_state,
           started_on = NULL, start_after = now()
       WHERE j.name = $1 AND j.id <> ALL ($3::uuid[]) AND ${HOLDS}
       RETURNING j.id, j.retry_count + 1 AS number
     )
     DELETE FROM job_attempt a USING returned r WHERE a.job_id = r.id AND a.number = r.number`,
    [queue, processId, heldIds],
  );
}

export async function saveNotes(pool: Pool, processId: string, notes: readonly AttemptNotes[]): Promise<void> {
  await pool.query(
    `UPDATE job_attempt a SET logs = i.logs, progress = i.progress
     FROM jsonb_to_recordset($2::jsonb) AS i (id uuid, number int, logs jsonb, progress real)
     WHERE a.job_id = i.id AND a.number = i.number AND a.process_id = $1
     RETURNING ${UNAWAITED}`,
    [processId, JSON.stringify(notes)],
  );
}

export async function findLostClaims(pool: Pool, processId: string, claims: readonly ClaimKey[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT i.id FROM unnest($1::uuid[], $3::int[]) AS i (id, number)
     WHERE NOT EXISTS (
       SELECT 1 FROM pgboss.job j
       WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = i.id AND j.retry_count + 1 = i.number AND ${HOLDS})`,
    [claims.map(({ id }) => id), processId, claims.map(({ number }) => number)],
  );
  return rows.map(({ id }) => id);
}

/**
 * Not by marking dead processes and then looking for their jobs: a process that was only slow may claim after it was marked.
 * Whatever is active without a process seen lately is taken, however it came about. A job that another rescuer has in hand is
 * skipped. The statement reads the active jobs only, through pg-boss's index `job_i14`.
 */
export async function rescue(pool: Pool, staleMs: number): Promise<RescuedJob[]> {
  const { rows } = await pool.query<RescuedJob>(
    `WITH orphan AS (
       SELECT j.name, j.id FROM pgboss.job j
       JOIN job_attempt a ON a.job_id = j.id AND a.number = j.retry_count + 1 AND a.started_at = j.started_on
       WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.state = 'active'
         AND NOT EXISTS (
           SELECT 1 FROM worker_process p
           WHERE p.id = a.process_id AND p.seen_at > now() - $1 * interval '1 millisecond')
       FOR UPDATE OF j SKIP LOCKED
     ), rescued AS (
       UPDATE pgboss.job j
       SET state = (CASE WHEN j.retry_count < j.retry_limit THEN 'retry' ELSE 'failed' END)::pgboss.job_state,
           output = $2::jsonb,
           completed_on = CASE WHEN j.retry_count < j.retry_limit THEN NULL ELSE now() END,
           start_after = now()
       FROM orphan o
       WHERE j.name = o.name AND j.id = o.id AND j.state = 'active'
       RETURNING j.id, j.name, j.retry_count + 1 AS number, j.state = 'failed' AS is_discarded
     ), ended AS (
       UPDATE job_attempt a SET finished_at = now(), outcome = 'lost', error = $2::jsonb
       FROM rescued r WHERE a.job_id = r.id AND a.number = r.number
     )
     SELECT id, name AS queue, is_discarded AS "isDiscarded" FROM rescued`,
    [staleMs, JSON.stringify(PROCESS_LOST)],
  );
  return rows;
}

const PROCESS_LOST = { name: "PROCESS_LOST", message: "The process that ran this attempt is gone.", stack: null };
