import { isoOf, type Sql } from "../../platform/sql.ts";
import type { JobFilterInput } from "../queue.schema.ts";
import { UNDO_MS, type BulkAct, type BulkState, type bulkItemStates } from "./bulk.schema.ts";
import { STATE_CONDITIONS } from "../store/job-row.ts";

export interface BulkRow {
  readonly id: string;
  readonly act: BulkAct;
  readonly filter: JobFilterInput | null;
  readonly asOf: string;
  readonly state: BulkState;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly undone: number;
  readonly perSecond: number | null;
  readonly rate: number | null;
  readonly stages: readonly number[];
  readonly stage: number;
  readonly stageDoneAt: string | null;
  readonly reason: string | null;
  readonly problem: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  /** While it goes on: from now. */
  readonly undoUntil: string | null;
  readonly jobId: string | null;
}

const GOES_ON = "b.state IN ('running', 'paused')";

const COLUMNS = `b.id, b.act, b.filter, ${isoOf("b.as_of")} AS "asOf", b.state, b.total, b.done, b.failed, b.undone,
  b.per_second AS "perSecond", b.rate, coalesce(b.stages, '{}') AS stages, b.stage, ${isoOf("b.stage_done_at")} AS "stageDoneAt", b.reason,
  b.problem, b.created_by AS "createdBy", ${isoOf("b.created_at")} AS "createdAt", ${isoOf("b.finished_at")} AS "finishedAt",
  CASE WHEN ${GOES_ON} THEN ${isoOf(`(now() + interval '${UNDO_MS} milliseconds')`)}
    WHEN b.state NOT IN ('undoing', 'undone') AND b.undo_until > now() THEN ${isoOf("b.undo_until")} END AS "undoUntil",
  b.job_id AS "jobId"`;

export interface NewBulk {
  readonly id: string;
  readonly act: BulkAct;
  readonly filter: JobFilterInput | null;
  readonly asOf: string;
  readonly total: number;
  readonly perSecond: number | null;
  readonly stages: readonly number[];
  readonly reason: string | null;
  readonly createdBy: string;
  readonly createdById: string | null;
}

export async function insertBulk(sql: Sql, bulk: NewBulk): Promise<void> {
  await sql.query(
    `INSERT INTO bulk_action (id, act, filter, as_of, state, total, per_second, stages, reason, created_by, created_by_id)
     VALUES ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9, $10)`,
    [
      bulk.id,
      bulk.act,
      bulk.filter === null ? null : JSON.stringify(bulk.filter),
      bulk.asOf,
      bulk.total,
      bulk.perSecond,
      bulk.stages,
      bulk.reason,
      bulk.createdBy,
      bulk.createdById,
    ],
  );
}

export async function selectBulk(sql: Sql, id: string): Promise<BulkRow | undefined> {
  const { rows } = await sql.query<BulkRow>(`SELECT ${COLUMNS} FROM bulk_action b WHERE b.id = $1`, [id]);
  return rows[0];
}

/** Held until the end of the transaction: whoever changes the act waits for the chunk in hand, and the next chunk sees the change. */
export async function lockBulk(sql: Sql, id: string): Promise<BulkRow | undefined> {
  const { rows } = await sql.query<BulkRow>(`SELECT ${COLUMNS} FROM bulk_action b WHERE b.id = $1 FOR UPDATE`, [id]);
  return rows[0];
}

export interface BulkQuery {
  readonly states: readonly BulkState[] | undefined;
  readonly after: readonly [createdAt: string, id: string] | undefined;
  readonly limit: number;
}

