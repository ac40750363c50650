import type { Pool } from "pg";
import { inTransaction } from "../../platform/sql.ts";
import type { QueueSettings } from "../queue.schema.ts";
import { clearDocuments } from "../search/search.store.ts";
import { UNAWAITED } from "./claims.store.ts";

/** The processes that run jobs, and what operators decided about queues. */

export interface WorkerProcess {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly role: string;
  readonly slots: Readonly<Record<string, number>>;
  /** Of the jobs that it defines. */
  readonly names: readonly string[];
}

export interface ProcessFigures {
  readonly eventLoopDelayMs: number | null;
  readonly memoryBytes: number;
}

/** One row, one statement: also for a process whose row was cleared away while it was frozen. */
export async function recordProcess(pool: Pool, process: WorkerProcess, figures: ProcessFigures): Promise<void> {
  const { id, host, pid, version, role, slots, names } = process;
  await pool.query(
    `INSERT INTO worker_process (id, host, pid, version, role, slots, names, event_loop_delay_ms, memory_bytes)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (id) DO UPDATE
     SET seen_at = now(), slots = excluded.slots, event_loop_delay_ms = excluded.event_loop_delay_ms, memory_bytes = excluded.memory_bytes
     RETURNING ${UNAWAITED}`,
    [
      id,
      host,
      pid,
      version,
      role,
      JSON.stringify(slots),
      JSON.stringify(names),
      figures.eventLoopDelayMs,
      figures.memoryBytes,
    ],
  );
}

export async function forgetProcess(pool: Pool, id: string): Promise<void> {
  await pool.query("DELETE FROM worker_process WHERE id = $1", [id]);
}

/** Removes what is left of processes that died a day ago, and attempts and events whose job pg-boss has deleted. */
export async function clearRemains(pool: Pool): Promise<void> {
  await pool.query("DELETE FROM worker_process WHERE seen_at < now() - interval '1 day'");
  await pool.query(
    `DELETE FROM job_attempt a
     WHERE a.started_at < now() - interval '7 days' AND NOT EXISTS (
       SELECT 1 FROM pgboss.job j WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = a.job_id)`,
  );
  await pool.query(
    `DELETE FROM job_event e
     WHERE e.at < now() - interval '7 days' AND NOT EXISTS (
       SELECT 1 FROM pgboss.job j WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = e.job_id)`,
  );
  await clearDocuments(pool);
}

/** Slots per queue over all processes that were seen within `staleMs` and are not quiet, and how many those are. */
export async function sumSlots(
  pool: Pool,
  staleMs: number,
): Promise<Map<string, { readonly slots: number; readonly processes: number }>> {
  const { rows } = await pool.query<{ queue: string; slots: number; processes: number }>(
    `SELECT s.key AS queue, sum(s.value::int)::int AS slots, count(*)::int AS processes
     FROM worker_process p, jsonb_each_text(p.slots) s
     WHERE p.quieted_at IS NULL AND p.seen_at > now() - $1 * interval '1 millisecond' GROUP BY s.key`,
    [staleMs],
  );
  return new Map(rows.map(({ queue, ...sums }) => [queue, sums]));
}

export interface QueueStateRow extends QueueSettings {
  readonly name: string;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
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

const SETTING_COLUMNS = `slots, global_concurrency AS "globalConcurrency", key_concurrency AS "keyConcurrency",
  CASE WHEN rate_limit IS NOT NULL THEN json_build_object('limit', rate_limit, 'perMs', rate_per_ms) END AS "rateLimit"`;

export const NO_SETTINGS: QueueSettings = {
  slots: null,
  globalConcurrency: null,
  keyConcurrency: null,
  rateLimit: null,
};

type QueueSettingsChange = { readonly [Name in keyof QueueSettings]?: QueueSettings[Name] | undefined };

/** In one transaction: what is noted as before is what this change replaced. */
export function configureQueue(
  pool: Pool,
  name: string,
  change: QueueSettingsChange,
): Promise<{ readonly before: QueueSettings; readonly after: QueueSettings }> {
  return inTransaction(pool, async (sql) => {
    await sql.query("INSERT INTO queue_state (name) VALUES ($1) ON CONFLICT DO NOTHING", [name]);
    const { rows } = await sql.query<QueueSettings>(
      `SELECT ${SETTING_COLUMNS} FROM queue_state WHERE name = $1 FOR UPDATE`,
      [name],
    );
    const before = rows[0] ?? NO_SETTINGS;
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const after: QueueSettings = { ...before, ...given };
    await sql.query(
      `UPDATE queue_state SET slots = $2, global_concurrency = $3, key_concurrency = $4, rate_limit = $5, rate_per_ms = $6
       WHERE name = $1`,
      [
        name,
        after.slots,
        after.globalConcurrency,
        after.keyConcurrency,
        after.rateLimit?.limit ?? null,
        after.rateLimit?.perMs ?? null,
      ],
    );
    return { before, after };
  });
}

/** What operators decided, by queue. */
export async function listQueueStates(pool: Pool): Promise<Map<string, QueueStateRow>> {
  const { rows } = await pool.query<QueueStateRow>(
    `SELECT name, paused_at AS "pausedAt", paused_by AS "pausedBy", ${SETTING_COLUMNS} FROM queue_state`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

export async function queueExists(pool: Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query("SELECT 1 FROM pgboss.queue WHERE name = $1", [name]);
  return rowCount === 1;
}
