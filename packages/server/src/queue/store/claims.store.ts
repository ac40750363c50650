import type { Pool } from "pg";
import { isoOf, type Sql } from "../../platform/sql.ts";
import type {
  AttemptNotes,
  Claim,
  ClaimKey,
  ClaimRequest,
  JobError,
  LostJob,
  NameLimits,
  Settlement,
} from "../engine.ts";
import type { Json } from "../../trpc/wire.ts";
import { KEEP_DISCARDED_SECONDS, type Envelope } from "./job-row.ts";

/**
 * The statements of the run loop. Each is one statement over many jobs: a job that does nothing costs its share of one claim and
 * one settlement.
 *
 * Whose claim holds is said by three things together: the job is active, its attempt of this number names the process, and the
 * attempt started at the very microsecond at which the job did. The number alone would let a worker whose jobs were handed
 * back settle the next claim, which has the same number. The time is compared as well because a row that was locked by another
 * statement is checked again against the new job but the old attempt.
 */
export const HOLDS = `
  j.state = 'active' AND EXISTS (
    SELECT 1 FROM job_attempt a
    WHERE a.job_id = j.id AND a.number = j.retry_count + 1 AND a.process_id = $2 AND a.started_at = j.started_on)`;

/**
 * Lets the transaction of the statement it is part of commit without waiting for the disk. For what nobody was told: after a crash of
 * the database a claim that did not reach the disk is a job that was not claimed. Settlements and inserts wait.
 */
export const UNAWAITED = "set_config('synchronous_commit', 'off', true)";

/**
 * Whether the job's time to start is over. One that has started once has no such time; one that an operator starts again afterwards gets
 * a new start and with it another chance.
 */
const EXPIRED = `(j.data ? 'expiresAt' AND j.started_on IS NULL AND j.data->>'expiresAt' <= ${isoOf("now()")}
  AND j.start_after <= greatest((j.data->>'expiresAt')::timestamptz, j.created_on))`;

/** An operator's limits of the queue `s`. */
const IS_LIMITED = "num_nonnulls(s.global_concurrency, s.key_concurrency, s.rate_limit) > 0";

