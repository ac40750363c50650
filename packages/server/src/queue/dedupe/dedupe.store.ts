import type { Pool } from "pg";
import type { TransactionConnection } from "../engine.ts";

/** Keys that stay taken for a while after the enqueue, whatever becomes of the job. */

/**
 * Takes the key for the job, in the transaction that stores it. Answers the id of the job that has it: another one while its time
 * lasts. Waits for a transaction that has just taken it.
 */
export async function takeKey(
  connection: TransactionConnection,
  take: { readonly name: string; readonly key: string; readonly windowMs: number; readonly jobId: string },
): Promise<string> {
  const { name, key, windowMs, jobId } = take;
  // Written also when the key is taken: a statement that only looked would not see who took it while it waited.
  const text = `
    INSERT INTO job_dedupe AS d (name, key, until, job_id)
    VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond', $4::uuid)
    ON CONFLICT (name, key) DO UPDATE
    SET job_id = CASE WHEN d.until > clock_timestamp() THEN d.job_id ELSE excluded.job_id END,
        until = CASE WHEN d.until > clock_timestamp() THEN d.until ELSE excluded.until END
    RETURNING job_id::text AS id`;
  const values = [name, key, windowMs, jobId];
  const rows =
    "query" in connection
      ? (await connection.query(text, values)).rows
      : await connection.$queryRawUnsafe(text, ...values);
  return (rows as { id: string }[])[0]?.id ?? jobId;
}

export async function clearKeys(pool: Pool): Promise<void> {
  await pool.query("DELETE FROM job_dedupe WHERE until < now()");
}
