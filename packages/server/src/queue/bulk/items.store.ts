import type { Sql } from "../../platform/sql.ts";
import { DOCUMENT } from "../search/search.store.ts";
import { AGAIN } from "../store/acts.store.ts";
import { ATTEMPTS_SQL } from "../store/job-row.ts";
import type { BulkAct } from "./bulk.schema.ts";

/**
 * The acts on many jobs at once. Each statement is that of `acts.store.ts` over a list: it locks the jobs, looks at their states, changes
 * those that the act is for and writes down on their items how they were. All in one: a job that was changed has an item that says so.
 */
export interface Item {
  readonly ordinal: number;
  readonly jobId: string;
  readonly queue: string;
}

export interface ItemResult extends Item {
  /** In pg-boss's words; null for a job that is gone, `duplicate` for one whose dedupe key another job has. */
  readonly before: BossState | "duplicate" | null;
  readonly isAhead: boolean;
  readonly isDone: boolean;
  /** Of an undo: the state before the act. */
  readonly was?: BossState | null;
}

export type BossState = "created" | "retry" | "active" | "completed" | "cancelled" | "failed";

const ITEMS = "item AS (SELECT * FROM unnest($2::int[], $3::uuid[], $4::text[]) AS i (ordinal, job_id, queue))";

// The join says so already. But of an act that the statistics do not know yet the planner expects one item, and would compare each of
// its items with each of the chunk's.
const OF_THESE = "b.bulk_id = $1::uuid AND b.ordinal = ANY($2::int[])";

// In the order of ids, so that two acts on the same jobs wait for each other instead of blocking each other.
const FOUND = `found AS MATERIALIZED (
  SELECT i.ordinal, j.name, j.id, j.state, j.start_after, j.start_after > now() AS is_ahead, j.started_on, j.completed_on, j.keep_until,
    j.deletion_seconds, j.retry_limit, j.retry_count + 1 AS number, ${ATTEMPTS_SQL} AS attempts
  FROM item i JOIN pgboss.job j ON j.name = i.queue AND j.id = i.job_id ORDER BY j.id FOR UPDATE OF j)`;

const BEFORE = `jsonb_build_object('state', f.state, 'start_after', f.start_after, 'started_on', f.started_on, 'completed_on', f.completed_on,
  'keep_until', f.keep_until, 'deletion_seconds', f.deletion_seconds, 'retry_limit', f.retry_limit, 'at', now())`;

const noted = (kind: string): string =>
  `noted AS (INSERT INTO job_event (job_id, kind, by, attempt)
     SELECT f.id, '${kind}', 'bulk ' || $1::text, f.attempts FROM found f JOIN changed c ON c.id = f.id)`;

const KEPT = `kept AS (UPDATE bulk_item b SET state = 'done', before = ${BEFORE}
  FROM found f JOIN changed c ON c.id = f.id WHERE ${OF_THESE} AND b.ordinal = f.ordinal)`;

const ANSWER = `SELECT i.ordinal, i.job_id AS "jobId", i.queue, f.state::text AS before, coalesce(f.is_ahead, false) AS "isAhead",
  c.id IS NOT NULL AS "isDone" FROM item i LEFT JOIN found f USING (ordinal) LEFT JOIN changed c ON c.id = f.id`;

const UNDO_ANSWER = ANSWER.replace("SELECT ", "SELECT f.before->>'state' AS was, ");

