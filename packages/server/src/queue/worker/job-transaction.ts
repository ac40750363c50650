import type { Pool, PoolClient } from "pg";
import type { EnqueueFromJob, JobTransaction, QueriedRows } from "../../define.ts";
import type { Logger } from "../../platform/logger.ts";
import type { ClaimedJob, TransactionConnection } from "../engine.ts";
import { complete, lockClaim } from "../store/claims.store.ts";
import type { Transact } from "./attempt.ts";

export interface JobTransactionOptions {
  readonly pool: Pool;
  readonly processId: string;
  readonly logger: Logger;
  readonly enqueuing: (claim: ClaimedJob, tx: TransactionConnection) => EnqueueFromJob;
}

/**
 * The job's row is locked first: while the transaction is open nobody takes the job away, and whoever wants to cancel it waits. When the
 * signal aborts, the connection is closed rather than asked to roll back, for a statement may be running on it.
 */
export function createTransact({ pool, processId, logger, enqueuing }: JobTransactionOptions): Transact {
  // The rest is for heartbeats and settlements: without them the jobs would be taken for lost.
  const permits = createPermits(Math.max(1, Math.floor((pool.options.max ?? 10) / 2)));

  const endBackend = async (pid: number): Promise<void> => {
    try {
      await pool.query("SELECT pg_terminate_backend($1)", [pid]);
    } catch (error) {
      logger.warn("queue.tx.end-failed", { err: error });
    }
  };

  return async ({ queue, claim, signal, work, toOutput, toNotes }) => {
    signal.throwIfAborted();
    await permits.take();
    let client: PoolClient | undefined;
    let pid: number | undefined;
    let failure: Error | undefined;
    let isOpen = true;
    // What a broken connection says while no statement runs on it must be heard by somebody.
    const onError = (error: Error): void => void (failure = error);
    try {
      signal.throwIfAborted();
      const own = (client = await pool.connect());
      own.on("error", onError);
      await own.query("BEGIN");
      pid = await lockClaim(own, processId, queue, claim);
      if (pid === undefined) throw lostError();
      const requireOpen = (): void => {
        signal.throwIfAborted();
        if (!isOpen) throw new Error("The transaction of the job is over.");
      };
      const enqueue = enqueuing(claim, own);
      const db: JobTransaction = {
        query: async <Row>(text: string, values: readonly unknown[] = []): Promise<QueriedRows<Row>> => {
          requireOpen();
          const { rows } = await own.query(text, [...values]);
          return { rows: rows as Row[] };
        },
        enqueue: async (...args) => {
          requireOpen();
          return enqueue(...args);
        },
      };
      const value = await untilAborted(work(db), signal);
      isOpen = false;
      await complete(own, queue, toOutput(value), toNotes());
      signal.throwIfAborted();
      await own.query("COMMIT");
      return value;
    } catch (error) {
      isOpen = false;
      if (signal.aborted) {
        failure = error as Error;
        if (pid !== undefined) await endBackend(pid);
      } else {
        await client?.query("ROLLBACK").catch((rollbackError: unknown) => {
          failure = rollbackError as Error;
        });
      }
      throw error;
    } finally {
      if (!failure) client?.off("error", onError);
      client?.release(failure);
      permits.giveBack();
    }
  };
}

function lostError(): Error {
  const error = new Error("The job was taken by another process, or ended, before its transaction began.");
  error.name = "JOB_LOST";
  return error;
}

/** Rejects with the reason of the abort, whatever becomes of the work. */
async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (signal.aborted) abort();
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function createPermits(count: number): { take(): Promise<void>; giveBack(): void } {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    take: () => {
      if (free === 0) return new Promise((resolve) => waiting.push(resolve));
      free -= 1;
      return Promise.resolve();
    },
    giveBack: () => {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    },
  };
}
