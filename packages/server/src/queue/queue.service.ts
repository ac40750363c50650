import { hostname } from "node:os";
import type { Client, Pool } from "pg";
import { z } from "zod";
import type { JobDefinition } from "../define.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { systemRandom } from "../platform/random.ts";
import type { Json } from "../trpc/wire.ts";
import { createBulk, type Bulk } from "./bulk/bulk.service.ts";
import { createQueueBus } from "./bus.ts";
import { createEnqueuer, type Enqueuer } from "./enqueue.ts";
import { createJobErrors, type JobErrors } from "./errors/errors.service.ts";
import { createFigures, type Figures, type QueueFigures } from "./figures.ts";
import { createFleet, type Fleet } from "./fleet/fleet.service.ts";
import { createJobActs, type JobActs } from "./job-acts.ts";
import { createJobReads, type JobReads } from "./job-reads.ts";
import { createPgBossEngine } from "./pg-boss-engine.ts";
import { queueNotFound } from "./queue.errors.ts";
import type { definitionsOutput, QueueSettings } from "./queue.schema.ts";
import { toRedaction } from "./redact.ts";
import { createQuarantine } from "./quarantine/quarantine.ts";
import { createQueueRecorder } from "./recorder.ts";
import { createResults } from "./results.ts";
import { configureQueue, pauseQueue, queueExists, resumeQueue } from "./store/fleet.store.ts";
import { storeDeclaredSchedules } from "./schedules/declared.ts";
import { createIndexer } from "./search/indexer.ts";
import { createSchedules, type Schedules } from "./schedules/schedules.service.ts";
import { createTicker } from "./schedules/ticker.ts";
import { createWhy } from "./why/why.ts";
import { createWorker, type WorkerTimings } from "./worker/worker.ts";

export interface QueueOptions {
  readonly database: { readonly pool: Pool; directClient(): Promise<Client> };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly definitions: readonly JobDefinition[];
  /** Different for each start of a process: claims are held under it. */
  readonly processId: string;
  /** `web` stores jobs and runs none. */
  readonly role: "web" | "worker" | "all";
  readonly version: string;
  readonly timings?: Partial<WorkerTimings>;
}

export interface Queue extends Service, Enqueuer, JobReads, JobActs {
  definitions(): z.infer<typeof definitionsOutput>;
  /** Counts are at most a second old and stop at 10,000; whether a queue is paused is always current. */
  queues: Figures["queues"];
  /** Running jobs go on, no process claims another. Raises `QUEUE_NOT_FOUND`. Answers whether it was paused before. */
  pause(name: string, by?: string): Promise<{ readonly wasPaused: boolean }>;
  resume(name: string): Promise<{ readonly wasPaused: boolean }>;
  /** What is not given stays. The next claim goes by it, on all processes. Raises `QUEUE_NOT_FOUND`. */
  configure(
    name: string,
    change: { readonly [Name in keyof QueueSettings]?: QueueSettings[Name] | undefined },
  ): Promise<{ readonly before: QueueSettings; readonly after: QueueSettings }>;
  /** Counted as `queues` are, at most a second old. */
  figures(): Promise<QueueFigures>;
  /** This process claims no further job; those that run go on. The first step of a stop, which may still wait for requests. */
  quiet(): void;
  readonly bulk: Bulk;
  readonly schedules: Schedules;
  readonly errors: JobErrors;
  readonly workers: Fleet;
}

const DEFAULT_TIMINGS: WorkerTimings = {
  heartbeatMs: 1000,
  staleMs: 5000,
  pollMs: 1000,
  graceMs: 10_000,
  abortGraceMs: 1000,
};
const UPKEEP_EVERY_MS = 1000;

/**
 * Durable jobs on Postgres. Stores and shows them in every process; runs them unless the role is `web`. Throws when two definitions
 * share a name.
 */