const ACTS: Readonly<Record<BulkAct, string>> = {
  retry: `WITH ${ITEMS}, ${FOUND}, changed AS (
      UPDATE pgboss.job j SET ${AGAIN} FROM found f
      WHERE j.name = f.name AND j.id = f.id AND f.state IN ('failed', 'cancelled') RETURNING j.id
    ), ${noted("retried")}, ${KEPT} ${ANSWER}`,
  cancel: `WITH ${ITEMS}, ${FOUND}, changed AS (
      UPDATE pgboss.job j SET state = 'cancelled', completed_on = now() FROM found f
      WHERE j.name = f.name AND j.id = f.id AND f.state <= 'active' RETURNING j.id
    ), ended AS (
      UPDATE job_attempt a SET finished_at = now(), outcome = 'cancelled' FROM found f JOIN changed c ON c.id = f.id
      WHERE f.state = 'active' AND a.job_id = f.id AND a.number = f.number
    ), ${noted("cancelled")}, ${KEPT} ${ANSWER}`,
  runNow: `WITH ${ITEMS}, ${FOUND}, changed AS (
      UPDATE pgboss.job j SET state = 'created', start_after = least(j.start_after, now()) FROM found f
      WHERE j.name = f.name AND j.id = f.id AND f.state < 'active' RETURNING j.id
    ), ${noted("ranNow")}, ${KEPT} ${ANSWER}`,
  delete: `WITH ${ITEMS}, ${FOUND}, changed AS (
      DELETE FROM pgboss.job j USING found f
      WHERE j.name = f.name AND j.id = f.id AND f.state <> 'active' RETURNING j.id, to_jsonb(j) AS job
    ), attempts AS (
      DELETE FROM job_attempt a USING changed c WHERE a.job_id = c.id RETURNING a.job_id, to_jsonb(a) AS attempt
    ), events AS (
      DELETE FROM job_event e USING changed c WHERE e.job_id = c.id RETURNING e.job_id, to_jsonb(e) AS event
    ), unfound AS (
      DELETE FROM job_search s USING changed c WHERE s.job_id = c.id
    ), whole AS (
      SELECT c.id, jsonb_build_object('job', c.job, 'attempts', coalesce(a.every, '[]'), 'events', coalesce(e.every, '[]')) AS before
      FROM changed c
      LEFT JOIN (SELECT job_id, jsonb_agg(attempt) AS every FROM attempts GROUP BY job_id) a ON a.job_id = c.id
      LEFT JOIN (SELECT job_id, jsonb_agg(event) AS every FROM events GROUP BY job_id) e ON e.job_id = c.id
    ), kept AS (
      UPDATE bulk_item b SET state = 'done', before = w.before || jsonb_build_object('state', f.state)
      FROM found f JOIN whole w ON w.id = f.id WHERE ${OF_THESE} AND b.ordinal = f.ordinal
    ) ${ANSWER}`,
};

/** Raises what Postgres does for a dedupe key that another job has: then none of it is done. */
export async function actOnItems(
  sql: Sql,
  bulkId: string,
  act: BulkAct,
  items: readonly Item[],
): Promise<ItemResult[]> {
  const { rows } = await sql.query<ItemResult>(ACTS[act], toValues(bulkId, items));
  return rows;
}

function toValues(bulkId: string, items: readonly Item[]): unknown[] {
  return [
    bulkId,
    items.map(({ ordinal }) => ordinal),
    items.map(({ jobId }) => jobId),
    items.map(({ queue }) => queue),
  ];
}

/** As far as an undo is concerned: as the act left it, and not started since. */
const UNDO_FOUND = `found AS MATERIALIZED (
  SELECT i.ordinal, j.name, j.id, j.state, j.start_after, j.start_after > now() AS is_ahead, j.started_on, j.completed_on, b.before,
    (b.before->>'started_on')::timestamptz IS NOT DISTINCT FROM j.started_on AS is_unstarted
  FROM item i JOIN bulk_item b ON ${OF_THESE} AND b.ordinal = i.ordinal
  JOIN pgboss.job j ON j.name = i.queue AND j.id = i.job_id ORDER BY j.id FOR UPDATE OF j)`;

const UNDONE = `undone AS (UPDATE bulk_item b SET state = 'undone', before = NULL
  FROM found f JOIN changed c ON c.id = f.id WHERE ${OF_THESE} AND b.ordinal = f.ordinal)`;

