import type { Pool } from "pg";
import { createConditions, isoOf } from "../../platform/sql.ts";
import type { ErrorGroup } from "./errors.schema.ts";

/** More jobs of a group are not counted. */
const JOBS_CAP = 10_000;
const TREND_MINUTES = 60;

export interface GroupFilter {
  readonly fingerprint?: string | undefined;
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly text?: string | undefined;
  readonly includeResolved: boolean;
}

export type GroupOrder =
  | {
      readonly by: "lastSeen";
      readonly after: { readonly lastSeenAt: string; readonly fingerprint: string } | undefined;
    }
  | { readonly by: "jobs"; readonly after: { readonly jobs: number; readonly fingerprint: string } | undefined };

interface GroupRow extends Omit<ErrorGroup, "trend" | "isCapped" | "attempts"> {
  readonly attempts: string;
  readonly jobs: number;
}

export type FoundGroup = ErrorGroup & { readonly jobs: number };

/**
 * The jobs of a group are counted through the index on their fingerprint, newest first and up to the cap; a group without any costs one
 * probe. By last failure the index of the groups gives the order and the statement stops at the limit. By jobs all groups are
 * counted: there are as many as the code has ways to fail.
 */
export async function listGroups(
  pool: Pool,
  filter: GroupFilter,
  order: GroupOrder,
  limit: number,
): Promise<FoundGroup[]> {
  const { values, bind, add, where } = createConditions();
  const { fingerprint, queue, name, text, includeResolved } = filter;
  if (fingerprint !== undefined) add(`g.fingerprint = ${bind(fingerprint)}`);
  if (queue !== undefined) add(`g.queue = ${bind(queue)}`);
  if (name !== undefined) add(`g.name = ${bind(name)}`);
  if (text !== undefined) add(`position(lower(${bind(text)}) IN lower(g.error_name || ': ' || g.message)) > 0`);
  if (!includeResolved) add("c.jobs > 0");
  if (order.by === "jobs" && order.after) {
    const jobs = bind(order.after.jobs);
    add(`(c.jobs < ${jobs} OR (c.jobs = ${jobs} AND g.fingerprint > ${bind(order.after.fingerprint)}))`);
  } else if (order.by === "lastSeen" && order.after) {
    const at = `${bind(order.after.lastSeenAt)}::timestamptz`;
    // The first half alone lets the index begin there.
    add(`g.last_seen_at <= ${at}`);
    add(`(g.last_seen_at < ${at} OR g.fingerprint > ${bind(order.after.fingerprint)})`);
  }
  const { rows } = await pool.query<GroupRow>(
    `SELECT g.fingerprint, g.name, g.queue, g.error_name AS "errorName", g.message, g.place,
       ${isoOf("g.first_seen_at")} AS "firstSeenAt", ${isoOf("g.last_seen_at")} AS "lastSeenAt",
       g.attempts, g.last_job_id AS "lastJobId", g.versions, c.jobs, c.discarded, c.retryable
     FROM job_error_group g
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS jobs, (count(*) FILTER (WHERE n.state = 'failed'))::int AS discarded,
         (count(*) FILTER (WHERE n.state = 'retry'))::int AS retryable
       FROM (
         SELECT j.state FROM pgboss.job j
         WHERE j.state IN ('retry', 'failed') AND j.output->>'fingerprint' = g.fingerprint
         LIMIT ${JOBS_CAP + 1}) n
     ) c
     ${where()}
     ORDER BY ${order.by === "jobs" ? "c.jobs DESC" : "g.last_seen_at DESC"}, g.fingerprint
     LIMIT ${bind(limit)}`,
    values,
  );
  const trends = await readTrends(
    pool,
    rows.map((row) => row.fingerprint),
  );
  return rows.map((row) => ({
    ...row,
    attempts: Number(row.attempts),
    discarded: Math.min(row.discarded, JOBS_CAP),
    retryable: Math.min(row.retryable, JOBS_CAP),
    isCapped: row.jobs > JOBS_CAP,
    trend: trends.get(row.fingerprint) ?? noTrend(),
  }));
}

const noTrend = (): number[] => Array.from({ length: TREND_MINUTES }, () => 0);

/** The running minute is the last of the sixty. */
async function readTrends(pool: Pool, fingerprints: readonly string[]): Promise<Map<string, number[]>> {
  const { rows } = await pool.query<{ fingerprint: string; ago: number; attempts: number }>(
    `SELECT fingerprint, attempts, (extract(epoch FROM date_trunc('minute', now()) - minute) / 60)::int AS ago
     FROM job_error_minute
     WHERE fingerprint = ANY ($1::text[]) AND minute > date_trunc('minute', now()) - $2 * interval '1 minute'`,
    [fingerprints, TREND_MINUTES],
  );
  const trends = new Map<string, number[]>();
  for (const { fingerprint, ago, attempts } of rows) {
    const trend = trends.get(fingerprint) ?? noTrend();
    // The clock may have been set back since: such a minute counts as the running one.
    trend[TREND_MINUTES - 1 - Math.max(0, ago)] = attempts;
    trends.set(fingerprint, trend);
  }
  return trends;
}
