import type { Pool } from "pg";

/** How fast jobs went lately, from the counts that all processes keep: the running minute and the whole ones before it. */

const MINUTES = 5;
const RECENT = `minute > date_trunc('minute', now()) - ${MINUTES} * interval '1 minute'`;

export interface QueuePace {
  readonly queue: string;
  /** Over the minutes since the first of them that had anything. */
  readonly enqueuedPerSecond: number;
  readonly finishedPerSecond: number;
  readonly failedPerSecond: number;
  /** Jobs that ended, over the minutes in which any did; and in the slowest and the fastest of those. */
  readonly perSecond: number;
  readonly slowest: number | null;
  readonly fastest: number | null;
  /** Of an attempt. */
  readonly averageMs: number;
}

/** A minute that has just begun says little about speed. */
const TELLING_SECONDS = 5;

export async function listPaces(pool: Pool): Promise<Map<string, QueuePace>> {
  const { rows } = await pool.query<QueuePace>(
    `SELECT queue, (sum(enqueued) / max(age))::float8 AS "enqueuedPerSecond", (sum(finished) / max(age))::float8 AS "finishedPerSecond",
       (sum(failed) / max(age))::float8 AS "failedPerSecond",
       coalesce(sum(finished) / nullif(sum(length) FILTER (WHERE finished > 0), 0), 0)::float8 AS "perSecond",
       (min(finished / length) FILTER (WHERE finished > 0 AND length >= ${TELLING_SECONDS}))::float8 AS slowest,
       (max(finished / length) FILTER (WHERE finished > 0 AND length >= ${TELLING_SECONDS}))::float8 AS fastest,
       coalesce(sum(duration_ms) / nullif(sum(attempts), 0), 0)::float8 AS "averageMs"
     FROM (
       SELECT queue, minute, greatest(1, extract(epoch FROM now() - minute)) AS age,
         least(60, greatest(1, extract(epoch FROM now() - minute))) AS length,
         sum(enqueued) AS enqueued, sum(completed + discarded) AS finished, sum(failed) AS failed,
         sum(completed + failed) AS attempts, sum(duration_ms) AS duration_ms
       FROM job_rollup WHERE ${RECENT} GROUP BY queue, minute) m
     GROUP BY queue`,
  );
  return new Map(rows.map((row) => [row.queue, row]));
}

/** Milliseconds that an attempt takes on average, by the job's name. */
export async function listDurations(pool: Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ name: string; averageMs: number }>(
    `SELECT name, (sum(duration_ms) / sum(completed + failed))::float8 AS "averageMs"
     FROM job_rollup WHERE minute > now() - interval '1 day' GROUP BY name HAVING sum(completed + failed) > 0`,
  );
  return new Map(rows.map(({ name, averageMs }) => [name, averageMs]));
}

/** Due jobs by queue, as pg-boss last counted them, within half a minute: for those that are too many to count at each look. */
export async function listReadyEstimates(pool: Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ name: string; ready: number }>(
    "SELECT name, ready_count AS ready FROM pgboss.queue",
  );
  return new Map(rows.map(({ name, ready }) => [name, ready]));
}
