import type { Pool } from "pg";
import { z } from "zod";
import { defineJob, type JobContext, type JobDefinition } from "../../define.ts";
import type { Clock } from "../../platform/clock.ts";
import { inTransaction, isUniqueViolation, type Sql } from "../../platform/sql.ts";
import { idSchema } from "../../trpc/wire.ts";
import type { QueueBus } from "../bus.ts";
import { actRefused, jobDuplicate, jobNotFound, type JobAct } from "../queue.errors.ts";
import { toJobState } from "../store/job-row.ts";
import type { BulkAct } from "./bulk.schema.ts";
import {
  addProgress,
  beginStage,
  lockBulk,
  markStageDone,
  readStage,
  setBulkJob,
  setBulkState,
  type BulkRow,
} from "./bulk.store.ts";
import {
  actOnItems,
  selectDone,
  selectPending,
  setProblems,
  undoItems,
  type Item,
  type ItemResult,
} from "./items.store.ts";

export const BULK_JOB = "queue.bulk";
/** Of its own: a queue that is paused does not stop the act that is to empty it. */
export const BULK_QUEUE = "switchboard.bulk";

export interface BulkRunnerDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly bus: Pick<QueueBus, "publish">;
  /** Stores the next job of the act, in a transaction. */
  readonly enqueueNext: (sql: Sql, bulkId: string) => Promise<string>;
}

const CHUNK = 500;
/** A paced act looks this often whether it is to go on. */
const STEPS_PER_SECOND = 4;
const STAGE_LOOK_MS = 500;
const STAGE_WAIT_MS = 10 * 60_000;
/** After that another job goes on, so that none runs for days. */
const RUN_MS = 3_600_000;
const ATTEMPTS = 30;
const CHANGED_SINCE = "The job was changed after the act.";
const inputSchema = z.object({ bulkId: idSchema });
type RunContext = Pick<JobContext<z.output<typeof inputSchema>>, "input" | "jobId" | "attempt" | "signal"> & {
  progress(share: number): void;
};

/** What is to be told once the chunk is stored, and when to go on. */
type Step =
  | { readonly kind: "over" }
  | {
      readonly kind: "acted";
      readonly bulk: BulkRow;
      readonly results: readonly ItemResult[];
      readonly isUndo: boolean;
    }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "again" };

const OVER: Step = { kind: "over" };

/**
 * Works on a bulk act, chunk by chunk. A chunk is one transaction: the jobs are changed, their items say so and the act counts them, or
 * none of it. Whoever takes over after a kill therefore goes on exactly behind it. Only the job that the act names may work on it; pause,
 * abort and undo change the act between two chunks and are seen by the next.
 */
