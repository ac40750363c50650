import type { Pool } from "pg";
import type { JobFilter, JobOutcome, JobPosition, QueueCounts, StoredJob } from "../engine.ts";
import { jobStates, type JobSummary } from "../queue.schema.ts";
import {
  STATE_CONDITIONS,
  SUMMARY_COLUMNS,
  toOutcome,
  toStoredJob,
  toSummary,
  type DetailRow,
  type SummaryRow,
} from "./job-row.ts";

/** pg-boss's key is (queue, id), and an id alone does not say its queue: each of the few queues is probed. */
export const OF_ID = "j.name IN (SELECT name FROM pgboss.queue) AND j.id = $1";

/**
 * By id, for ids are UUIDv7 and so in the order in which the jobs were stored, as far as the clocks of the processes agree: each queue
 * gives its newest through the primary key (queue, id), and the newest of those are the page. By `created_on` a page would sort all
 * jobs of a bulk insert, which share one, or need an index that every insert pays for. A filter that matches little walks its queue;
 * the states that are rare by nature have an index each.
 */
export async function listJobs(pool: Pool, filter: JobFilter, position: JobPosition): Promise<JobSummary[]> {
  const values: unknown[] = [position.limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = ["j.name = q.name"];
  if (filter.states) conditions.push(`(${filter.states.map((state) => STATE_CONDITIONS[state]).join(" OR ")})`);
  if (filter.name !== undefined) conditions.push(`j.group_id = ${bind(filter.name)}`);
  if (filter.id !== undefined) conditions.push(`j.id = ${bind(filter.id)}::uuid`);
  if (filter.errorText !== undefined) {
    // Only these have an error; the condition keeps the search off the completed jobs.
    conditions.push(`j.state IN ('retry', 'failed')`);
    conditions.push(`position(lower(${bind(filter.errorText)}) IN lower(j.output->>'message')) > 0`);
  }
  if (position.afterId !== undefined) conditions.push(`j.id < ${bind(position.afterId)}::uuid`);
  const ofQueue = filter.queue === undefined ? "" : `WHERE name = ${bind(filter.queue)}`;
  const { rows } = await pool.query<SummaryRow>(
    `SELECT ${SUMMARY_COLUMNS}
     FROM (SELECT name FROM pgboss.queue ${ofQueue}) q
     CROSS JOIN LATERAL (
       SELECT * FROM pgboss.job j WHERE ${conditions.join(" AND ")}
       ORDER BY j.id DESC LIMIT $1
     ) j
     ORDER BY j.id DESC LIMIT $1`,
    values,
  );
  return rows.map(toSummary);
}

export async function findJob(pool: Pool, id: string): Promise<StoredJob | undefined> {
  const { rows } = await pool.query<DetailRow>(
    `SELECT ${SUMMARY_COLUMNS}, j.data, j.output, s.paused_at, s.paused_by,
       (SELECT jsonb_agg(to_jsonb(a) || jsonb_build_object(
           'duration_ms', extract(epoch FROM a.finished_at - a.started_at) * 1000) ORDER BY a.number)
        FROM job_attempt a WHERE a.job_id = j.id) AS attempt_log
     FROM pgboss.job j
     LEFT JOIN queue_state s ON s.name = j.name
     WHERE ${OF_ID}`,
    [id],
  );
  return rows[0] && toStoredJob(rows[0]);
}

export async function findOutcome(pool: Pool, id: string): Promise<JobOutcome | undefined> {
  const { rows } = await pool.query<Pick<DetailRow, "state" | "is_ahead" | "output">>(
    `SELECT j.state::text AS state, j.start_after > now() AS is_ahead, j.output FROM pgboss.job j WHERE ${OF_ID}`,
    [id],
  );
  return rows[0] && toOutcome(rows[0].state, rows[0].is_ahead, rows[0].output);
}

interface CountRow extends Record<(typeof jobStates)[number], number> {
  name: string;
  oldest_ready_ms: number | null;
}

/**
 * No plain `count(*)`: each count stops at the cap, so that the statement reads at most queues x 7 x cap index entries, about
 * 10 ms for a queue with 10,000 in every state. Without the conditions on `completed_on` the finished states could not use
 * pg-boss's index on it.
 */
export async function countJobs(pool: Pool, cap: number): Promise<QueueCounts[]> {
  const counted = jobStates.map((state) => {
    const finished = state === "completed" || state === "cancelled" ? " AND j.completed_on IS NOT NULL" : "";
    return `(SELECT count(*)::int FROM (
      SELECT 1 FROM pgboss.job j WHERE j.name = q.name AND ${STATE_CONDITIONS[state]}${finished} LIMIT $1) counted) AS ${state}`;
  });
  const { rows } = await pool.query<CountRow>(
    `SELECT q.name, ${counted.join(", ")},
       (extract(epoch FROM now() - (
         SELECT min(j.start_after) FROM pgboss.job j
         WHERE j.name = q.name AND j.state = 'created' AND NOT j.blocked AND j.start_after <= now())) * 1000)::float8 AS oldest_ready_ms
     FROM pgboss.queue q ORDER BY q.name`,
    [cap],
  );
  return rows.map(({ name, oldest_ready_ms, ...counts }) => ({ name, counts, oldestReadyAgeMs: oldest_ready_ms }));
}
