import type { Pool, PoolClient } from "pg";
import type { JobFilter } from "../engine.ts";
import { jobStates, type JobState, type JobSummary } from "../queue.schema.ts";
import { inTransaction } from "../../platform/sql.ts";
import { createValues, toConditions, toDocumentPath, type Bind } from "../search/conditions.ts";
import { findJobs, toAdvice } from "../search/find-jobs.ts";
import { searchTooBroad } from "../search/search.errors.ts";
import { STATE_CONDITIONS, SUMMARY_COLUMNS, toSummary, type SummaryRow } from "../store/job-row.ts";

/** The jobs that an act is about: those of a filter, or a list. */
export type Target = { readonly filter: JobFilter } | { readonly ids: readonly string[] };

const QUERY_CANCELED = "57014";
const COUNT_TIMEOUT_MS = 10_000;
export const FREEZE_TIMEOUT_MS = 60_000;
const SAMPLE = 5;

/** Exact, by state. Raises `SEARCH_TOO_BROAD`. */
export async function countTarget(pool: Pool, target: Target): Promise<Partial<Record<JobState, number>>> {
  return refuseSlow(target, () =>
    inLimited(pool, COUNT_TIMEOUT_MS, async (sql) => {
      const { values, bind } = createValues();
      const state = jobStates.map((one) => `WHEN ${STATE_CONDITIONS[one]} THEN '${one}'`).join(" ");
      const { rows } = await sql.query<{ state: JobState; count: number }>(
        `SELECT CASE ${state} END AS state, count(*)::int AS count FROM ${await toRows(sql, target, bind)} GROUP BY 1`,
        values,
      );
      return Object.fromEntries(rows.map((row) => [row.state, row.count]));
    }),
  );
}

/** Five of them, newest first. */
export async function sampleTarget(pool: Pool, target: Target, states: readonly JobState[]): Promise<JobSummary[]> {
  if ("filter" in target) {
    const filter = { ...target.filter, states: onlyThose(states, target.filter.states) };
    if (filter.states.length === 0) return [];
    return findJobs(pool, filter, { limit: SAMPLE, afterId: undefined }, { timeoutMs: COUNT_TIMEOUT_MS });
  }
  const { values, bind } = createValues();
  const { rows } = await pool.query<SummaryRow>(
    `SELECT ${SUMMARY_COLUMNS} FROM pgboss.job j
     WHERE ${toIdConditions(target.ids, bind)} AND ${toStateCondition(states)} ORDER BY j.id DESC LIMIT ${bind(SAMPLE)}`,
    values,
  );
  return rows.map(toSummary);
}

/** Writes down which jobs they are, oldest first: those that the act is for, at most `limit`. Answers how many. */
export async function freezeTarget(
  sql: PoolClient,
  bulkId: string,
  target: Target,
  states: readonly JobState[],
  limit: number,
): Promise<number> {
  return refuseSlow(target, async () => {
    const { values, bind } = createValues();
    const { rowCount } = await sql.query(
      `INSERT INTO bulk_item (bulk_id, ordinal, job_id, queue, name)
       SELECT ${bind(bulkId)}::uuid, row_number() OVER (ORDER BY f.id) - 1, f.id, f.queue, f.name
       FROM (SELECT j.id, j.name AS queue, j.group_id AS name FROM ${await toRows(sql, target, bind, states)} LIMIT ${bind(limit)}) f`,
      values,
    );
    return rowCount ?? 0;
  });
}

/** `… j WHERE …` of a target. */
async function toRows(sql: PoolClient, target: Target, bind: Bind, states?: readonly JobState[]): Promise<string> {
  const ofStates = states === undefined ? [] : [toStateCondition(states)];
  if ("ids" in target) return `pgboss.job j WHERE ${[toIdConditions(target.ids, bind), ...ofStates].join(" AND ")}`;
  const { filter } = target;
  const conditions = [...toConditions(filter, bind), ...ofStates];
  const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  // Of a name alone the planner knows how many jobs have it.
  const path = toDocumentPath({ ...filter, name: undefined });
  if (path === undefined || filter.fingerprint !== undefined) return `pgboss.job j ${where}`;
  const { rows } = await sql.query<{ mark: string }>("SELECT up_to AS mark FROM job_search_mark WHERE id = 1");
  const mark = rows[0]?.mark;
  if (mark === undefined) return `pgboss.job j ${where}`;
  const found = bind(path);
  const upTo = bind(mark);
  // OFFSET 0: found first, whatever the planner believes of how many there are.
  return `(
    SELECT x.* FROM (
      SELECT s.job_id, s.doc->>'queue' AS queue FROM job_search s
      WHERE s.doc @@ ${found}::jsonpath AND s.job_id <= ${upTo}::uuid OFFSET 0) h
    JOIN pgboss.job x ON x.name = h.queue AND x.id = h.job_id
    UNION ALL
    SELECT x.* FROM pgboss.job x WHERE x.name IN (SELECT name FROM pgboss.queue) AND x.id > ${upTo}::uuid
  ) j ${where}`;
}

function toIdConditions(ids: readonly string[], bind: Bind): string {
  return `j.name IN (SELECT name FROM pgboss.queue) AND j.id = ANY (${bind(ids)}::uuid[])`;
}

function toStateCondition(states: readonly JobState[]): string {
  return `(${states.map((state) => STATE_CONDITIONS[state]).join(" OR ")})`;
}

function onlyThose(states: readonly JobState[], asked: readonly JobState[] | undefined): readonly JobState[] {
  return asked === undefined ? states : states.filter((state) => asked.includes(state));
}

async function refuseSlow<Result>(target: Target, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: unknown }).code !== QUERY_CANCELED) throw error;
    throw searchTooBroad(toAdvice("filter" in target ? target.filter : {}));
  }
}

/** A transaction whose statements end after so long. */
export function inLimited<Result>(
  pool: Pool,
  timeoutMs: number,
  work: (sql: PoolClient) => Promise<Result>,
): Promise<Result> {
  return inTransaction(
    pool,
    work,
    `BEGIN; SET LOCAL statement_timeout = ${Math.trunc(timeoutMs)}; SET LOCAL jit = off`,
  );
}
