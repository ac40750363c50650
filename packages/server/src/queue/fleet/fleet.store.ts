import type { Pool } from "pg";
import { isoOf } from "../../platform/sql.ts";
import type { workersOutput, WorkerRow } from "./fleet.schema.ts";
import type { z } from "zod";

type Output = z.infer<typeof workersOutput>;

export const JOBS_MAX = 50;
/** Waiting jobs of one queue or name are counted so far. */
const READY_CAP = 10_000;

export interface ProcessRow extends Omit<WorkerRow, "queues" | "jobs" | "drainMs" | "memoryBytes"> {
  readonly memoryBytes: string | null;
  readonly slots: Readonly<Record<string, number>>;
  readonly names: readonly string[];
}

const SEEN = "p.seen_at > now() - $1 * interval '1 millisecond'";

export async function listProcesses(pool: Pool, staleMs: number): Promise<{ rows: ProcessRow[]; asOf: string }> {
  const { rows } = await pool.query<ProcessRow>(
    `SELECT p.id, p.host, p.pid, p.version, p.role, p.slots, p.names, ${isoOf("p.started_at")} AS "startedAt",
       ${isoOf("p.seen_at")} AS "seenAt", NOT ${SEEN} AS "isStale", ${isoOf("p.quieted_at")} AS "quietedAt", p.quieted_by AS "quietedBy",
       p.event_loop_delay_ms::float8 AS "eventLoopDelayMs", p.memory_bytes AS "memoryBytes"
     FROM worker_process p ORDER BY p.started_at, p.id`,
    [staleMs],
  );
  const { rows: clock } = await pool.query<{ asOf: string }>(`SELECT ${isoOf("now()")} AS "asOf"`);
  return { rows, asOf: clock[0]?.asOf ?? "" };
}

export interface HeldJob {
  readonly processId: string;
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly progress: number | null;
}

/** What runs, the longest first: through pg-boss's index `job_i14`, which has the active jobs together. */
export async function listHeld(pool: Pool): Promise<HeldJob[]> {
  const { rows } = await pool.query<HeldJob>(
    `SELECT a.process_id AS "processId", j.id, j.group_id AS name, j.name AS queue, a.number AS attempt,
       ${isoOf("j.started_on")} AS "startedAt", a.progress::float8 AS progress
     FROM pgboss.queue q
     JOIN pgboss.job j ON j.name = q.name AND j.state = 'active'
     JOIN job_attempt a ON a.job_id = j.id AND a.number = j.retry_count + 1 AND a.started_at = j.started_on
     ORDER BY j.started_on, j.id LIMIT 5000`,
  );
  return rows;
}

/**
 * Queues with jobs that are due and no process to run them: none that is up has slots for it, or all of those are quiet. A paused queue
 * is not among them.
 */
export async function listUnserved(pool: Pool, staleMs: number): Promise<Output["unserved"]> {
  const { rows } = await pool.query<{ queue: string; ready: number }>(
    `SELECT q.name AS queue, c.ready FROM pgboss.queue q
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS ready FROM (
         SELECT FROM pgboss.job j WHERE j.name = q.name AND j.state < 'active' AND NOT j.blocked AND j.start_after <= now()
         LIMIT ${READY_CAP + 1}) due) c
     WHERE c.ready > 0
       AND NOT EXISTS (SELECT FROM worker_process p WHERE ${SEEN} AND p.quieted_at IS NULL AND p.slots ? q.name)
       AND NOT EXISTS (SELECT FROM queue_state s WHERE s.name = q.name AND s.paused_at IS NOT NULL)
     ORDER BY q.name`,
    [staleMs],
  );
  return rows.map(({ queue, ready }) => ({ queue, ready: Math.min(ready, READY_CAP), isCapped: ready > READY_CAP }));
}

/** How many of the waiting jobs of a queue are looked at for their names. */
const NAMES_SCAN = 20_000;

/** Names that wait and that no process seen lately defines. A queue nobody serves has none here: that is the news then. */
export async function listUndefined(pool: Pool, staleMs: number): Promise<Output["undefinedNames"]> {
  const { rows } = await pool.query<{ name: string; queue: string; waiting: number; isCut: boolean }>(
    `SELECT w.name, q.name AS queue, w.waiting, w.is_cut AS "isCut" FROM pgboss.queue q
     CROSS JOIN LATERAL (
       SELECT s.name, count(*)::int AS waiting, sum(count(*)) OVER () >= ${NAMES_SCAN} AS is_cut FROM (
         SELECT j.group_id AS name FROM pgboss.job j
         WHERE j.name = q.name AND j.state < 'active' AND NOT j.blocked LIMIT ${NAMES_SCAN}) s
       GROUP BY s.name) w
     WHERE w.name IS NOT NULL
       AND EXISTS (SELECT FROM worker_process p WHERE ${SEEN} AND p.slots ? q.name)
       AND NOT EXISTS (SELECT FROM worker_process p WHERE ${SEEN} AND p.names ? w.name)
     ORDER BY w.name`,
    [staleMs],
  );
  return rows.map(({ name, queue, waiting, isCut }) => ({
    name,
    queue,
    waiting: Math.min(waiting, READY_CAP),
    isCapped: isCut || waiting > READY_CAP,
  }));
}

/** Answers whether it was quiet before; undefined for an unknown process. A second act keeps the first one's time and name. */
export async function setQuiet(
  pool: Pool,
  id: string,
  change: { readonly isQuiet: boolean; readonly by: string | null },
): Promise<{ readonly wasQuiet: boolean; readonly queues: string[] } | undefined> {
  const { rows } = await pool.query<{ wasQuiet: boolean; queues: string[] }>(
    `WITH found AS (SELECT id, quieted_at, slots FROM worker_process WHERE id = $1 FOR UPDATE),
     changed AS (
       UPDATE worker_process p
       SET quieted_at = CASE WHEN $2 THEN coalesce(p.quieted_at, now()) END,
           quieted_by = CASE WHEN NOT $2 THEN NULL WHEN p.quieted_at IS NULL THEN $3 ELSE p.quieted_by END
       FROM found f WHERE p.id = f.id)
     SELECT f.quieted_at IS NOT NULL AS "wasQuiet", array(SELECT jsonb_object_keys(f.slots)) AS queues FROM found f`,
    [id, change.isQuiet, change.by],
  );
  return rows[0];
}
