import { randomUUID } from "node:crypto";
import type { Database } from "../packages/db/src/index.ts";
import { changeAt } from "../packages/testing/src/server-database.ts";
import type { QueueSide } from "./queue-side.ts";

/** Claims do not wait for the disk and completions do, as the queue's own. */
const CLAIM = `
  WITH next AS (
    SELECT id FROM bare_job WHERE state = 0 ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  UPDATE bare_job j SET state = 1 FROM next WHERE j.id = next.id
  RETURNING j.id, j.data, set_config('synchronous_commit', 'off', true)`;
const COMPLETE = "UPDATE bare_job SET state = 2 WHERE id = ANY ($1::uuid[])";
const INSERT = "INSERT INTO bare_job (id, data) SELECT * FROM unnest($1::uuid[], $2::jsonb[])";

/**
 * The least that can be called a queue: one table, the one index a claim needs, a claim and a completion of a batch. It knows no
 * attempts, no errors, no leases, no order but age and nothing of who waits for a result.
 */
export async function createBareLoop({ pool }: Database, ownerUrl: string, slots: number): Promise<QueueSide> {
  await changeAt(
    ownerUrl,
    `CREATE TABLE bare_job (
    id uuid PRIMARY KEY, state smallint NOT NULL DEFAULT 0, data jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`,
  );
  await changeAt(ownerUrl, "CREATE INDEX bare_job_waiting ON bare_job (created_at) WHERE state = 0");
  await changeAt(ownerUrl, "GRANT ALL ON bare_job TO PUBLIC");

  return {
    tidy: async () => void (await changeAt(ownerUrl, "VACUUM (ANALYZE) bare_job")),
    insert: async (inputs) => {
      const jobIds = inputs.map(() => randomUUID());
      await pool.query(INSERT, [jobIds, inputs.map((input) => JSON.stringify(input))]);
    },
    run: async (count, loops) => {
      const startedMs = performance.now();
      let claimed = 0;
      let ranMs = 0;
      const loop = async (): Promise<void> => {
        while (claimed < count) {
          const { rows } = await pool.query<{ id: string }>(CLAIM, [slots / loops]);
          if (rows.length === 0) return;
          claimed += rows.length;
          if (claimed >= count && ranMs === 0) ranMs = performance.now() - startedMs;
          await pool.query(COMPLETE, [rows.map(({ id }) => id)]);
        }
      };
      await Promise.all(Array.from({ length: loops }, loop));
      if (claimed < count) throw new Error(`${claimed} of ${count} jobs were there.`);
      return { ranMs, endedMs: performance.now() - startedMs };
    },
  };
}
