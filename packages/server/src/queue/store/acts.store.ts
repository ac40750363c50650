import type { Pool } from "pg";
import type { ActResult } from "../engine.ts";
import { toJobState } from "./job-row.ts";
import { OF_ID } from "./jobs.store.ts";

/**
 * What an operator does to one job. Each statement locks the job, looks at its state and changes it only when the act is for that
 * state, so that an act and a worker never both have their way.
 */
const FOUND = `found AS (
  SELECT j.name, j.id, j.state, j.start_after > now() AS is_ahead, j.retry_count + 1 AS number
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

async function act(pool: Pool, text: string, id: string): Promise<ActResult | undefined> {
  const { rows } = await pool.query<ActRow>(text, [id]);
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
export function cancelJob(pool: Pool, id: string): Promise<ActResult | undefined> {
  return act(
    pool,
    `WITH ${FOUND}, changed AS (
       UPDATE pgboss.job j SET state = 'cancelled', completed_on = now() FROM found f
       WHERE j.name = f.name AND j.id = f.id AND f.state <= 'active' RETURNING j.id, j.state
     ), ended AS (
       UPDATE job_attempt a SET finished_at = now(), outcome = 'cancelled' FROM changed c, found f
       WHERE f.state = 'active' AND a.job_id = c.id AND a.number = f.number
     ) ${ANSWER}`,
    id,
  );
}

/** One more attempt for a job that has used up its own. `started_on` stays: the next claim is the next number. */
export function retryJob(pool: Pool, id: string): Promise<ActResult | undefined> {
  return act(
    pool,
    `WITH ${FOUND}, changed AS (
       UPDATE pgboss.job j
       SET state = 'created', completed_on = NULL, start_after = now(), keep_until = now() + interval '10 years',
           retry_limit = CASE WHEN j.started_on IS NULL THEN j.retry_limit ELSE greatest(j.retry_limit, j.retry_count + 1) END
       FROM found f
       WHERE j.name = f.name AND j.id = f.id AND f.state IN ('failed', 'cancelled') RETURNING j.state
     ) ${ANSWER}`,
    id,
  );
}

export function runJobNow(pool: Pool, id: string): Promise<ActResult | undefined> {
  return act(
    pool,
    `WITH ${FOUND}, changed AS (
       UPDATE pgboss.job j SET state = 'created', start_after = least(j.start_after, now()) FROM found f
       WHERE j.name = f.name AND j.id = f.id AND f.state < 'active' RETURNING j.state
     ) ${ANSWER}`,
    id,
  );
}

export function removeJob(pool: Pool, id: string): Promise<ActResult | undefined> {
  return act(
    pool,
    `WITH ${FOUND}, deleted AS (
       DELETE FROM pgboss.job j USING found f WHERE j.name = f.name AND j.id = f.id AND f.state <> 'active' RETURNING j.id
     ), forgotten AS (
       DELETE FROM job_attempt a USING deleted d WHERE a.job_id = d.id
     ), changed AS (SELECT 'removed' AS state FROM deleted) ${ANSWER}`,
    id,
  );
}
