import type { Pool } from "pg";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { JobError } from "./engine.ts";
import { toFingerprint } from "./errors/fingerprint.ts";
import { INPUT_MISFIT } from "./store/job-row.ts";
import { addCounts, type ErrorCount, type RollupCount } from "./store/counts.store.ts";

/** How an attempt, or a job without one, ended. */
export interface RecordedEnd {
  readonly queue: string;
  readonly name: string;
  readonly jobId: string;
  /** `failed`: another attempt follows. `discarded`: none does. */
  readonly outcome: "completed" | "failed" | "discarded" | "cancelled";
  readonly durationMs: number;
  /** Of a failed attempt. */
  readonly error?: JobError | undefined;
  /** Of the code that ran it. */
  readonly version: string | null;
}

/**
 * Counts what becomes of jobs: in memory, and about twice a second into the tables behind rates and error groups. What a process has not
 * written when it is killed is missing there, and what it wrote without hearing so is there twice; the jobs themselves are not touched.
 */
export interface QueueRecorder {
  enqueued(queue: string, name: string, count: number): void;
  ended(end: RecordedEnd): void;
  start(): void;
  /** Writes what is left. Safe before `start`, safe twice. */
  stop(): Promise<void>;
}

const WRITE_EVERY_MS = 500;
const MESSAGE_MAX_LENGTH = 500;
const VERSIONS_MAX = 10;
/** Discarded without an attempt: there is none to count as failed. */
const UNATTEMPTED = new Set([INPUT_MISFIT, "JOB_EXPIRED"]);

type Rollup = { -readonly [Name in keyof RollupCount]: RollupCount[Name] };
type Failures = { -readonly [Name in keyof ErrorCount]: ErrorCount[Name] };

export function createQueueRecorder(options: {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
}): QueueRecorder {
  const { pool, clock, logger } = options;
  const life = new AbortController();
  let rollups = new Map<string, Rollup>();
  let failures = new Map<string, Failures>();
  let writing: Promise<void> = Promise.resolve();

  const rollupOf = (queue: string, name: string): Rollup => {
    // Neither has a space in it.
    const key = `${queue} ${name}`;
    const known = rollups.get(key);
    if (known) return known;
    const rollup = { queue, name, enqueued: 0, completed: 0, failed: 0, discarded: 0, duration_ms: 0 };
    rollups.set(key, rollup);
    return rollup;
  };

  const countFailure = ({ queue, name, jobId, version }: RecordedEnd, error: JobError): void => {
    const { fingerprint, pattern, place } = toFingerprint(name, error);
    const known = failures.get(fingerprint);
    const versions = new Set([...(known?.versions ?? []), ...(version === null ? [] : [version])]);
    failures.set(fingerprint, {
      fingerprint,
      name,
      queue,
      error_name: error.name,
      message: error.message.slice(0, MESSAGE_MAX_LENGTH).toWellFormed(),
      pattern,
      place,
      attempts: (known?.attempts ?? 0) + 1,
      last_job_id: jobId,
      versions: [...versions].slice(-VERSIONS_MAX),
    });
  };

  const write = async (): Promise<void> => {
    if (rollups.size === 0 && failures.size === 0) return;
    const taken = { rollups: [...rollups.values()], failures: [...failures.values()] };
    rollups = new Map();
    failures = new Map();
    try {
      await addCounts(pool, taken.rollups, taken.failures);
    } catch (error) {
      logger.warn("queue.counts.failed", { err: error });
      for (const rollup of taken.rollups) addRollup(rollupOf(rollup.queue, rollup.name), rollup);
      for (const failure of taken.failures) {
        const since = failures.get(failure.fingerprint);
        const versions = new Set([...failure.versions, ...(since?.versions ?? [])]);
        failures.set(failure.fingerprint, {
          ...(since ?? failure),
          attempts: failure.attempts + (since?.attempts ?? 0),
          versions: [...versions].slice(-VERSIONS_MAX),
        });
      }
    }
  };
  /** One after the other: each writes what the one before could not. */
  const writeNext = (): Promise<void> => (writing = writing.then(write));

  return {
    enqueued: (queue, name, count) => {
      rollupOf(queue, name).enqueued += count;
    },
    ended: (end) => {
      const { queue, name, outcome, error } = end;
      const rollup = rollupOf(queue, name);
      if (outcome === "completed") rollup.completed += 1;
      if (outcome === "discarded") rollup.discarded += 1;
      const isAttempted = error === undefined || !UNATTEMPTED.has(error.name);
      // How long a cancelled attempt took says nothing about the job.
      if (isAttempted && outcome !== "cancelled") rollup.duration_ms += end.durationMs;
      if (isAttempted && (outcome === "failed" || outcome === "discarded")) rollup.failed += 1;
      if (error && outcome !== "cancelled") countFailure(end, error);
    },
    start: () => clock.every(WRITE_EVERY_MS, writeNext, life.signal),
    stop: async () => {
      life.abort();
      await writeNext();
    },
  };
}

function addRollup(to: Rollup, { enqueued, completed, failed, discarded, duration_ms: durationMs }: RollupCount): void {
  to.enqueued += enqueued;
  to.completed += completed;
  to.failed += failed;
  to.discarded += discarded;
  to.duration_ms += durationMs;
}
