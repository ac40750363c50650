import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import { deleteOldItems, dropBefores, lockBulk, selectAtWork, setBulkJob, setBulkState } from "./bulk.store.ts";

export interface BulkUpkeepOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly enqueueNext: (sql: Sql, bulkId: string) => Promise<string>;
}

const RECOVER_EVERY_MS = 30_000;
const SWEEP_EVERY_MS = 60_000;
const ROWS_PER_STEP = 10_000;
const ENDED = new Set<string | null>([null, "completed", "cancelled", "failed"]);

/**
 * Gives acts that are at work without a job that will ever run again another one: the queue has given it up, or it was removed by hand. One
 * that somebody cancelled stays so, and the act says it.
 */
export async function recoverBulks(pool: Pool, enqueueNext: BulkUpkeepOptions["enqueueNext"]): Promise<void> {
  for (const { id, jobId, jobState } of await selectAtWork(pool)) {
    if (!ENDED.has(jobState)) continue;
    await inTransaction(pool, async (sql) => {
      const bulk = await lockBulk(sql, id);
      if (!bulk || bulk.jobId !== jobId || (bulk.state !== "running" && bulk.state !== "undoing")) return;
      if (jobState !== "cancelled") await setBulkJob(sql, id, await enqueueNext(sql, id));
      else if (bulk.state === "running")
        await setBulkState(sql, id, "paused", "Its job was cancelled. Resume to go on.");
      else await setBulkState(sql, id, "failed", "The job of the undo was cancelled. Undo again to go on.");
    });
  }
}

/** Removes what no undo can need any more, and the lists of acts of last week. */
export async function sweepBulks(pool: Pool, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await dropBefores(pool, ROWS_PER_STEP)));
  while (!signal.aborted && (await deleteOldItems(pool, ROWS_PER_STEP)) === ROWS_PER_STEP);
}

export function startBulkUpkeep({ pool, clock, logger, enqueueNext }: BulkUpkeepOptions, signal: AbortSignal): void {
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // The next round does it.
      if (!signal.aborted) logger.warn("queue.bulk.upkeep-failed", { what, err: error });
    }
  };
  clock.every(RECOVER_EVERY_MS, () => attempt("recover", () => recoverBulks(pool, enqueueNext)), signal);
  clock.every(SWEEP_EVERY_MS, () => attempt("sweep", () => sweepBulks(pool, signal)), signal);
}
