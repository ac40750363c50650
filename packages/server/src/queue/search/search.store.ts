import type { Pool } from "pg";
import { UNAWAITED } from "../store/claims.store.ts";
import type { Sql } from "../../platform/sql.ts";

/** Any number, the same in each process: one of them writes the index. */
const LOCK = 7_245_002;

/** What a job `j` can be found by. The queue says where the job is. */
export const DOCUMENT = `jsonb_strip_nulls(jsonb_build_object('queue', j.name, 'name', j.group_id, 'key', j.group_tier, 'tags', j.data->'tags'))
  || jsonb_build_object('input', j.data->'input')`;

/** The lowest id of a time, as an expression over one. */
const firstId = (time: string): string =>
  `(lpad(to_hex((extract(epoch FROM ${time}) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid`;

/**
 * Jobs stored before then are all to be seen: ids are made before the commit, and so one that is lower may come later. Whoever has
 * written for more than a minute is not waited for; the sweep finds what they leave.
 */
const HORIZON = `greatest(now() - interval '1 minute', least(now() - interval '10 seconds', (
  SELECT min(a.xact_start) - interval '2 seconds' FROM pg_stat_activity a
  WHERE a.datname = current_database() AND a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid())))`;

export interface IndexedChunk {
  /** False when another process has it in hand. */
  readonly isOurs: boolean;
  readonly count: number;
}

/** The mark of a database that has none yet: from the first job on. */
export async function createMark(sql: Sql): Promise<void> {
  await sql.query(
    `INSERT INTO job_search_mark (id, up_to, swept_at) VALUES (1, '00000000-0000-0000-0000-000000000000', now())
     ON CONFLICT (id) DO NOTHING`,
  );
}

async function listQueues(sql: Sql): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>("SELECT name FROM pgboss.queue ORDER BY name");
  return rows.map(({ name }) => name);
}

/** Of all queues by id, oldest first: each is read in the order of its primary key (queue, id). `$1` is the limit. */
function inOrder(queues: readonly string[], condition: string): string {
  const parts = queues.map(
    (_, index) =>
      `(SELECT j.id, j.name FROM pgboss.job j, bounds b WHERE j.name = $${index + 2} AND ${condition} ORDER BY j.id)`,
  );
  return `SELECT * FROM (${parts.join(" UNION ALL ")}) c ORDER BY c.id LIMIT $1`;
}

/** Adds the jobs next to the mark and moves it: both, or neither. */
export async function indexNext(pool: Pool, limit: number): Promise<IndexedChunk> {
  const queues = await listQueues(pool);
  if (queues.length === 0) return { isOurs: true, count: 0 };
  const { rows } = await pool.query<IndexedChunk>(
    `WITH lock AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${LOCK}) AS is_ours),
     bounds AS MATERIALIZED (
       SELECT m.up_to, ${firstId(HORIZON)} AS before FROM job_search_mark m, lock WHERE m.id = 1 AND lock.is_ours),
     next AS MATERIALIZED (${inOrder(queues, "j.id > b.up_to AND j.id < b.before")}),
     written AS (
       INSERT INTO job_search (job_id, doc)
       SELECT j.id, ${DOCUMENT} FROM next n CROSS JOIN LATERAL (SELECT * FROM pgboss.job x WHERE x.name = n.name AND x.id = n.id) j
       ON CONFLICT (job_id) DO NOTHING
     ), moved AS (
       UPDATE job_search_mark SET up_to = n.id FROM (SELECT id FROM next ORDER BY id DESC LIMIT 1) n WHERE job_search_mark.id = 1
     )
     SELECT l.is_ours AS "isOurs", (SELECT count(*)::int FROM next) AS count, ${UNAWAITED} FROM lock l`,
    [limit, ...queues],
  );
  return { isOurs: rows[0]?.isOurs ?? false, count: rows[0]?.count ?? 0 };
}

/** Adds what was committed behind the mark within the last hour. Answers how many, at most `limit`; undefined when it is not due. */
export async function indexLate(pool: Pool, everyMs: number, limit: number): Promise<number | undefined> {
  const queues = await listQueues(pool);
  if (queues.length === 0) return undefined;
  const { rows } = await pool.query<{ is_due: boolean; count: number }>(
    `WITH due AS MATERIALIZED (
       SELECT up_to FROM job_search_mark
       WHERE id = 1 AND swept_at <= now() - $${queues.length + 2} * interval '1 millisecond' AND pg_try_advisory_xact_lock(${LOCK})),
     bounds AS MATERIALIZED (SELECT up_to, ${firstId("now() - interval '1 hour'")} AS after FROM due),
     next AS MATERIALIZED (${inOrder(
       queues,
       "j.id > b.after AND j.id <= b.up_to AND NOT EXISTS (SELECT 1 FROM job_search s WHERE s.job_id = j.id)",
     )}),
     written AS (
       INSERT INTO job_search (job_id, doc)
       SELECT j.id, ${DOCUMENT} FROM next n CROSS JOIN LATERAL (SELECT * FROM pgboss.job x WHERE x.name = n.name AND x.id = n.id) j
       ON CONFLICT (job_id) DO NOTHING
     ), marked AS (UPDATE job_search_mark SET swept_at = now() WHERE id = 1 AND EXISTS (SELECT 1 FROM due))
     SELECT EXISTS (SELECT 1 FROM due) AS is_due, (SELECT count(*)::int FROM next) AS count, ${UNAWAITED}`,
    [limit, ...queues, everyMs],
  );
  return rows[0]?.is_due ? rows[0].count : undefined;
}

/**
 * After an edit of a job, in its transaction. Also for a job that has no document yet: the indexer may be about to write one of
 * how it saw the job before, and leaves alone what is there.
 */
export async function reindexJobs(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query(
    `INSERT INTO job_search (job_id, doc)
     SELECT j.id, ${DOCUMENT} FROM pgboss.job j
     WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = ANY ($1::uuid[]) ORDER BY j.id
     ON CONFLICT (job_id) DO UPDATE SET doc = excluded.doc`,
    [ids],
  );
}

/** Removes what is left of jobs that pg-boss has deleted. */
export async function clearDocuments(pool: Pool): Promise<void> {
  await pool.query(
    `DELETE FROM job_search s
     WHERE s.job_id < ${firstId("now() - interval '7 days'")} AND NOT EXISTS (
       SELECT 1 FROM pgboss.job j WHERE j.name IN (SELECT name FROM pgboss.queue) AND j.id = s.job_id)`,
  );
}
