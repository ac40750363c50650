import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { QueueBus } from "../bus.ts";
import type { ClaimKey, Engine } from "../engine.ts";
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
}

/**
 * One row says that this process lives, and with it all its claims: a heartbeat per process and not per job. The same beat looks
 * whether the own claims still hold, and takes the jobs of processes that went silent.
 */
export interface Lease {
  /** Resolves once the row is there: claims made before it would be taken away at once. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const CLEAR_EVERY_MS = 3600_000;

export function createLease(options: LeaseOptions): Lease {
  const { pool, engine, bus, clock, logger, process, heartbeatMs, staleMs, claims, onLost } = options;
  const life = new AbortController();
  let beating: Promise<void> = Promise.resolve();
  let isStarted = false;

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
    const discarded = rescued.filter(({ isDiscarded }) => isDiscarded);
    if (discarded.length > 0) bus.publish({ type: "ended", ids: discarded.map(({ id }) => id) });
    for (const queue of new Set(rescued.map((job) => job.queue))) bus.publish({ type: "ready", queue });
  };

  const beat = async (): Promise<void> => {
    try {
      await recordProcess(pool, process);
      await findLost();
      await rescueOthers();
    } catch (error) {
      logger.warn("queue.heartbeat.failed", { err: error });
    }
  };

  const clear = async (): Promise<void> => {
    try {
      await clearRemains(pool);
    } catch (error) {
      logger.warn("queue.clear.failed", { err: error });
    }
  };

  return {
    start: async () => {
      isStarted = true;
      await recordProcess(pool, process);
      await rescueOthers();
      clock.every(heartbeatMs, () => (beating = beat()), life.signal);
      clock.every(CLEAR_EVERY_MS, clear, life.signal);
    },
    stop: async () => {
      life.abort();
      if (!isStarted) return;
      await beating;
      await forgetProcess(pool, process.id).catch((error: unknown) =>
        logger.warn("queue.process.forget-failed", { err: error }),
      );
    },
  };
}
