import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import type { Service } from "../../platform/lifecycle.ts";
import type { Logger } from "../../platform/logger.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import { CHECK_JOB, checkJobInput, STORE_JOB, UNDO_JOB, undoJobInput } from "./imports.jobs.ts";
import {
  abortForgotten,
  failStaleUploads,
  lockImport,
  noteInterruption,
  selectAtWork,
  setJob,
  setState,
  type LockedImport,
} from "./imports.store.ts";
import { deleteOldRows } from "./rows.store.ts";

/** What imports need of the queue; passed in. */
export interface ImportQueue {
  /** The job commits or vanishes with the transaction. */
  enqueue(
    request: { readonly name: string; readonly input: unknown },
    caller: { readonly enqueuedBy?: string | undefined; readonly tx: Sql },
  ): Promise<{ readonly id: string }>;
  /** Undefined for a job that is unknown, or was deleted since. */
  find(id: string): Promise<QueuedJob | undefined>;
}

export interface QueuedJob {
  readonly state: string;
  readonly input: unknown;
}

/** Longer than any upload lasts. */
const STALE_UPLOAD_MINUTES = 15;
const ENDED = new Set(["completed", "cancelled", "discarded"]);

/**
 * Finds imports that are at work without a job that will ever run again, and gives them another one: their process was killed and the
 * queue has given up the job, or the job was removed by hand. A job that somebody cancelled stays so, and the import says it. Fails
 * uploads that were left behind in the same way.
 */
export async function recoverImports(pool: Pool, queue: ImportQueue): Promise<void> {
  await failStaleUploads(pool, STALE_UPLOAD_MINUTES);
  for (const { id, jobId } of await selectAtWork(pool)) {
    const job = jobId === null ? undefined : await queue.find(jobId);
    if (job && !ENDED.has(job.state)) continue;
    await inTransaction(pool, async (sql) => {
      const found = await lockImport(sql, id);
      if (found && found.jobId === jobId) await recover(sql, queue, id, found, job);
    });
  }
}

async function recover(
  sql: Sql,
  queue: ImportQueue,
  id: string,
  found: LockedImport,
  job: QueuedJob | undefined,
): Promise<void> {
  const { state } = found;
  if (state !== "checking" && state !== "running" && state !== "undoing") return;
  if (job?.state === "cancelled") {
    const isPaused = state === "running";
    const problem = `Its job was cancelled. ${isPaused ? "Resume to go on." : "Ask for it again to go on."}`;
    await setState(sql, id, isPaused ? "paused" : "failed", problem);
    return;
  }
  const next = toNextJob(id, state, job?.input);
  if (!next) {
    await setState(sql, id, "failed", `The undo stopped at row ${found.undoneRows}. Undo again to go on.`);
    return;
  }
  const { id: jobId } = await queue.enqueue(next, { tx: sql });
  await setJob(sql, id, jobId);
  await noteInterruption(sql, id, jobId);
}

/** Undefined for an undo of which nobody knows any more who asked for it. */
function toNextJob(
  importId: string,
  state: "checking" | "running" | "undoing",
  input: unknown,
): { readonly name: string; readonly input: unknown } | undefined {
  if (state === "running") return { name: STORE_JOB, input: { importId } };
  if (state === "undoing") {
    const known = undoJobInput.safeParse(input);
    return known.success ? { name: UNDO_JOB, input: known.data } : undefined;
  }
  const known = checkJobInput.safeParse(input);
  return { name: CHECK_JOB, input: { importId, store: known.success && known.data.store } };
}

const ROWS_PER_DELETE = 20_000;

/** Ends imports that nobody will go on with, and removes rows whose time is up. */
export async function sweepImports(pool: Pool, signal: AbortSignal): Promise<void> {
  await abortForgotten(pool);
  while (!signal.aborted && (await deleteOldRows(pool, ROWS_PER_DELETE)) > 0);
}

const RECOVER_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 3_600_000;

export interface UpkeepDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly queue: ImportQueue;
}

/** Recovers at its start and every minute, sweeps every hour. */
export function createUpkeep({ pool, clock, logger, queue }: UpkeepDeps): Service {
  let running: AbortController | undefined;
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // The next round does it.
      logger.warn("users.imports.upkeep-failed", { what, err: error });
    }
  };
  return {
    name: "imports",
    start: async () => {
      const life = new AbortController();
      running = life;
      const recover = (): Promise<void> => attempt("recover", () => recoverImports(pool, queue));
      await recover();
      clock.every(RECOVER_EVERY_MS, recover, life.signal);
      clock.every(SWEEP_EVERY_MS, () => attempt("sweep", () => sweepImports(pool, life.signal)), life.signal);
    },
    stop: async () => {
      running?.abort();
      running = undefined;
    },
  };
}