export async function selectBulks(sql: Sql, { states, after, limit }: BulkQuery): Promise<BulkRow[]> {
  const { rows } = await sql.query<BulkRow>(
    `SELECT ${COLUMNS} FROM bulk_action b
     WHERE ($1::text[] IS NULL OR b.state = ANY ($1)) AND ($2::timestamptz IS NULL OR (b.created_at, b.id) < ($2, $3::uuid))
     ORDER BY b.created_at DESC, b.id DESC LIMIT $4`,
    [states ?? null, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
  return rows;
}

export async function setBulkJob(sql: Sql, id: string, jobId: string | null): Promise<void> {
  await sql.query("UPDATE bulk_action SET job_id = $2 WHERE id = $1", [id, jobId]);
}

/** An end opens the time for an undo, unless it is the end of one. */
export async function setBulkState(
  sql: Sql,
  id: string,
  state: BulkState,
  problem: string | null = null,
): Promise<void> {
  await sql.query(
    `UPDATE bulk_action SET state = $2, problem = $3, rate = NULL,
       finished_at = CASE WHEN $2 IN ('done', 'aborted', 'stopped', 'failed', 'undone') THEN now() END,
       undo_until = CASE WHEN $2 IN ('done', 'aborted', 'stopped', 'failed', 'undoing') THEN now() + interval '${UNDO_MS} milliseconds'
         WHEN $2 = 'undone' THEN now() END
     WHERE id = $1`,
    [id, state, problem],
  );
}

export async function addProgress(
  sql: Sql,
  id: string,
  counts: { readonly done?: number; readonly failed?: number; readonly undone?: number; readonly rate: number | null },
): Promise<void> {
  await sql.query(
    "UPDATE bulk_action SET done = done + $2, failed = failed + $3, undone = undone + $4, rate = $5 WHERE id = $1",
    [id, counts.done ?? 0, counts.failed ?? 0, counts.undone ?? 0, counts.rate],
  );
}

export async function markStageDone(sql: Sql, id: string): Promise<void> {
  await sql.query("UPDATE bulk_action SET stage_done_at = now(), rate = NULL WHERE id = $1", [id]);
}

export async function beginStage(sql: Sql, id: string, stage: number): Promise<void> {
  await sql.query("UPDATE bulk_action SET stage = $2, stage_done_at = NULL WHERE id = $1", [id, stage]);
}

export interface StageOutcome {
  readonly succeeded: number;
  readonly failedAgain: number;
  readonly waiting: number;
  /** Since all of them were retried. */
  readonly waitedMs: number | null;
}

/** More are not looked at one by one for a figure on a page. */
const OUTCOMES_MAX = 100_000;

/** What has become of the jobs of a stage that were retried. One that was cancelled or deleted since is neither of the two. */
export async function readStage(sql: Sql, id: string, from: number, below: number): Promise<StageOutcome> {
  const { rows } = await sql.query<StageOutcome>(
    `SELECT count(*) FILTER (WHERE j.state = 'completed')::int AS succeeded,
       count(*) FILTER (WHERE j.state = 'failed')::int AS "failedAgain",
       count(*) FILTER (WHERE j.state < 'completed')::int AS waiting,
       (SELECT extract(epoch FROM now() - stage_done_at) * 1000 FROM bulk_action WHERE id = $1)::float8 AS "waitedMs"
     FROM bulk_item i LEFT JOIN pgboss.job j ON j.name = i.queue AND j.id = i.job_id
     WHERE i.bulk_id = $1 AND i.ordinal >= $2 AND i.ordinal < least($3::int, $2::int + ${OUTCOMES_MAX}) AND i.state = 'done'`,
    [id, from, below],
  );
  return rows[0] ?? { succeeded: 0, failedAgain: 0, waiting: 0, waitedMs: null };
}

export interface BulkItemRow {
  readonly ordinal: number;
  readonly jobId: string;
  readonly name: string;
  readonly state: (typeof bulkItemStates)[number];
  readonly problem: string | null;
  readonly jobState: keyof typeof STATE_CONDITIONS | null;
}

export async function selectItems(
  sql: Sql,
  query: { readonly id: string; readonly state: string | undefined; readonly after: number; readonly limit: number },
): Promise<BulkItemRow[]> {
  const cases = Object.entries(STATE_CONDITIONS).map(([state, condition]) => `WHEN ${condition} THEN '${state}'`);
  const { rows } = await sql.query<BulkItemRow>(
    `SELECT i.ordinal, i.job_id AS "jobId", i.name, i.state, i.problem, CASE ${cases.join(" ")} END AS "jobState"
     FROM (SELECT * FROM bulk_item WHERE bulk_id = $1 AND ($2::text IS NULL OR state = $2) AND ordinal > $3
       ORDER BY ordinal LIMIT $4) i
     LEFT JOIN pgboss.job j ON j.name = i.queue AND j.id = i.job_id
     ORDER BY i.ordinal`,
    [query.id, query.state ?? null, query.after, query.limit],
  );
  return rows;
}

/** Acts at work, with the state of the job that works on them; null for one that is gone. */
export async function selectAtWork(
  sql: Sql,
): Promise<{ readonly id: string; readonly jobId: string | null; readonly jobState: string | null }[]> {
  const { rows } = await sql.query<{ id: string; jobId: string | null; jobState: string | null }>(
    `SELECT b.id, b.job_id AS "jobId",
       (SELECT j.state::text FROM pgboss.job j WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = b.job_id) AS "jobState"
     FROM bulk_action b WHERE b.state IN ('running', 'undoing')`,
  );
  return rows;
}

/** What an undo would need goes with the time for it. One step; answers whether there may be more. */
export async function dropBefores(sql: Sql, limit: number): Promise<boolean> {
  const { rows } = await sql.query<{ id: string }>(
    "SELECT id FROM bulk_action b WHERE b.undo_until < now() AND b.state NOT IN ('running', 'paused', 'undoing') LIMIT 1",
  );
  const id = rows[0]?.id;
  if (id === undefined) return false;
  const { rowCount } = await sql.query(
    `UPDATE bulk_item SET before = NULL WHERE bulk_id = $1 AND ordinal IN (
       SELECT ordinal FROM bulk_item WHERE bulk_id = $1 AND before IS NOT NULL LIMIT $2)`,
    [id, limit],
  );
  if ((rowCount ?? 0) < limit) await sql.query("UPDATE bulk_action SET undo_until = NULL WHERE id = $1", [id]);
  return true;
}

/** The lists of acts that ended a week ago. Answers how many lines went. */
export async function deleteOldItems(sql: Sql, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `DELETE FROM bulk_item WHERE ctid = ANY (ARRAY(
       SELECT i.ctid FROM bulk_item i JOIN bulk_action b ON b.id = i.bulk_id
       WHERE b.finished_at < now() - interval '7 days' LIMIT $1))`,
    [limit],
  );
  return rowCount ?? 0;
}
