import { hostname } from "node:os";
import type { Client, Pool } from "pg";
import { z } from "zod";
import type { Enqueued, JobDefinition } from "../define.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { systemRandom } from "../platform/random.ts";
import { parseCursor, toCursor, type Json } from "../trpc/wire.ts";
import { createQueueBus } from "./bus.ts";
import type { ActResult, JobFilter, JobPosition, StoredJob } from "./engine.ts";
import { createEnqueuer, type EnqueueCaller, type Enqueuer, type EnqueueManyRequest, type EnqueueRequest } from "./enqueue.ts";
import { createFigures, type Figures, type QueueFigures } from "./figures.ts";
import { createPgBossEngine } from "./pg-boss-engine.ts";
import { actRefused, jobDuplicate, jobNotFound, queueNotFound, type JobAct } from "./queue.errors.ts";
import type {
  definitionsOutput,
  JobDetail,
  jobPage,
  jobsListInput,
  JobState,
  resultInput,
  resultOutput,
} from "./queue.schema.ts";
import { createResults, isFinal } from "./results.ts";
import { pauseQueue, queueExists, resumeQueue } from "./store/fleet.store.ts";
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
  /** Milliseconds; see `DEFAULT_TIMINGS`. */
  readonly timings?: Partial<WorkerTimings>;
}

export interface JobChange {
  readonly id: string;
  readonly state: JobState;
  readonly before: JobState;
}

export interface Queue extends Service {
  definitions(): z.infer<typeof definitionsOutput>;
  /** Raises `JOB_UNKNOWN`, `JOB_INPUT_INVALID`, `TEXT_INVALID`. Stored, on disk, when it resolves; in a transaction, with its commit. */
  enqueue(request: EnqueueRequest, caller?: EnqueueCaller): Promise<Enqueued>;
  /** All or none, in one statement; ids in the order of the inputs. Raises what `enqueue` raises. */
  enqueueMany(request: EnqueueManyRequest, caller?: EnqueueCaller): Promise<{ ids: string[] }>;
  /** Newest first. Raises `CURSOR_INVALID`. */
  list(input: z.infer<typeof jobsListInput>): Promise<z.infer<typeof jobPage>>;
  /** Raises `JOB_NOT_FOUND`, as do all that take an id. */
  get(id: string): Promise<JobDetail>;
  /** Waits up to `waitMs` for the end of the job; answers early when the signal aborts. */
  result(input: z.infer<typeof resultInput>, signal?: AbortSignal): Promise<z.infer<typeof resultOutput>>;
  /** Waiting and running jobs; the handler's signal aborts wherever it runs. Raises `JOB_NOT_CANCELLABLE`. Safe twice. */
  cancel(id: string): Promise<JobChange>;
  /** Discarded and cancelled jobs, which get at least one more attempt. Raises `JOB_NOT_RETRYABLE`, `JOB_DUPLICATE`. */
  retry(id: string): Promise<JobChange>;
  /** Waiting jobs: no more waiting for their time. Raises `JOB_NOT_WAITING`. */
  runNow(id: string): Promise<JobChange>;
  /** Any job that does not run, with its history. Raises `JOB_RUNNING`. */
  remove(id: string): Promise<{ readonly before: JobState }>;
  /** Counts are at most a second old and stop at 10,000; whether a queue is paused is always current. */
  queues: Figures["queues"];
  /** Running jobs go on, no process claims another. Raises `QUEUE_NOT_FOUND`. Answers whether it was paused before. */
  pause(name: string, by?: string): Promise<{ readonly wasPaused: boolean }>;
  resume(name: string): Promise<{ readonly wasPaused: boolean }>;
  figures(): Promise<QueueFigures>;
  /** The job as it is and at each change, at least every second while it runs, until it has ended. */
  watch(id: string, signal: AbortSignal): AsyncIterable<JobDetail>;
}

