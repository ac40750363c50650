import type { Sql } from "../../platform/sql.ts";
import type { Json } from "../../trpc/wire.ts";
import type { ActResult, EditableJob, EditResult, InputEdit } from "../engine.ts";
import { reindexJobs } from "../search/search.store.ts";
import { ATTEMPTS_SQL, KEEP_COMPLETED_SECONDS, toJobState } from "./job-row.ts";
import type { timelineKinds } from "../queue.schema.ts";
import { OF_ID } from "./jobs.store.ts";

type TimelineKind = (typeof timelineKinds)[number];

/**
 * What an operator does to one job. Each statement locks the job, looks at its state and changes it only when the act is for that
 * state, so that an act and a worker never both have their way. What it did is a row of `job_event` in the same statement; `by` is who.
 */
const FOUND = `found AS (
  SELECT j.name, j.id, j.state, j.start_after > now() AS is_ahead, j.retry_count + 1 AS number, ${ATTEMPTS_SQL} AS attempts
  FROM pgboss.job j WHERE ${OF_ID} FOR UPDATE OF j)`;

const ANSWER = `
  SELECT f.name AS queue, f.state::text AS before, f.is_ahead, c.state::text AS after FROM found f LEFT JOIN changed c ON true`;

type BossState = Parameters<typeof toJobState>[0];

interface ActRow {
  queue: string;
  before: BossState;
  is_ahead: boolean;
  after: BossState | "removed" | null;
}

/** `kind` is a constant of ours. */
const noted = (kind: TimelineKind): string => `noted AS (
  INSERT INTO job_event (job_id, kind, by, attempt) SELECT f.id, '${kind}', $2, f.attempts FROM found f, changed)`;

async function act(sql: Sql, text: string, values: unknown[]): Promise<ActResult | undefined> {
  const { rows } = await sql.query<ActRow>(text, values);
  const row = rows[0];
  if (!row) return undefined;
  const { queue, before, is_ahead, after } = row;
  return {
    queue,
    before: toJobState(before, is_ahead),
    // None of the acts leaves a job scheduled.
    after: after === "removed" ? after : after === null ? undefined : toJobState(after, false),
  };
}

/** The attempt ends here and not when its handler does: the handler may ignore the signal. */
export function cancelJob(sql: Sql, id: string, by?: string): Promise<ActResult | undefined> {
  return act(
    sql,
    `WITH ${FOUND}, changed AS (
       UPDATE pgboss.job j SET state = 'cancelled', completed_on = now() FROM found f
       WHERE j.name = f.name AND j.id = f.id AND f.state <= 'active' RETURNING j.id, j.state
     ), ended AS (
       UPDATE job_attempt a SET finished_at = now(), outcome = 'cancelled' FROM changed c, found f
       WHERE f.state = 'active' AND a.job_id = c.id AND a.number = f.number
     ), ${noted("cancelled")} ${ANSWER}`,
    [id, by ?? null],
  );
}

/**
 * What makes a job that has ended wait again. The retention of a discarded job goes, and one that used up its attempts gets one more:
 * `started_on` stays, so that the next claim is the next number.
 */
export const AGAIN = `state = 'created', completed_on = NULL, start_after = now(), keep_until = now() + interval '10 years',
  deletion_seconds = ${KEEP_COMPLETED_SECONDS},
  retry_limit = CASE WHEN j.started_on IS NULL THEN j.retry_limit ELSE greatest(j.retry_limit, j.retry_count + 1) END`;

/** One more attempt for a job that has used up its own. */
export function retryJob(sql: Sql, id: string, by?: string): Promise<ActResult | undefined> {
  return act(
    sql,
    `WITH ${FOUND}, changed AS (
       UPDATE pgboss.job j
       SET ${AGAIN}
       FROM found f
       WHERE j.name = f.name AND j.id = f.id AND f.state IN ('failed', 'cancelled') RETURNING j.state
     ), ${noted("retried")} ${ANSWER}`,
    [id, by ?? null],
  );
}

export function runJobNow(sql: Sql, id: string, by?: string): Promise<ActResult | undefined> {
  return act(
    sql,
    `WITH ${FOUND}, changed AS (
       UPDATE pgboss.job j SET state = 'created', start_after = least(j.start_after, now()) FROM found f
       WHERE j.name = f.name AND j.id = f.id AND f.state < 'active' RETURNING j.state
     ), ${noted("ranNow")} ${ANSWER}`,
    [id, by ?? null],
  );
}

interface FoundRow extends Pick<ActRow, "queue" | "is_ahead"> {
  name: string;
  state: BossState;
  input: Json;
}

/**
 * For one transaction: the job is locked from the look at its input to the change of it, and a claim passes it over meanwhile. The event, the
 * search and a retry are part of it.
 */
export async function editJob(
  sql: Sql,
  id: string,
  { isRetry, by }: { readonly isRetry: boolean; readonly by: string | undefined },
  decide: (found: EditableJob) => InputEdit,
): Promise<EditResult | undefined> {
  const { rows } = await sql.query<FoundRow>(
    `SELECT j.name AS queue, j.group_id AS name, j.state::text AS state, j.start_after > now() AS is_ahead, j.data->'input' AS input
     FROM pgboss.job j WHERE ${OF_ID} FOR UPDATE OF j`,
    [id],
  );
  const row = rows[0];
  if (!row) return undefined;
  const { queue, name, input } = row;
  const before = { name, input, state: toJobState(row.state, row.is_ahead) };
  const edit = decide(before);
  const isAgain = isRetry && (row.state === "failed" || row.state === "cancelled");
  const { rows: changed } = await sql.query<{ state: BossState; is_ahead: boolean }>(
    `UPDATE pgboss.job j SET data = jsonb_set(j.data, '{input}', $3::jsonb)${isAgain ? `, ${AGAIN}` : ""}
     WHERE j.name = $1 AND j.id = $2 RETURNING j.state::text AS state, j.start_after > now() AS is_ahead`,
    [queue, id, JSON.stringify(edit.input)],
  );
  await sql.query(
    `INSERT INTO job_event (job_id, kind, by, attempt, note)
     SELECT j.id, e.kind, $3, ${ATTEMPTS_SQL}, e.note
     FROM pgboss.job j, unnest($4::text[], $5::text[]) WITH ORDINALITY AS e (kind, note, n)
     WHERE j.name = $1 AND j.id = $2 ORDER BY e.n`,
    [queue, id, by ?? null, isAgain ? ["edited", "retried"] : ["edited"], isAgain ? [edit.note, null] : [edit.note]],
  );
  await reindexJobs(sql, [id]);
  const after = changed[0];
  if (!after) throw new Error("A locked job was not there.");
  return { queue, before, after: toJobState(after.state, after.is_ahead) };
}

export function removeJob(sql: Sql, id: string): Promise<ActResult | undefined> {
  return act(
    sql,
    `WITH ${FOUND}, deleted AS (
       DELETE FROM pgboss.job j USING found f WHERE j.name = f.name AND j.id = f.id AND f.state <> 'active' RETURNING j.id
     ), forgotten AS (
       DELETE FROM job_attempt a USING deleted d WHERE a.job_id = d.id
     ), untold AS (
       DELETE FROM job_event e USING deleted d WHERE e.job_id = d.id
     ), unfound AS (
       DELETE FROM job_search s USING deleted d WHERE s.job_id = d.id
     ), changed AS (SELECT 'removed' AS state FROM deleted) ${ANSWER}`,
    [id],
  );
}
