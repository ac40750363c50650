import type { Pool } from "pg";
import type { JobOutcome, QueueCounts, StoredJob } from "../engine.ts";
import { jobStates } from "../queue.schema.ts";
import { STATE_CONDITIONS, SUMMARY_COLUMNS, toOutcome, toStoredJob, type DetailRow } from "./job-row.ts";

/** pg-boss's key is (queue, id), and an id alone does not say its queue: each of the few queues is probed. */
export const OF_ID = "j.name IN (SELECT name FROM pgboss.queue) AND j.id = $1";

export async function findJob(pool: Pool, id: string): Promise<StoredJob | undefined> {
  const { rows } = await pool.query<DetailRow>(
    `SELECT ${SUMMARY_COLUMNS}, j.data, j.output, j.singleton_key,
       (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) FROM job_event e WHERE e.job_id = j.id) AS events,
       (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.id) FROM (
          SELECT k.id, k.group_id AS name, k.state::text AS state, k.start_after > now() AS is_ahead FROM pgboss.job k
          WHERE k.data ? 'parentId' AND k.data->>'parentId' = j.id::text ORDER BY k.id LIMIT 20) c) AS children,
       (SELECT jsonb_agg(to_jsonb(a) || jsonb_build_object(
           'duration_ms', extract(epoch FROM a.finished_at - a.started_at) * 1000) ORDER BY a.number)
        FROM job_attempt a WHERE a.job_id = j.id) AS attempt_log
     FROM pgboss.job j
     WHERE ${OF_ID}`,
    [id],
  );
  return rows[0] && toStoredJob(rows[0]);
}

export async function findOutcome(pool: Pool, id: string): Promise<JobOutcome | undefined> {
  const { rows } = await pool.query<Pick<DetailRow, "name" | "state" | "is_ahead" | "output">>(
    `SELECT j.group_id AS name, j.state::text AS state, j.start_after > now() AS is_ahead, j.output FROM pgboss.job j WHERE ${OF_ID}`,
    [id],
  );
  return rows[0] && toOutcome(rows[0].name, rows[0].state, rows[0].is_ahead, rows[0].output);
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