interface ClaimRow {
  next_due_ms: number | null;
  is_limited: boolean;
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
 * price of an attempt. Nor does it claim from a queue that an operator has limited meanwhile: `claimLimited` is for that.
 */
export async function claim(pool: Pool, request: ClaimRequest): Promise<Claim> {
  const { queue, processId, names, limit, expireSeconds, staleMs, version } = request;
  const { rows } = await pool.query<ClaimRow>({
    name: "queue-claim",
    text: CLAIM,
    values: [queue, processId, names, limit, expireSeconds, staleMs, version],
  });
  return toClaim(rows);
}

const CLAIM = `
  WITH next AS (
    SELECT j.id FROM pgboss.job j
    WHERE j.name = $1 AND j.state < 'active' AND NOT j.blocked AND j.start_after <= now() AND j.group_id = ANY ($3::text[])
      AND NOT ${EXPIRED}
      AND NOT EXISTS (SELECT 1 FROM queue_state s WHERE s.name = $1 AND (s.paused_at IS NOT NULL OR ${IS_LIMITED}))
      AND EXISTS (SELECT 1 FROM worker_process p
        WHERE p.id = $2 AND p.quieted_at IS NULL AND p.seen_at > now() - $6 * interval '1 millisecond')
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
    INSERT INTO job_attempt AS a (job_id, number, process_id, started_at, version)
    SELECT id, number, $2, now(), $7 FROM claimed
    ON CONFLICT (job_id, number) DO UPDATE
    SET process_id = excluded.process_id, started_at = excluded.started_at, version = excluded.version,
        finished_at = NULL, outcome = NULL, progress = NULL, error = NULL, logs = NULL, fingerprint = NULL, progress_data = NULL
  )
  SELECT due.next_due_ms, due.is_limited, ${UNAWAITED}, c.*
  FROM (SELECT
      CASE WHEN (SELECT count(*) FROM claimed) < $4 THEN
        (extract(epoch FROM least(${nextStart("created")}, ${nextStart("retry")}) - now()) * 1000)::float8 END AS next_due_ms,
      EXISTS (SELECT 1 FROM queue_state s WHERE s.name = $1 AND ${IS_LIMITED}) AS is_limited) due
  LEFT JOIN claimed c ON true`;

/** For a queue with limits, the definitions' or an operator's: see the function in the migrations. */
export async function claimLimited(pool: Pool, request: ClaimRequest): Promise<Claim> {
  const { queue, processId, names, limit, expireSeconds, staleMs, version, limits } = request;
  const { rows } = await pool.query<ClaimRow>({
    name: "queue-claim-limited",
    text: `SELECT *, ${UNAWAITED} FROM queue_claim($1, $2, $3::text[], $4, $5, $6, $7, $8::jsonb)`,
    values: [queue, processId, names, limit, expireSeconds, staleMs, version, JSON.stringify(toLimitsInput(limits))],
  });
  return toClaim(rows);
}

function toLimitsInput(limits: ReadonlyMap<string, NameLimits>): Record<string, unknown> {
  return Object.fromEntries(
    [...limits].map(([name, { global, perKey, rateLimit }]) => [name, { global, perKey, ...rateLimit }]),
  );
}

function toClaim(rows: readonly ClaimRow[]): Claim {
  const jobs = rows.flatMap(({ id, name, data, number, max_attempts }) =>
    id === null
      ? []
      : [
          {
            id,
            name,
            number,
            input: data.input,
            maxAttempts: max_attempts,
            requestId: data.requestId ?? null,
            discards: data.discards ?? 0,
          },
        ],
  );
  return { jobs, nextDueMs: rows[0]?.next_due_ms ?? undefined, isLimited: rows[0]?.is_limited ?? false };
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
  const { rows } = await pool.query<{ id: string }>({
    name: "queue-settle",
    text: SETTLE,
    values: [queue, processId, JSON.stringify(settlements.map(toSettlementInput))],
  });
  return rows.map(({ id }) => id);
}

const SETTLE = `
  WITH input AS (
    SELECT * FROM jsonb_to_recordset($3::jsonb) AS x
      (id uuid, number int, state text, retry_ms float8, output jsonb, outcome text, error jsonb, fingerprint text, hook text,
       logs jsonb, progress real, progress_data jsonb)
  ), settled AS (
    UPDATE pgboss.job j
    SET state = i.state::pgboss.job_state,
        output = coalesce(i.error || jsonb_build_object('fingerprint', i.fingerprint), i.output),
        completed_on = CASE WHEN i.state = 'retry' THEN NULL ELSE now() END,
        deletion_seconds = CASE WHEN i.state = 'failed' THEN ${KEEP_DISCARDED_SECONDS} ELSE j.deletion_seconds END,
        start_after = CASE WHEN i.state = 'retry' THEN now() + i.retry_ms * interval '1 millisecond' ELSE j.start_after END
    FROM input i
    WHERE j.name = $1 AND j.id = i.id AND j.retry_count + 1 = i.number AND ${HOLDS}
    RETURNING j.id
  ), ended AS (
    UPDATE job_attempt a
    SET finished_at = now(), outcome = i.outcome, error = i.error, fingerprint = i.fingerprint,
        logs = i.logs, progress = i.progress, progress_data = i.progress_data
    FROM input i JOIN settled s ON s.id = i.id
    WHERE a.job_id = i.id AND a.number = i.number
  ), hooked AS (
    INSERT INTO job_discard AS d (job_id, name) SELECT i.id, i.hook FROM input i JOIN settled s ON s.id = i.id WHERE i.hook IS NOT NULL
    ON CONFLICT (job_id) DO UPDATE SET tries = 0, due_at = now()
  )
  SELECT id FROM settled`;

function toSettlementInput({ id, number, verdict, ...notes }: Settlement): Record<string, unknown> {
  const common = { id, number, outcome: verdict.outcome, ...toNotesInput(notes) };
  if (verdict.outcome === "completed") return { ...common, state: "completed", output: verdict.output };
  const { error, fingerprint, retryInMs, discardHook: hook } = verdict;
  return retryInMs === null
    ? { ...common, state: "failed", error, fingerprint, hook }
    : { ...common, state: "retry", error, fingerprint, retry_ms: retryInMs };
}

function toNotesInput({ logs, progress, progressData }: Omit<AttemptNotes, "id" | "number">): Record<string, unknown> {
  return {
    logs: logs.length > 0 ? logs : undefined,
    progress: progress ?? undefined,
    progress_data: progressData ?? undefined,
  };
}

/**
 * Takes the job's row for the transaction of `sql`, so that nobody ends the attempt while it is open; `complete` in the same transaction
 * ends it. Answers the connection's process, or nothing when the claim holds no longer.
 */
export async function lockClaim(
  sql: Sql,
  processId: string,
  queue: string,
  { id, number }: ClaimKey,
): Promise<number | undefined> {
  // The lock first and by itself: a condition that is checked again after waiting for a lock sees the attempt as it was before.
  await sql.query("SELECT FROM pgboss.job j WHERE j.name = $1 AND j.id = $2 FOR NO KEY UPDATE", [queue, id]);
  const { rows } = await sql.query<{ pid: number }>(
    `SELECT pg_backend_pid() AS pid FROM pgboss.job j WHERE j.name = $1 AND j.id = $3 AND j.retry_count + 1 = $4 AND ${HOLDS}`,
    [queue, processId, id, number],
  );
  return rows[0]?.pid;
}

/** For a claim that `lockClaim` has found to hold. */
export async function complete(sql: Sql, queue: string, output: Json | null, notes: AttemptNotes): Promise<void> {
  await sql.query(
    `WITH completed AS (
       UPDATE pgboss.job j SET state = 'completed', output = $4::jsonb, completed_on = clock_timestamp() WHERE j.name = $1 AND j.id = $2
     )
     UPDATE job_attempt a
     SET finished_at = clock_timestamp(), outcome = 'completed', logs = x.logs, progress = x.progress, progress_data = x.progress_data
     FROM jsonb_to_record($5::jsonb) AS x (logs jsonb, progress real, progress_data jsonb)
     WHERE a.job_id = $2 AND a.number = $3`,
    [queue, notes.id, notes.number, JSON.stringify(output), JSON.stringify(toNotesInput(notes))],
  );
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
    `UPDATE job_attempt a SET logs = i.logs, progress = i.progress, progress_data = i.progress_data
     FROM jsonb_to_recordset($2::jsonb) AS i (id uuid, number int, logs jsonb, progress real, progress_data jsonb)
     WHERE a.job_id = i.id AND a.number = i.number AND a.process_id = $1
     RETURNING ${UNAWAITED}`,
    [processId, JSON.stringify(notes.map(({ id, number, ...rest }) => ({ id, number, ...toNotesInput(rest) })))],
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

const ORPHANED = `j.state = 'active' AND NOT EXISTS (
  SELECT 1 FROM worker_process p WHERE p.id = a.process_id AND p.seen_at > now() - $1 * interval '1 millisecond')`;
const ITS_ATTEMPT = "a.job_id = j.id AND a.number = j.retry_count + 1 AND a.started_at = j.started_on";

/** Names of the jobs that `rescue` would take. */
export async function findOrphanedNames(pool: Pool, staleMs: number): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT DISTINCT j.group_id AS name FROM pgboss.job j JOIN job_attempt a ON ${ITS_ATTEMPT}
     WHERE j.name IN (SELECT name FROM pgboss.queue) AND ${ORPHANED}`,
    [staleMs],
  );
  return rows.map(({ name }) => name);
}

/**
 * Not by marking dead processes and then looking for their jobs: a process that was only slow may claim after it was marked.
 * Whatever is active without a process seen lately is taken, however it came about. A job that another rescuer has in hand is
 * skipped. The statement reads the active jobs only, through pg-boss's index `job_i14`. `fingerprints` by job name.
 */
export async function rescue(
  pool: Pool,
  staleMs: number,
  error: JobError,
  fingerprints: Readonly<Record<string, string>>,
): Promise<LostRow[]> {
  const { rows } = await pool.query<LostRow>(
    `WITH orphan AS (
       SELECT j.name, j.id FROM pgboss.job j JOIN job_attempt a ON ${ITS_ATTEMPT}
       WHERE j.name IN (SELECT name FROM pgboss.queue) AND ${ORPHANED}
       FOR UPDATE OF j SKIP LOCKED
     ), rescued AS (
       UPDATE pgboss.job j
       SET state = (CASE WHEN j.retry_count < j.retry_limit THEN 'retry' ELSE 'failed' END)::pgboss.job_state,
           output = $2::jsonb || jsonb_build_object('fingerprint', $3::jsonb->>j.group_id),
           completed_on = CASE WHEN j.retry_count < j.retry_limit THEN NULL ELSE now() END,
           deletion_seconds = CASE WHEN j.retry_count < j.retry_limit THEN j.deletion_seconds ELSE ${KEEP_DISCARDED_SECONDS} END,
           start_after = now()
       FROM orphan o
       WHERE j.name = o.name AND j.id = o.id AND j.state = 'active'
       RETURNING j.id, j.name, j.group_id, j.retry_count + 1 AS number, j.state = 'failed' AS is_discarded, j.started_on
     ), ended AS (
       UPDATE job_attempt a SET finished_at = now(), outcome = 'lost', error = $2::jsonb, fingerprint = $3::jsonb->>r.group_id
       FROM rescued r WHERE a.job_id = r.id AND a.number = r.number
       RETURNING a.job_id, a.version
     ), hooked AS (
       INSERT INTO job_discard (job_id, name) SELECT id, group_id FROM rescued WHERE is_discarded
       ON CONFLICT (job_id) DO UPDATE SET tries = 0, due_at = now()
     )
     SELECT r.id, r.name AS queue, r.group_id AS name, r.is_discarded AS "isDiscarded", e.version,
       (extract(epoch FROM now() - r.started_on) * 1000)::float8 AS "durationMs"
     FROM rescued r LEFT JOIN ended e ON e.job_id = r.id`,
    [staleMs, JSON.stringify(error), JSON.stringify(fingerprints)],
  );
  return rows;
}

type LostRow = Omit<LostJob, "error">;

/** At most so many at once: the next sweep takes the rest. */
const EXPIRE_MAX = 1000;

/** Which names have jobs to expire; answered by `switchboard_job_expiry`. */
export async function findExpiredNames(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT DISTINCT group_id AS name FROM (
       SELECT j.group_id FROM pgboss.job j WHERE j.state < 'active' AND ${EXPIRED} LIMIT ${EXPIRE_MAX}) expired`,
  );
  return rows.map(({ name }) => name);
}

