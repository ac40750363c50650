import type { Pool } from "pg";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { createMark, indexLate, indexNext } from "./search.store.ts";

export interface IndexerOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Writes the documents that jobs are searched by, shortly after the jobs, in one of the processes that run it. */
export interface Indexer {
  start(): Promise<void>;
  /** Resolves once nothing is being written. Safe before start, safe twice. */
  stop(): Promise<void>;
}

/** At most 16,000 jobs a second: jobs are stored faster only for a while, and what is not in the index yet is found without it. */
const CHUNK = 4000;
const EVERY_MS = 250;
/** Rounds without a look while there is nothing to do. What is too new for the index need not get there sooner. */
const IDLE_ROUNDS = 8;
const SWEEP_EVERY_MS = 180_000;

export function createIndexer({ pool, clock, logger }: IndexerOptions): Indexer {
  let life: AbortController | undefined;
  let working: Promise<void> = Promise.resolve();
  let idleRounds = 0;

  const work = async (): Promise<void> => {
    try {
      const { count } = await indexNext(pool, CHUNK);
      if (count === CHUNK) return;
      await indexLate(pool, SWEEP_EVERY_MS, CHUNK);
      idleRounds = IDLE_ROUNDS;
    } catch (error) {
      // The next round does it.
      logger.warn("queue.search.index-failed", { err: error });
      idleRounds = IDLE_ROUNDS;
    }
  };

  return {
    start: async () => {
      life = new AbortController();
      await createMark(pool);
      clock.every(
        EVERY_MS,
        () => {
          if (idleRounds > 0) {
            idleRounds -= 1;
            return;
          }
          working = work();
          return working;
        },
        life.signal,
      );
    },
    stop: async () => {
      life?.abort();
      await working;
    },
  };
}