const UNDOS: Readonly<Record<BulkAct, string>> = {
  retry: `WITH ${ITEMS}, ${UNDO_FOUND}, changed AS (
      UPDATE pgboss.job j
      SET state = (f.before->>'state')::pgboss.job_state, completed_on = (f.before->>'completed_on')::timestamptz,
        start_after = (f.before->>'start_after')::timestamptz, keep_until = (f.before->>'keep_until')::timestamptz,
        deletion_seconds = (f.before->>'deletion_seconds')::int, retry_limit = (f.before->>'retry_limit')::int
      FROM found f WHERE j.name = f.name AND j.id = f.id AND f.state = 'created' AND f.is_unstarted RETURNING j.id
    ), ${UNDONE} ${UNDO_ANSWER}`,
  cancel: `WITH ${ITEMS}, ${UNDO_FOUND}, changed AS (
      UPDATE pgboss.job j SET state = (f.before->>'state')::pgboss.job_state, completed_on = NULL FROM found f
      WHERE j.name = f.name AND j.id = f.id AND f.state = 'cancelled' AND f.before->>'state' <> 'active'
        AND f.completed_on = (f.before->>'at')::timestamptz RETURNING j.id
    ), ${UNDONE} ${UNDO_ANSWER}`,
  runNow: `WITH ${ITEMS}, ${UNDO_FOUND}, changed AS (
      UPDATE pgboss.job j
      SET state = (f.before->>'state')::pgboss.job_state, start_after = (f.before->>'start_after')::timestamptz FROM found f
      WHERE j.name = f.name AND j.id = f.id AND f.state = 'created' AND f.is_unstarted RETURNING j.id
    ), ${UNDONE} ${UNDO_ANSWER}`,
  delete: `WITH ${ITEMS}, found AS MATERIALIZED (
      SELECT i.ordinal, i.job_id AS id, i.queue AS name, b.before, (b.before->>'state')::pgboss.job_state AS state, false AS is_ahead
      FROM item i JOIN bulk_item b ON ${OF_THESE} AND b.ordinal = i.ordinal AND b.before ? 'job'
    ), changed AS (
      INSERT INTO pgboss.job SELECT (jsonb_populate_record(NULL::pgboss.job, f.before->'job')).* FROM found f RETURNING id
    ), attempts AS (
      INSERT INTO job_attempt SELECT a.* FROM found f, jsonb_populate_recordset(NULL::job_attempt, f.before->'attempts') a
    ), events AS (
      INSERT INTO job_event SELECT e.* FROM found f, jsonb_populate_recordset(NULL::job_event, f.before->'events') e
    ), findable AS (
      INSERT INTO job_search (job_id, doc)
      SELECT j.id, ${DOCUMENT} FROM found f, jsonb_populate_record(NULL::pgboss.job, f.before->'job') j ON CONFLICT (job_id) DO NOTHING
    ), ${UNDONE} ${UNDO_ANSWER}`,
};

export async function undoItems(sql: Sql, bulkId: string, act: BulkAct, items: readonly Item[]): Promise<ItemResult[]> {
  const { rows } = await sql.query<ItemResult>(UNDOS[act], toValues(bulkId, items));
  return rows;
}

/** The next ones to act on. */
export async function selectPending(sql: Sql, bulkId: string, below: number, limit: number): Promise<Item[]> {
  const { rows } = await sql.query<Item>(
    `SELECT ordinal, job_id AS "jobId", queue FROM bulk_item
     WHERE bulk_id = $1 AND state = 'pending' AND ordinal < $2 ORDER BY ordinal LIMIT $3`,
    [bulkId, below, limit],
  );
  return rows;
}

/** Those that are to be undone, the last ones first: they have had the least time to start. */
export async function selectDone(sql: Sql, bulkId: string, limit: number): Promise<Item[]> {
  const { rows } = await sql.query<Item>(
    `SELECT ordinal, job_id AS "jobId", queue FROM bulk_item
     WHERE bulk_id = $1 AND state = 'done' ORDER BY ordinal DESC LIMIT $2`,
    [bulkId, limit],
  );
  return rows;
}

export async function setProblems(
  sql: Sql,
  bulkId: string,
  state: "failed" | "kept",
  problems: readonly { readonly ordinal: number; readonly problem: string }[],
): Promise<void> {
  if (problems.length === 0) return;
  await sql.query(
    `UPDATE bulk_item b SET state = $2, problem = p.problem FROM unnest($3::int[], $4::text[]) AS p (ordinal, problem)
     WHERE b.bulk_id = $1 AND b.ordinal = ANY($3) AND b.ordinal = p.ordinal`,
    [bulkId, state, problems.map(({ ordinal }) => ordinal), problems.map(({ problem }) => problem)],
  );
}