export async function expire(
  pool: Pool,
  error: JobError,
  fingerprints: Readonly<Record<string, string>>,
): Promise<LostRow[]> {
  const { rows } = await pool.query<LostRow>(
    `WITH due AS (
       SELECT j.name, j.id FROM pgboss.job j WHERE j.state < 'active' AND ${EXPIRED}
       LIMIT ${EXPIRE_MAX} FOR UPDATE OF j SKIP LOCKED
     ), expired AS (
       UPDATE pgboss.job j
       SET state = 'failed', completed_on = now(), deletion_seconds = ${KEEP_DISCARDED_SECONDS},
           output = $1::jsonb || jsonb_build_object('fingerprint', $2::jsonb->>j.group_id)
       FROM due d
       WHERE j.name = d.name AND j.id = d.id AND j.state < 'active'
       RETURNING j.id, j.name, j.group_id
     ), hooked AS (
       INSERT INTO job_discard (job_id, name) SELECT id, group_id FROM expired
       ON CONFLICT (job_id) DO UPDATE SET tries = 0, due_at = now()
     )
     SELECT id, name AS queue, group_id AS name, true AS "isDiscarded", NULL AS version, 0::float8 AS "durationMs" FROM expired`,
    [JSON.stringify(error), JSON.stringify(fingerprints)],
  );
  return rows;
}