const DEFAULT_TIMINGS: WorkerTimings = {
  heartbeatMs: 1000,
  staleMs: 5000,
  pollMs: 1000,
  graceMs: 10_000,
  abortGraceMs: 1000,
};
const JOBS_LIST = "queue.jobs";
const WATCH_EVERY_MS = 1000;
const UPKEEP_EVERY_MS = 1000;
const cursorKeys = z.tuple([z.iso.datetime({ precision: 6 }), z.uuid()]);

export function createQueue(options: QueueOptions): Queue {
  const { database, clock, ids, logger, processId, role, version } = options;
  const { pool } = database;
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const definitions = toRegistry(options.definitions);
  const runsJobs = role !== "web";

  const engine = createPgBossEngine({ pool, logger, isSupervisor: runsJobs });
  const bus = createQueueBus({ connect: () => database.directClient(), clock, logger, processId });
  const results = createResults({ engine, bus, clock });
  const figures = createFigures({ engine, pool, clock, staleMs: timings.staleMs });
  let isAnalyzeDue = false;
  const enqueuer: Enqueuer = createEnqueuer({
    engine,
    bus,
    ids,
    definitions,
    onBulk: () => {
      isAnalyzeDue = true;
    },
  });
  const worker = createWorker({
    pool,
    engine,
    bus,
    clock,
    logger,
    random: systemRandom,
    definitions: runsJobs ? options.definitions : [],
    process: { id: processId, host: hostname(), pid: process.pid, version, role },
    timings,
    enqueue: (claim, name, input, more) =>
      enqueuer.enqueue({ ...more, name, input }, { enqueuedBy: `job ${claim.id}`, requestId: claim.requestId ?? undefined }),
  });
  const life = new AbortController();
  let stopping: Promise<void> | undefined;

  /** Off the path of the caller, who waits for the insert only. */
  const upkeep = async (): Promise<void> => {
    if (!isAnalyzeDue) return;
    isAnalyzeDue = false;
    try {
      await engine.refreshStatistics();
    } catch (error) {
      logger.warn("queue.analyze.failed", { err: error });
    }
  };

  const act = async (kind: JobAct, id: string, result: Promise<ActResult | undefined>): Promise<ActResult> => {
    const found = await result;
    if (!found) throw jobNotFound(id);
    if (found.after === undefined) throw actRefused(kind, id, found.before);
    return found;
  };
  const toChange = (id: string, { before, after }: ActResult): JobChange => ({
    id,
    before,
    state: after === undefined || after === "removed" ? before : after,
  });
  const wake = (id: string, { queue }: ActResult): void => {
    bus.publish({ type: "ready", queue });
    bus.publish({ type: "changed", ids: [id] });
  };

  const get = async (id: string): Promise<JobDetail> => {
    const job = await engine.find(id);
    if (!job) throw jobNotFound(id);
    const { isPaused, pausedBy, ...detail } = job;
    return { ...detail, waitingReason: await explainWaiting(job, figures, definitions.has(job.name)) };
  };

  return {
    name: "queue",
    start: async (signal) => {
      await engine.start([...new Set(options.definitions.map(({ queue }) => queue))]);
      await bus.start(signal);
      signal.throwIfAborted();
      clock.every(UPKEEP_EVERY_MS, upkeep, life.signal);
      if (runsJobs) await worker.start();
    },
    stop: () =>
      (stopping ??= (async () => {
        await worker.drain();
        life.abort();
        await bus.stop();
        await engine.stop();
      })()),

    definitions: () => ({ items: [...definitions.values()].map(toDefinitionRow) }),
    enqueue: enqueuer.enqueue,
    enqueueMany: enqueuer.enqueueMany,

    list: async (input) => {
      const rows = await engine.list(toFilter(input), { limit: input.limit + 1, after: parsePosition(input.cursor) });
      const page = rows.slice(0, input.limit);
      const last = page.at(-1);
      return {
        items: page.map(({ job }) => job),
        nextCursor: last && rows.length > page.length ? toCursor(JOBS_LIST, [last.createdAtKey, last.job.id]) : null,
      };
    },
    get,
    result: async ({ id, waitMs }, signal) => {
      const outcome = await results.wait(id, waitMs, signal);
      if (!outcome) throw jobNotFound(id);
      const done = isFinal(outcome);
      return { id, state: outcome.state, done, output: done ? outcome.output : null, error: done ? outcome.error : null };
    },
    cancel: async (id) => {
      const found = await engine.cancel(id);
      if (found?.before === "cancelled") return { id, before: "cancelled", state: "cancelled" };
      const done = await act("cancel", id, Promise.resolve(found));
      if (done.before === "executing") bus.publish({ type: "cancelled", ids: [id] });
      bus.publish({ type: "ended", ids: [id] });
      return toChange(id, done);
    },
    retry: async (id) => {
      const done = await act("retry", id, refuseDuplicate(id, engine.retry(id)));
      wake(id, done);
      return toChange(id, done);
    },
    runNow: async (id) => {
      const done = await act("runNow", id, engine.runNow(id));
      wake(id, done);
      return toChange(id, done);
    },
    remove: async (id) => {
      const done = await act("remove", id, engine.remove(id));
      bus.publish({ type: "ended", ids: [id] });
      return { before: done.before };
    },

    queues: figures.queues,
    pause: async (name, by) => {
      if (!(await queueExists(pool, name))) throw queueNotFound(name);
      return { wasPaused: await pauseQueue(pool, name, by ?? null) };
    },
    resume: async (name) => {
      if (!(await queueExists(pool, name))) throw queueNotFound(name);
      const wasPaused = await resumeQueue(pool, name);
      bus.publish({ type: "ready", queue: name });
      return { wasPaused };
    },
    figures: figures.total,
    watch: async function* (id, signal) {
      const life = new AbortController();
      const watching = AbortSignal.any([signal, life.signal]);
      try {
        for (let previous = ""; !signal.aborted; ) {
          // Listens before it looks: a change in between is not missed.
          const word = results.nextWord(id, WATCH_EVERY_MS, watching);
          const job = await get(id);
          const text = JSON.stringify(job);
          if (text !== previous) yield job;
          previous = text;
          if (isFinal(job)) return;
          await word;
        }
      } finally {
        life.abort();
      }
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
  const { name, queue, description, retry, timeoutMs, concurrency } = definition;
  return {
    name,
    queue,
    description,
    maxAttempts: retry.attempts,
    timeoutMs,
    concurrency: concurrency.perProcess,
    inputSchema: z.toJSONSchema(definition.input, { io: "input", unrepresentable: "any" }) as Record<string, Json>,
  };
}

const isId = (text: string): boolean => z.uuid().safeParse(text).success;

function toFilter({ state, queue, name, search }: z.infer<typeof jobsListInput>): JobFilter {
  const text = search === undefined || search === "" ? undefined : search;
  const isWholeId = text !== undefined && isId(text);
  return { states: state, queue, name, id: isWholeId ? text : undefined, errorText: isWholeId ? undefined : text };
}

function parsePosition(cursor: string | undefined): JobPosition["after"] {
  if (cursor === undefined) return undefined;
  const [createdAt, id] = parseCursor(JOBS_LIST, cursor, cursorKeys);
  return { createdAt, id };
}

/** A job that is retried takes its dedupe key again, which another job may hold by then. */
async function refuseDuplicate<Value>(id: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "23505") throw jobDuplicate(id);
    throw error;
  }
}

async function explainWaiting(job: StoredJob, figures: Figures, isKnown: boolean): Promise<string | null> {
  if (job.state !== "available" && job.state !== "scheduled" && job.state !== "retryable") return null;
  if (job.isPaused) return `The queue ${job.queue} is paused${job.pausedBy === null ? "" : ` by ${job.pausedBy}`}.`;
  if (job.state === "scheduled") return `Starts at ${job.scheduledFor}.`;
  if (job.state === "retryable") return `Attempt ${job.attempts + 1} of ${job.maxAttempts} starts at ${job.scheduledFor}.`;
  if (!isKnown) return `No job named ${job.name} is defined here.`;
  const { used, total } = await figures.slotsOf(job.queue);
  if (total === 0) return "No process that runs jobs is up.";
  return used >= total ? `All ${total} slots of the queue ${job.queue} are busy.` : "Waits for a free slot.";
}
