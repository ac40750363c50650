import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { createProcessGauges } from "../../platform/process-gauges.ts";
import type { QueueBus } from "../bus.ts";
import type { ClaimKey, Engine, LostJob } from "../engine.ts";
import { clearCounts } from "../store/counts.store.ts";
import { clearKeys } from "../dedupe/dedupe.store.ts";
import { clearDiscards } from "../store/discards.store.ts";
import { clearRemains, forgetProcess, recordProcess, type WorkerProcess } from "../store/fleet.store.ts";

export interface LeaseOptions {
  readonly pool: Pool;
  readonly engine: Engine;
  readonly bus: QueueBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly process: WorkerProcess;
  /** Milliseconds between two heartbeats. */
  readonly heartbeatMs: number;
  /**
   * Milliseconds without a heartbeat after which others take this process's jobs. Lower finds dead processes sooner; a process
   * that stalls for longer than this then has its jobs run twice.
   */
  readonly staleMs: number;
  readonly claims: () => readonly ClaimKey[];
  readonly onLost: (ids: readonly string[]) => void;
  /** Jobs of other processes that lost an attempt, and jobs that lost their time to start. */
  readonly onEnded: (jobs: readonly LostJob[]) => void;
}

/**
 * One row says that this process lives, and with it all its claims: a heartbeat per process and not per job. The same beat looks
 * whether the own claims still hold, takes the jobs of processes that went silent, and discards those whose time to start is over.
 */
export interface Lease {
  /** Resolves once the row is there: claims made before it would be taken away at once. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const CLEAR_EVERY_MS = 3600_000;

export function createLease(options: LeaseOptions): Lease {
  const { pool, engine, bus, clock, logger, process, heartbeatMs, staleMs, claims, onLost, onEnded } = options;
  const life = new AbortController();
  let beating: Promise<void> = Promise.resolve();
  const gauges = createProcessGauges();
  let isStarted = false;

  const readFigures = () => ({ eventLoopDelayMs: gauges.eventLoopDelayMs(), memoryBytes: gauges.memoryBytes() });

  const findLost = async (): Promise<void> => {
    const held = claims();
    if (held.length === 0) return;
    const lost = await engine.findLostClaims(process.id, held);
    if (lost.length > 0) onLost(lost);
  };

  const rescueOthers = async (): Promise<void> => {
    const rescued = await engine.rescue(staleMs);
    if (rescued.length === 0) return;
    logger.warn("queue.rescued", { count: rescued.length, jobIds: rescued.slice(0, 20).map(({ id }) => id) });
    publishDiscarded(rescued);
    for (const queue of new Set(rescued.map((job) => job.queue))) bus.publish({ type: "ready", queue });
    onEnded(rescued);
  };

  const expireWaiting = async (): Promise<void> => {
    const expired = await engine.expire();
    if (expired.length === 0) return;
    logger.warn("queue.expired", { count: expired.length, jobIds: expired.slice(0, 20).map(({ id }) => id) });
    publishDiscarded(expired);
    onEnded(expired);
  };

  const publishDiscarded = (jobs: readonly LostJob[]): void => {
    const ids = jobs.filter(({ isDiscarded }) => isDiscarded).map(({ id }) => id);
    if (ids.length > 0) bus.publish({ type: "ended", ids });
  };

  const beat = async (): Promise<void> => {
    try {
      await recordProcess(pool, process, readFigures());
      await findLost();
      await rescueOthers();
      await expireWaiting();
    } catch (error) {
      logger.warn("queue.heartbeat.failed", { err: error });
    }
  };

  const clear = async (): Promise<void> => {
    try {
      await clearRemains(pool);
      await clearKeys(pool);
      await clearDiscards(pool);
      await clearCounts(pool);
    } catch (error) {
      logger.warn("queue.clear.failed", { err: error });
    }
  };

  return {
    start: async () => {
      isStarted = true;
      await recordProcess(pool, process, readFigures());
      await rescueOthers();
      clock.every(heartbeatMs, () => (beating = beat()), life.signal);
      clock.every(CLEAR_EVERY_MS, clear, life.signal);
    },
    stop: async () => {
      life.abort();
      gauges.stop();
      if (!isStarted) return;
      await beating;
      await forgetProcess(pool, process.id).catch((error: unknown) =>
        logger.warn("queue.process.forget-failed", { err: error }),
      );
    },
  };
}
