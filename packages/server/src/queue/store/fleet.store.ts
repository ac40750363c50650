import type { Pool } from "pg";
import { UNAWAITED } from "./claims.store.ts";

/** The processes that run jobs, and what operators decided about queues. */

export interface WorkerProcess {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly role: string;
  readonly slots: Readonly<Record<string, number>>;
}

/** One row, one statement: also for a process whose row was cleared away while it was frozen. */
export async function recordProcess(pool: Pool, { id, host, pid, version, role, slots }: WorkerProcess): Promise<void> {
  await pool.query(
    `INSERT INTO worker_process (id, host, pid, version, role, slots) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET seen_at = now()
     RETURNING ${UNAWAITED}`,
    [id, host, pid, version, role, JSON.stringify(slots)],
  );
}

export async function forgetProcess(pool: Pool, id: string): Promise<void> {
  await pool.query("DELETE FROM worker_process WHERE id = $1", [id]);
}

/** Removes what is left of processes that died a day ago, and attempts whose job pg-boss has deleted. */
export async function clearRemains(pool: Pool): Promise<void> {
  await pool.query("DELETE FROM worker_process WHERE seen_at < now() - interval '1 day'");
  await pool.query(
    `DELETE FROM job_attempt a
     WHERE a.started_at < now() - interval '7 days' AND NOT EXISTS (
       SELECT 1 FROM pgboss.job j WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = a.job_id)`,
  );
}

/** Slots per queue over all processes seen within `staleMs`. */
export async function sumSlots(pool: Pool, staleMs: number): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ queue: string; total: number }>(
    `SELECT s.key AS queue, sum(s.value::int)::int AS total
     FROM worker_process p, jsonb_each_text(p.slots) s
     WHERE p.seen_at > now() - $1 * interval '1 millisecond' GROUP BY s.key`,
    [staleMs],
  );
  return new Map(rows.map(({ queue, total }) => [queue, total]));
}

export interface PausedQueue {
  readonly name: string;
  readonly pausedAt: Date;
  readonly pausedBy: string | null;
}

export async function listPaused(pool: Pool): Promise<PausedQueue[]> {
  const { rows } = await pool.query<PausedQueue>(
    `SELECT name, paused_at AS "pausedAt", paused_by AS "pausedBy" FROM queue_state WHERE paused_at IS NOT NULL`,
  );
  return rows;
}

/** Answers whether the queue was paused before. A second pause keeps the first one's time and name. */
export async function pauseQueue(pool: Pool, name: string, by: string | null): Promise<boolean> {
  const { rows } = await pool.query<{ was_paused: boolean }>(
    `WITH before AS (SELECT paused_at FROM queue_state WHERE name = $1),
     written AS (
       INSERT INTO queue_state AS s (name, paused_at, paused_by) VALUES ($1, now(), $2)
       ON CONFLICT (name) DO UPDATE SET paused_at = now(), paused_by = excluded.paused_by WHERE s.paused_at IS NULL)
     SELECT EXISTS (SELECT 1 FROM before WHERE paused_at IS NOT NULL) AS was_paused`,
    [name, by],
  );
  return rows[0]?.was_paused ?? false;
}

export async function resumeQueue(pool: Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    "UPDATE queue_state SET paused_at = NULL, paused_by = NULL WHERE name = $1 AND paused_at IS NOT NULL",
    [name],
  );
  return rowCount === 1;
}

export async function queueExists(pool: Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query("SELECT 1 FROM pgboss.queue WHERE name = $1", [name]);
  return rowCount === 1;
}
