import type { Pool } from "pg";
import type { EnqueueFromJob, JobDefinition } from "../../define.ts";
import type { BusMessage, QueueBus } from "../bus.ts";
import type { Engine, LostJob, TransactionConnection } from "../engine.ts";
import { pause } from "../pause.ts";
import type { QueueRecorder } from "../recorder.ts";
import { listQueueStates, type WorkerProcess } from "../store/fleet.store.ts";
import { createDiscards } from "./discards.ts";
import { createTransact } from "./job-transaction.ts";
import { createLease } from "./lease.ts";
import { createQueueLoop, type QueueLoop, type QueueLoopOptions } from "./queue-loop.ts";
import { createSettler } from "./settler.ts";

export interface WorkerTimings {
  readonly heartbeatMs: number;
  readonly staleMs: number;
  readonly pollMs: number;
  /** Milliseconds that running jobs have at a stop before their signals abort. */
  readonly graceMs: number;
  readonly abortGraceMs: number;
}

export interface WorkerOptions extends Pick<QueueLoopOptions, "clock" | "random" | "logger"> {
  readonly recorder: Pick<QueueRecorder, "ended">;
  /** For what a job stores: with what it passes on, and in the job's transaction if there is one. */
  readonly enqueuing: (from: EnqueueSource, tx?: TransactionConnection) => EnqueueFromJob;
  readonly pool: Pool;
  readonly engine: Engine;
  readonly bus: QueueBus;
  readonly definitions: readonly JobDefinition[];
  readonly process: Omit<WorkerProcess, "slots" | "names">;
  readonly timings: WorkerTimings;
}

/** The job that stores another one. */
export interface EnqueueSource {
  readonly id: string;
  readonly requestId: string | null;
  readonly discards: number;
}

export interface Worker {
  start(): Promise<void>;
  /** Claims nothing more from here on; running jobs go on. Safe twice, and before `drain`. */
  quiet(): void;
  /** Claims nothing more, gives running jobs their grace, aborts the rest and hands them back. */
  drain(): Promise<void>;
}

const NOTES_EVERY_MS = 1000;
const SETTINGS_EVERY_MS = 1000;
/** What is not written by then, after the grace, is left to the processes that rescue. */
const WRITE_TIMEOUT_MS = 5000;

/** Runs the jobs of all queues in this process. */
export function createWorker(options: WorkerOptions): Worker {
  const { pool, engine, bus, clock, random, logger, recorder, enqueuing, definitions, timings } = options;
  const gaveUp = new AbortController();
  const life = new AbortController();
  const processId = options.process.id;

  const discards = createDiscards({
    pool,
    logger,
    definitions,
    enqueuing: ({ id, data }) =>
      enqueuing({ id, requestId: data.requestId ?? null, discards: (data.discards ?? 0) + 1 }),
  });
  const transact = createTransact({ pool, processId, logger, enqueuing });

  const loops: readonly QueueLoop[] = [...Map.groupBy(definitions, ({ queue }) => queue)].map(([queue, ofQueue]) =>
    createQueueLoop({
      queue,
      definitions: ofQueue,
      engine,
      settler: createSettler({ engine, queue, processId, clock, logger, signal: gaveUp.signal }),
      bus,
      clock,
      random,
      logger,
      processId,
      version: options.process.version,
      recorder,
      enqueuing,
      transact,
      onDiscarded: discards.kick,
      pollMs: timings.pollMs,
      staleMs: timings.staleMs,
      abortGraceMs: timings.abortGraceMs,
    }),
  );
  const attempts = () => loops.flatMap((loop) => loop.running());
  const stopAttempts = (ids: readonly string[], reason: "cancelled" | "lost"): void => {
    for (const loop of loops) loop.stopAttempts(ids, reason);
  };

  const lease = createLease({
    pool,
    engine,
    bus,
    clock,
    logger,
    process: {
      ...options.process,
      names: definitions.map(({ name }) => name),
      get slots() {
        return Object.fromEntries(loops.map(({ queue, slots }) => [queue, slots]));
      },
    },
    heartbeatMs: timings.heartbeatMs,
    staleMs: timings.staleMs,
    claims: () => attempts().map(({ claim: { id, number } }) => ({ id, number })),
    onLost: (ids) => {
      logger.warn("queue.claims.lost", { jobIds: ids });
      stopAttempts(ids, "lost");
    },
    onEnded: (jobs) => recordEnds(jobs),
  });

  const recordEnds = (jobs: readonly LostJob[]): void => {
    for (const { id: jobId, queue, name, isDiscarded, durationMs, error, version } of jobs)
      recorder.ended({
        queue,
        name,
        jobId,
        outcome: isDiscarded ? "discarded" : "failed",
        durationMs,
        error,
        version,
      });
    if (jobs.some(({ isDiscarded }) => isDiscarded)) discards.kick();
  };

  const readSettings = async (): Promise<void> => {
    try {
      const states = await listQueueStates(pool);
      for (const loop of loops) loop.setSlots(states.get(loop.queue)?.slots ?? null);
    } catch (error) {
      logger.warn("queue.settings.unread", { err: error });
    }
    // Calls that another process has begun and not ended are found by looking only.
    discards.kick();
  };

  const hear = (message: BusMessage): void => {
    if (message.type === "cancelled") stopAttempts(message.ids, "cancelled");
    else if (message.type === "reconnected") for (const loop of loops) loop.wake();
    else if (message.type === "ready") for (const loop of loops) if (loop.queue === message.queue) loop.wake();
  };

  const isDoneWithin = async (work: Promise<unknown>, ms: number): Promise<boolean> => {
    const timer = new AbortController();
    const isDone = await Promise.race([work.then(() => true), pause(clock, ms, timer.signal).then(() => false)]);
    timer.abort();
    return isDone;
  };
  const settled = () => Promise.all(loops.map((loop) => loop.settled()));

  let unsubscribe: (() => void) | undefined;
  let draining: Promise<void> | undefined;
  /** Each wait has an end, for the database may be the reason of the stop. */
  const drain = async (): Promise<void> => {
    await isDoneWithin(Promise.all(loops.map((loop) => loop.stopClaiming())), WRITE_TIMEOUT_MS);
    if (!(await isDoneWithin(settled(), timings.graceMs))) {
      const left = attempts();
      logger.info("queue.drain.handing-back", { count: left.length });
      for (const attempt of left) attempt.stop("draining");
      if (!(await isDoneWithin(settled(), timings.abortGraceMs + WRITE_TIMEOUT_MS)))
        logger.error("queue.drain.incomplete");
    }
    if (!(await isDoneWithin(discards.stop(), WRITE_TIMEOUT_MS))) logger.warn("queue.discard-hook.slow");
    gaveUp.abort();
    life.abort();
    unsubscribe?.();
    if (!(await isDoneWithin(lease.stop(), WRITE_TIMEOUT_MS))) logger.warn("queue.process.forget-slow");
    for (const { queue } of loops) bus.publish({ type: "ready", queue });
  };

  return {
    start: async () => {
      unsubscribe = bus.subscribe(hear);
      await lease.start();
      await readSettings();
      clock.every(SETTINGS_EVERY_MS, readSettings, life.signal);
      for (const loop of loops) loop.start();
      clock.every(NOTES_EVERY_MS, () => loops.forEach((loop) => loop.saveNotes()), life.signal);
    },
    quiet: () => {
      for (const loop of loops) void loop.stopClaiming();
    },
    drain: () => (draining ??= drain()),
  };
}
