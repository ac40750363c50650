import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import { findAppError } from "../../platform/errors.ts";
import type { Logger } from "../../platform/logger.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import type { Enqueuer } from "../enqueue.ts";
import { EACH_MAX, planRuns, type PlannedRun } from "./plan-runs.ts";
import {
  deleteOldRuns,
  endRun,
  holdDueSchedule,
  insertRun,
  reportUnknownJobs,
  setNextTime,
  type HeldSchedule,
} from "./schedules.store.ts";
import { findDueTimes, findTimingIssues } from "./timing.ts";

export interface TickerOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the jobs that this process can run. */
  readonly jobNames: readonly string[];
  readonly enqueuer: Pick<Enqueuer, "enqueue">;
}

export interface Ticker {
  /** Stores the jobs of all schedules that are due, and shortens their histories, until the signal aborts. */
  start(signal: AbortSignal): void;
  /** Resolves once nothing of it runs. */
  settled(): Promise<void>;
}

const TICK_EVERY_MS = 1000;
const PRUNE_EVERY_MS = 600_000;
const KEEP_RUNS = 1000;
const KEEP_DAYS = 90;
/** Long after a process that knows the job would have been at it. */
const UNKNOWN_AFTER_MS = 60_000;

/**
 * Stores jobs when their schedules are due. Every process that runs jobs looks once a second, by the database's clock. One transaction
 * holds the row of the schedule, stores the job, puts it on record and moves the schedule to its next time: a time has exactly one job,
 * whoever looks and whoever dies. Guarded by "two processes and a kill" in schedules.fault.test.ts.
 */
export function createTicker({ pool, clock, logger, jobNames, enqueuer }: TickerOptions): Ticker {
  const running = new Set<Promise<void>>();

  /** Answers the id of the schedule it was at; undefined when none is due. */
  const runNext = async (except: readonly string[]): Promise<string | undefined> => {
    let id: string | undefined;
    try {
      await inTransaction(pool, async (sql) => {
        const held = await holdDueSchedule(sql, jobNames, except);
        id = held?.id;
        if (held) await runSchedule(sql, held, enqueuer);
      });
    } catch (error) {
      logger.error("queue.schedule.failed", { scheduleId: id, err: error });
      if (id === undefined) return undefined;
    }
    return id;
  };

  const tick = async (): Promise<void> => {
    // Each at most once, or one that cannot be stored would hold up the others.
    const done: string[] = [];
    for (let id = await runNext(done); id !== undefined; id = await runNext(done)) done.push(id);
  };

  const guard = (event: string, work: () => Promise<void>) => (): Promise<void> => {
    const mine: Promise<void> = work()
      .catch((error: unknown) => logger.error(event, { err: error }))
      .finally(() => running.delete(mine));
    running.add(mine);
    return mine;
  };
  const ticker = guard("queue.schedules.tick-failed", async () => {
    await tick();
    await reportUnknownJobs(pool, jobNames, UNKNOWN_AFTER_MS);
  });
  const prune = guard("queue.schedules.prune-failed", () => deleteOldRuns(pool, KEEP_RUNS, KEEP_DAYS));

  return {
    start: (signal) => {
      // At once: what passed while nobody was up has waited long enough.
      void ticker();
      clock.every(TICK_EVERY_MS, ticker, signal);
      clock.every(PRUNE_EVERY_MS, prune, signal);
    },
    settled: async () => void (await Promise.all(running)),
  };
}

async function runSchedule(sql: Sql, held: HeldSchedule, enqueuer: TickerOptions["enqueuer"]): Promise<void> {
  const [issue] = findTimingIssues(held);
  if (issue) {
    // It was checked when it was stored: this release reads expressions otherwise, or its tables do not have the zone.
    await setNextTime(sql, held.id, null, `${issue.path.join(".")}: ${issue.message}`);
    return;
  }
  const due = findDueTimes(held, held.nextAt ?? held.now, held.now, EACH_MAX);
  let problem: string | null = null;
  for (const run of planRuns(held.missed, due, held.now)) problem = await storeRun(sql, held, run, enqueuer);
  await setNextTime(sql, held.id, due.next, problem);
}

/**
 * Answers why the job could not be stored; null when it was. A job whose last one still waits or runs is stored all the same: whether two
 * may be there at once is for the definition's `dedupe` and `concurrency` to say.
 */
async function storeRun(
  sql: Sql,
  { id: scheduleId, name, jobName, input }: HeldSchedule,
  { dueAt, isRun, note }: PlannedRun,
  enqueuer: TickerOptions["enqueuer"],
): Promise<string | null> {
  const outcome = isRun ? "enqueued" : "skipped";
  const runId = await insertRun(sql, { scheduleId, dueAt, outcome, jobId: null, by: null, note });
  // The database's clock went back: the time has been run.
  if (runId === undefined || !isRun) return null;
  try {
    const caller = { enqueuedBy: `schedule ${name}`, tx: sql, scheduleId };
    const { id: jobId, deduplicated } = await enqueuer.enqueue({ name: jobName, input }, caller);
    const more = deduplicated ? "Its job waits or runs already." : null;
    const notes = [note, more].filter((text) => text !== null).join(" ");
    await endRun(sql, runId, { outcome: deduplicated ? "skipped" : outcome, jobId, note: notes || null });
    return null;
  } catch (error) {
    // A refusal comes before the first statement; anything else has spoiled the transaction, which then starts again.
    const refusal = findAppError(error);
    if (!refusal) throw error;
    await endRun(sql, runId, { outcome: "failed", jobId: null, note: refusal.publicMessage });
    return refusal.publicMessage;
  }
}
