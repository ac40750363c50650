import type { Pool } from "pg";
import type { Json } from "../../trpc/wire.ts";
import type { Envelope } from "./job-row.ts";

/** Calls of `onDiscard` that are to be made: a row is stored by the statement that discards the job. */

export interface DueDiscard {
  readonly id: string;
  readonly name: string;
  /** This call included. */
  readonly tries: number;
  /** Null when the job has been deleted meanwhile. */
  readonly data: Envelope | null;
  readonly output: Json | null;
}

/** Each is this process's for `leaseMs`; then another one may take it. */
export async function takeDiscards(
  pool: Pool,
  names: readonly string[],
  { most, leaseMs }: { readonly most: number; readonly leaseMs: number },
): Promise<DueDiscard[]> {
  const { rows } = await pool.query<DueDiscard>(
    `WITH due AS (
       SELECT d.job_id FROM job_discard d WHERE d.name = ANY ($1::text[]) AND d.due_at <= now()
       ORDER BY d.due_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ), taken AS (
       UPDATE job_discard d SET tries = d.tries + 1, due_at = now() + $3 * interval '1 millisecond'
       FROM due WHERE d.job_id = due.job_id RETURNING d.job_id, d.name, d.tries
     )
     SELECT t.job_id AS id, t.name, t.tries, j.data, j.output
     FROM taken t LEFT JOIN pgboss.job j ON j.id = t.job_id AND j.name IN (SELECT name FROM pgboss.queue)`,
    [names, most, leaseMs],
  );
  return rows;
}

export async function dropDiscards(pool: Pool, ids: readonly string[]): Promise<void> {
  await pool.query("DELETE FROM job_discard WHERE job_id = ANY ($1::uuid[])", [ids]);
}

/** The call failed: the next one comes after `delayMs`. */
export async function delayDiscard(pool: Pool, id: string, delayMs: number): Promise<void> {
  await pool.query("UPDATE job_discard SET due_at = now() + $2 * interval '1 millisecond' WHERE job_id = $1", [
    id,
    delayMs,
  ]);
}

/** What no process has asked for: its job is no longer defined anywhere. */
export async function clearDiscards(pool: Pool): Promise<void> {
  await pool.query("DELETE FROM job_discard WHERE due_at < now() - interval '7 days'");
}