export function createBulkRunner({ pool, clock, bus, enqueueNext }: BulkRunnerDeps) {
  const stepAct = async (sql: Sql, bulk: BulkRow, rate: number | null): Promise<Step> => {
    const { id, act, perSecond } = bulk;
    const end = endOfStage(bulk);
    const items = await selectPending(sql, id, end, toChunk(perSecond));
    if (items.length === 0) return endStage(sql, bulk, end);
    const results = await actOrOneByOne(sql, bulk, items, actOnItems);
    const refused = results.filter(({ isDone }) => !isDone);
    await setProblems(
      sql,
      id,
      "failed",
      refused.map((one) => ({ ordinal: one.ordinal, problem: toRefusal(act, one) })),
    );
    await addProgress(sql, id, { done: results.length - refused.length, failed: refused.length, rate });
    return { kind: "acted", bulk, results, isUndo: false };
  };

  const endStage = async (sql: Sql, bulk: BulkRow, end: number): Promise<Step> => {
    const { id, stages, stage } = bulk;
    if (stage >= stages.length - 1) {
      await setBulkState(sql, id, "done");
      return OVER;
    }
    if (bulk.stageDoneAt === null) {
      await markStageDone(sql, id);
      return { kind: "again" };
    }
    const outcome = await readStage(sql, id, end - (stages[stage] ?? 0), end);
    const { succeeded, failedAgain, waiting, waitedMs } = outcome;
    const size = succeeded + failedAgain + waiting;
    if (failedAgain * 2 > size) {
      await setBulkState(sql, id, "stopped", `${failedAgain} of the ${size} jobs of stage ${stage + 1} failed again.`);
      return OVER;
    }
    if (waiting === 0) {
      await beginStage(sql, id, stage + 1);
      return { kind: "again" };
    }
    if ((waitedMs ?? 0) > STAGE_WAIT_MS) {
      const minutes = STAGE_WAIT_MS / 60_000;
      await setBulkState(
        sql,
        id,
        "stopped",
        `${waiting} jobs of stage ${stage + 1} had not ended after ${minutes} minutes.`,
      );
      return OVER;
    }
    return { kind: "wait", ms: STAGE_LOOK_MS };
  };

  const stepUndo = async (sql: Sql, bulk: BulkRow, rate: number | null): Promise<Step> => {
    const { id, act } = bulk;
    const items = await selectDone(sql, id, CHUNK);
    if (items.length === 0) {
      await setBulkState(sql, id, "undone", bulk.problem);
      return OVER;
    }
    const results = await actOrOneByOne(sql, bulk, items, undoItems);
    const kept = results.filter(({ isDone }) => !isDone);
    await setProblems(
      sql,
      id,
      "kept",
      kept.map((one) => ({ ordinal: one.ordinal, problem: toKept(act, one) })),
    );
    await addProgress(sql, id, { undone: results.length - kept.length, rate });
    return { kind: "acted", bulk, results, isUndo: true };
  };

  const tell = ({ bulk, results, isUndo }: Step & { readonly kind: "acted" }): void => {
    const done = results.filter(({ isDone }) => isDone);
    const ids = done.map(({ jobId }) => jobId);
    const hasEnded = isUndo ? bulk.act === "retry" : bulk.act === "cancel" || bulk.act === "delete";
    if (bulk.act === "cancel" && !isUndo) {
      const running = done.filter(({ before }) => before === "active").map(({ jobId }) => jobId);
      if (running.length > 0) bus.publish({ type: "cancelled", ids: running });
    }
    if (ids.length > 0) bus.publish({ type: hasEnded ? "ended" : "changed", ids });
    if (!hasEnded) for (const queue of new Set(done.map((one) => one.queue))) bus.publish({ type: "ready", queue });
  };

  const runSteps = async ({ input: { bulkId }, jobId, signal, progress }: RunContext): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const meter = createMeter(clock);
    for (;;) {
      signal.throwIfAborted();
      const stepStartedMs = clock.monotonicMs();
      const step = await inTransaction(pool, async (sql): Promise<Step> => {
        const bulk = await lockBulk(sql, bulkId);
        if (!bulk || bulk.jobId !== jobId || (bulk.state !== "running" && bulk.state !== "undoing")) return OVER;
        if (stepStartedMs - startedMs > RUN_MS) {
          await setBulkJob(sql, bulkId, await enqueueNext(sql, bulkId));
          return OVER;
        }
        return bulk.state === "running" ? stepAct(sql, bulk, meter.rate()) : stepUndo(sql, bulk, meter.rate());
      });
      if (step.kind === "over") return;
      if (step.kind === "wait") await clock.sleep(step.ms, signal);
      if (step.kind !== "acted") continue;
      tell(step);
      meter.add(step.results.length);
      const { total, done, failed, perSecond } = step.bulk;
      progress(Math.min(1, (done + failed + step.results.length) / Math.max(1, total)));
      if (step.isUndo || perSecond === null) continue;
      const restMs = (step.results.length / perSecond) * 1000 - (clock.monotonicMs() - stepStartedMs);
      if (restMs > 0) await clock.sleep(restMs, signal);
    }
  };

  return {
    run: async (context: RunContext): Promise<void> => {
      try {
        await runSteps(context);
      } catch (error) {
        const { attempt, signal, jobId, input } = context;
        if (attempt >= ATTEMPTS && !signal.aborted) {
          await inTransaction(pool, async (sql) => {
            const bulk = await lockBulk(sql, input.bulkId);
            if (bulk?.jobId === jobId && (bulk.state === "running" || bulk.state === "undoing"))
              await setBulkState(sql, bulk.id, "failed", GAVE_UP);
          });
        }
        throw error;
      }
    },
  };
}