export function createQueue(options: QueueOptions): Queue {
  const { database, clock, ids, logger, processId, role, version } = options;
  const { pool } = database;
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const runsJobs = role !== "web";

  const engine = createPgBossEngine({ pool, logger, isSupervisor: runsJobs });
  const bus = createQueueBus({ connect: () => database.directClient(), clock, logger, processId });
  const bulk = createBulk({ pool, clock, ids, logger, bus, enqueuer: () => enqueuer, definitions: () => definitions });
  const jobs = [...options.definitions, ...bulk.jobs];
  const definitions = toRegistry(jobs);
  const results = createResults({ engine, bus, clock });
  const recorder = createQueueRecorder({ pool, clock, logger });
  const figures = createFigures({ engine, pool, clock, staleMs: timings.staleMs });
  let bulkInserted = 0;
  const enqueuer = createEnqueuer({
    pool,
    clock,
    recorder,
    engine,
    bus,
    ids,
    definitions,
    onBulk: (count) => {
      bulkInserted += count;
    },
  });
  const worker = createWorker({
    pool,
    engine,
    bus,
    clock,
    logger,
    random: systemRandom,
    definitions: runsJobs ? jobs : [],
    process: { id: processId, host: hostname(), pid: process.pid, version, role },
    timings,
    recorder,
    enqueuing:
      ({ id, requestId, discards }, tx) =>
      (job, input, more = {}) =>
        enqueuer.enqueue(
          { ...more, name: job.name, input },
          { enqueuedBy: `job ${id}`, requestId: requestId ?? undefined, parentId: id, discards, tx },
        ),
  });
  const ticker = createTicker({ pool, clock, logger, jobNames: [...definitions.keys()], enqueuer });
  const indexer = createIndexer({ pool, clock, logger });
  const quarantine = createQuarantine({ pool, logger, bus, recorder, definitions: jobs, version });
  const life = new AbortController();
  let stopping: Promise<void> | undefined;

  /** Off the path of the caller, who waits for the insert only. */
  const upkeep = async (): Promise<void> => {
    if (bulkInserted === 0) return;
    const inserted = bulkInserted;
    try {
      if (await engine.refreshStatistics(inserted)) bulkInserted -= inserted;
    } catch (error) {
      logger.warn("queue.analyze.failed", { err: error });
    }
  };

  const stop = async (): Promise<void> => {
    await worker.drain();
    life.abort();
    await ticker.settled();
    await indexer.stop();
    await quarantine.stop();
    await recorder.stop();
    await bus.stop();
    await engine.stop();
  };

  const requireQueue = async (name: string): Promise<void> => {
    if (!(await queueExists(pool, name))) throw queueNotFound(name);
  };

  return {
    name: "queue",
    start: async (signal) => {
      await engine.start([...new Set(jobs.map(({ queue }) => queue))]);
      await bus.start(signal);
      signal.throwIfAborted();
      clock.every(UPKEEP_EVERY_MS, upkeep, life.signal);
      recorder.start();
      if (!runsJobs) return;
      await storeDeclaredSchedules({ pool, ids, definitions: jobs });
      await indexer.start();
      await worker.start();
      quarantine.start();
      ticker.start(life.signal);
      bulk.startUpkeep(life.signal);
    },
    stop: () => (stopping ??= stop()),

    definitions: () => ({ items: [...definitions.values()].map(toDefinitionRow) }),
    ...enqueuer,
    ...createJobReads({
      engine,
      results,
      why: createWhy({ pool, staleMs: timings.staleMs, definitions }),
      definitions,
    }),
    ...createJobActs({ engine, bus, definitions }),

    queues: figures.queues,
    figures: figures.total,
    quiet: worker.quiet,
    bulk,
    schedules: createSchedules({ pool, ids, definitions, enqueuer }),
    errors: createJobErrors({ pool }),
    workers: createFleet({ pool, bus, staleMs: timings.staleMs }),
    pause: async (name, by) => {
      await requireQueue(name);
      return { wasPaused: await pauseQueue(pool, name, by ?? null) };
    },
    resume: async (name) => {
      await requireQueue(name);
      const wasPaused = await resumeQueue(pool, name);
      bus.publish({ type: "ready", queue: name });
      return { wasPaused };
    },
    configure: async (name, change) => {
      await requireQueue(name);
      const settings = await configureQueue(pool, name, change);
      // A loop that found no place looks again.
      bus.publish({ type: "ready", queue: name });
      return settings;
    },
  };
}

function toRegistry(definitions: readonly JobDefinition[]): ReadonlyMap<string, JobDefinition> {
  const registry = new Map(definitions.map((definition) => [definition.name, definition]));
  if (registry.size === definitions.length) return registry;
  const names = definitions.map(({ name }) => name);
  throw new Error(`Two jobs have the same name: ${names.find((name, index) => names.indexOf(name) !== index)}`);
}

function toDefinitionRow(definition: JobDefinition): z.infer<typeof definitionsOutput>["items"][number] {
  const { name, queue, description, retry, timeoutMs, concurrency, rateLimit } = definition;
  return {
    name,
    queue,
    description,
    maxAttempts: retry.attempts,
    timeoutMs,
    concurrency: concurrency.perProcess,
    globalConcurrency: concurrency.global ?? null,
    keyConcurrency: concurrency.perKey ?? null,
    rateLimit: rateLimit ?? null,
    redacted: [...toRedaction(definition).texts],
    isInternal: definition.isInternal,
    inputSchema: z.toJSONSchema(definition.input, { io: "input", unrepresentable: "any" }) as Record<string, Json>,
  };
}