const GAVE_UP = `It failed ${ATTEMPTS} times in a row; the log of its job says why.`;

export function createBulkJob(deps: BulkRunnerDeps): JobDefinition {
  const runner = createBulkRunner(deps);
  return defineJob({
    name: BULK_JOB,
    queue: BULK_QUEUE,
    isInternal: true,
    description: "Works on a bulk act. Does nothing for an act that is over or has another job.",
    input: inputSchema,
    retry: { attempts: ATTEMPTS, backoffMs: 250, maxDelayMs: 15_000 },
    timeoutMs: 2 * RUN_MS,
    concurrency: { perProcess: 4 },
    run: async (context) => {
      await runner.run(context);
      return { bulkId: context.input.bulkId };
    },
  });
}

function toChunk(perSecond: number | null): number {
  return perSecond === null ? CHUNK : Math.min(CHUNK, Math.max(1, Math.floor(perSecond / STEPS_PER_SECOND)));
}

/** The ordinal behind the last one of the stage. */
export function endOfStage({ stages, stage, total }: Pick<BulkRow, "stages" | "stage" | "total">): number {
  return stages.length === 0 ? total : stages.slice(0, stage + 1).reduce((sum, size) => sum + size, 0);
}

/** A dedupe key that another job has by now spoils the whole statement: then each job is tried by itself. */
async function actOrOneByOne(
  sql: Sql,
  { id, act }: BulkRow,
  items: readonly Item[],
  work: (sql: Sql, id: string, act: BulkAct, items: readonly Item[]) => Promise<ItemResult[]>,
): Promise<ItemResult[]> {
  const attempt = async (some: readonly Item[]): Promise<ItemResult[] | undefined> => {
    await sql.query("SAVEPOINT chunk");
    try {
      const results = await work(sql, id, act, some);
      await sql.query("RELEASE SAVEPOINT chunk");
      return results;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      await sql.query("ROLLBACK TO SAVEPOINT chunk");
      return undefined;
    }
  };
  const together = await attempt(items);
  if (together) return together;
  const results: ItemResult[] = [];
  for (const item of items)
    results.push(...((await attempt([item])) ?? [{ ...item, before: "duplicate", isAhead: false, isDone: false }]));
  return results;
}

const ACT_NAMES: Readonly<Record<BulkAct, JobAct>> = {
  retry: "retry",
  cancel: "cancel",
  runNow: "runNow",
  delete: "remove",
};

/** The sentence that the same act on this job alone would be refused with. */
function toRefusal(act: BulkAct, { jobId, before, isAhead }: ItemResult): string {
  if (before === null) return jobNotFound(jobId).publicMessage;
  if (before === "duplicate") return jobDuplicate(jobId).publicMessage;
  return actRefused(ACT_NAMES[act], jobId, toJobState(before, isAhead)).publicMessage;
}

function toKept(act: BulkAct, { jobId, before, isAhead, was }: ItemResult): string {
  if (before === "duplicate") return jobDuplicate(jobId).publicMessage;
  if (act === "delete") return CHANGED_SINCE;
  if (before === null) return "The job was deleted after the act.";
  const state = toJobState(before, isAhead);
  if (act === "cancel") return was === "active" ? "It was running when it was cancelled." : CHANGED_SINCE;
  return state === "scheduled" || state === "available" ? CHANGED_SINCE : `It has started since: it is ${state}.`;
}

const RATE_OVER_MS = 5000;

/** Jobs a second, over the last seconds. */
function createMeter(clock: Clock) {
  let points: { readonly atMs: number; readonly count: number }[] = [{ atMs: clock.monotonicMs(), count: 0 }];
  return {
    add: (count: number): void => {
      const atMs = clock.monotonicMs();
      points = [...points.filter((point) => atMs - point.atMs <= RATE_OVER_MS), { atMs, count }];
    },
    rate: (): number | null => {
      const first = points[0];
      const lastMs = clock.monotonicMs();
      if (!first || points.length < 2 || lastMs <= first.atMs) return null;
      return (points.slice(1).reduce((sum, { count }) => sum + count, 0) * 1000) / (lastMs - first.atMs);
    },
  };
}
