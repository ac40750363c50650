import type { Pool } from "pg";
import type { Enqueued, EnqueueOptions, JobDefinition } from "../define.ts";
import type { Clock } from "../platform/clock.ts";
import { isAppError } from "../platform/errors.ts";
import type { Ids } from "../platform/ids.ts";
import { requireStorableText } from "../middleware/text.ts";
import { inTransaction } from "../platform/sql.ts";
import type { Json } from "../trpc/wire.ts";
import { toPayload, QUEUE_CHANNEL, type QueueBus } from "./bus.ts";
import { takeKey } from "./dedupe/dedupe.store.ts";
import type { Engine, NewJob, TransactionConnection } from "./engine.ts";
import { jobDuplicate, jobInputInvalid, jobInputTooLarge, jobRetryCycle, jobUnknown } from "./queue.errors.ts";
import { enqueueOptionsSchema, JOB_INPUT_MAX_BYTES } from "./queue.schema.ts";
import type { QueueRecorder } from "./recorder.ts";
import { toStorableJson } from "./storable.ts";

export interface EnqueueRequest extends EnqueueOptions {
  readonly name: string;
  readonly input: unknown;
}

export interface EnqueueManyRequest extends Pick<EnqueueOptions, "delayMs" | "priority" | "expireInMs" | "tags"> {
  readonly name: string;
  readonly inputs: readonly unknown[];
}

export interface EnqueueCaller {
  /** Shown with the job: an e-mail address, a key's name, `job <id>`. */
  readonly enqueuedBy?: string | undefined;
  readonly requestId?: string | undefined;
  /** The job commits or vanishes with this transaction. Enqueue last: an error in it spoils the transaction. */
  readonly tx?: TransactionConnection | undefined;
  /** The job that stores this one. */
  readonly parentId?: string | undefined;
  readonly scheduleId?: string | undefined;
  /** How many discarded jobs led to this one, one after the other. More than 10 are a cycle. */
  readonly discards?: number | undefined;
}

export interface Enqueuer {
  /**
   * Raises `JOB_UNKNOWN`, `JOB_INPUT_INVALID`, `JOB_RETRY_CYCLE`, `TEXT_INVALID`. On disk when it resolves; in a transaction, with its
   * commit.
   */
  enqueue(request: EnqueueRequest, caller?: EnqueueCaller): Promise<Enqueued>;
  /** All or none, in one statement; ids in the order of the inputs. Raises what `enqueue` raises. */
  enqueueMany(request: EnqueueManyRequest, caller?: EnqueueCaller): Promise<{ ids: string[] }>;
}

export interface EnqueuerOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly recorder: Pick<QueueRecorder, "enqueued">;
  readonly engine: Engine;
  readonly bus: QueueBus;
  readonly ids: Ids;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  /** Called after an insert so large that the planner's picture of the table is wrong afterwards. */
  readonly onBulk: (count: number) => void;
}

const BULK_ROWS = 1000;
/** A loop that sleeps looks about once a second: a job due sooner is announced, so that it knows when to look. */
const WAKE_AHEAD_MS = 1000;
/** The job that held the key may end between the insert and the look-up: then the insert succeeds the next time. */
const DEDUPE_TRIES = 5;
const DISCARDS_MAX = 10;

export function createEnqueuer(options: EnqueuerOptions): Enqueuer {
  const { pool, clock, recorder, engine, bus, ids, definitions, onBulk } = options;
  const definitionOf = (name: string): JobDefinition => {
    const definition = definitions.get(name);
    if (!definition) throw jobUnknown(name);
    return definition;
  };

  const toNewJob = (
    definition: JobDefinition,
    input: Json,
    options: EnqueueOptions,
    caller: EnqueueCaller,
  ): NewJob => ({
    id: ids.uuid(),
    name: definition.name,
    input,
    priority: options.priority ?? definition.priority,
    delayMs: options.delayMs ?? 0,
    maxAttempts: definition.retry.attempts,
    timeoutMs: definition.timeoutMs,
    dedupeKey: options.dedupeKey ?? toDedupeKey(definition, input),
    enqueuedBy: caller.enqueuedBy,
    requestId: caller.requestId,
    key: options.key,
    tags: options.tags,
    parentId: caller.parentId,
    scheduleId: caller.scheduleId,
    // By the clock of this process; the database compares it with its own.
    expiresAt:
      options.expireInMs === undefined ? undefined : new Date(clock.now().getTime() + options.expireInMs).toISOString(),
    discards: caller.discards,
  });

  /** In a transaction when the key of the job outlives it: the key and the job are stored together. */
  const store = async (
    definition: JobDefinition,
    job: NewJob,
    tx: TransactionConnection | undefined,
  ): Promise<Enqueued> => {
    const { dedupeKey: key, name, id } = job;
    const windowMs = definition.dedupe?.windowMs;
    if (key !== undefined && windowMs !== undefined) {
      if (!tx) return inTransaction(pool, (sql) => store(definition, job, sql));
      const live = await engine.findByDedupeKey(definition.queue, name, key, tx);
      if (live !== undefined) return { id: live, deduplicated: true };
      const holder = await takeKey(tx, { name, key, windowMs, jobId: id });
      if (holder !== id) return { id: holder, deduplicated: true };
    }
    for (let tries = 0; tries < DEDUPE_TRIES; tries += 1) {
      const stored = await engine.insert(definition.queue, [job], tx);
      if (stored.length === 1) return { id, deduplicated: false };
      const live = await engine.findByDedupeKey(definition.queue, name, key ?? "", tx);
      if (live !== undefined) return { id: live, deduplicated: true };
    }
    throw jobDuplicate(id);
  };

  const storeAll = async (
    definition: JobDefinition,
    jobs: readonly NewJob[],
    tx: TransactionConnection | undefined,
  ): Promise<{ readonly ids: string[]; readonly count: number }> => {
    if (jobs.some(({ dedupeKey }) => dedupeKey !== undefined)) {
      if (!tx) return inTransaction(pool, (sql) => storeAll(definition, jobs, sql));
      const ids = new Map<NewJob, Enqueued>();
      // One after the other in the order of the keys: two such calls with keys in common would deadlock otherwise.
      for (const job of jobs.toSorted((one, other) => compare(one.dedupeKey ?? "", other.dedupeKey ?? "")))
        ids.set(job, await store(definition, job, tx));
      return {
        ids: jobs.map((job) => ids.get(job)?.id ?? job.id),
        count: [...ids.values()].filter(({ deduplicated }) => !deduplicated).length,
      };
    }
    const stored = await engine.insert(definition.queue, jobs, tx);
    // Without dedupe keys nothing is left out; were it ever so, the ids below would name jobs that do not exist.
    if (stored.length !== jobs.length) throw new Error(`${stored.length} of ${jobs.length} jobs were stored`);
    return { ids: jobs.map(({ id }) => id), count: jobs.length };
  };

  const wake = async (
    queue: string,
    delayMs: number | undefined,
    tx: TransactionConnection | undefined,
  ): Promise<void> => {
    if (delayMs !== undefined && delayMs > WAKE_AHEAD_MS) return;
    // Within a transaction the notification leaves with the commit; outside of it, it must not make each insert wait for the
    // one lock that all notifying transactions share.
    if (tx) await notifyIn(tx, toPayload(null, { type: "ready", queue }));
    else bus.publish({ type: "ready", queue });
  };

  return {
    enqueue: async (request, caller = {}) => {
      const definition = definitionOf(request.name);
      checkOptions(definition.name, request);
      checkCycle(definition.name, caller);
      const job = toNewJob(definition, parseJobInput(definition, request.input, ["input"]), request, caller);
      const enqueued = await store(definition, job, caller.tx);
      if (enqueued.deduplicated) return enqueued;
      recorder.enqueued(definition.queue, definition.name, 1);
      await wake(definition.queue, request.delayMs, caller.tx);
      return enqueued;
    },

    enqueueMany: async (request, caller = {}) => {
      const definition = definitionOf(request.name);
      checkOptions(definition.name, request);
      checkCycle(definition.name, caller);
      const jobs = request.inputs.map((input, index) =>
        toNewJob(definition, parseJobInput(definition, input, ["inputs", String(index)]), request, caller),
      );
      if (jobs.length === 0) return { ids: [] };
      const stored = await storeAll(definition, jobs, caller.tx);
      recorder.enqueued(definition.queue, definition.name, stored.count);
      await wake(definition.queue, request.delayMs, caller.tx);
      if (stored.count >= BULK_ROWS) onBulk(stored.count);
      return { ids: stored.ids };
    },
  };
}

/** The text for the key of a job without one of its own. */
function toDedupeKey(definition: JobDefinition, input: Json): string | undefined {
  const key = definition.dedupe?.key(input);
  if (key === undefined || key === "") return undefined;
  if (enqueueOptionsSchema.safeParse({ dedupeKey: key }).success) return key;
  throw jobInputInvalid(definition.name, [{ path: ["input"], message: "Makes a dedupe key of over 200 characters." }]);
}

function checkCycle(name: string, { discards = 0 }: EnqueueCaller): void {
  if (discards > DISCARDS_MAX) throw jobRetryCycle(name, DISCARDS_MAX);
}

/** The input as it is stored: as given, checked against the schema but not changed by it, for the schema is applied again at the run. */
export function parseJobInput(definition: JobDefinition, input: unknown, path: readonly string[]): Json {
  const { json, sizeBytes } = toStorable(definition, input, path);
  if (sizeBytes > JOB_INPUT_MAX_BYTES) throw jobInputTooLarge(definition.name, path);
  const parsed = definition.input.safeParse(json);
  if (parsed.success) return json;
  throw jobInputInvalid(
    definition.name,
    parsed.error.issues.map((issue) => ({ path: [...path, ...issue.path.map(String)], message: issue.message })),
  );
}

function toStorable(
  definition: JobDefinition,
  input: unknown,
  path: readonly string[],
): ReturnType<typeof toStorableJson> {
  try {
    return toStorableJson(input);
  } catch (error) {
    if (isAppError(error)) throw error;
    throw jobInputInvalid(definition.name, [{ path, message: "Cannot be written as JSON." }]);
  }
}

/** Callers in this process do not come through the router. */
function checkOptions(name: string, options: EnqueueOptions): void {
  const { delayMs, priority, dedupeKey, expireInMs, key, tags } = options;
  const parsed = enqueueOptionsSchema.safeParse({ delayMs, priority, dedupeKey, expireInMs, key, tags });
  if (!parsed.success)
    throw jobInputInvalid(
      name,
      parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message })),
    );
  requireStorableText({ dedupeKey, key });
  if (expireInMs !== undefined && expireInMs <= (delayMs ?? 0))
    throw jobInputInvalid(name, [{ path: ["expireInMs"], message: "Is over before the delay is." }]);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

async function notifyIn(tx: TransactionConnection, payload: string): Promise<void> {
  // As text: Prisma cannot read a column of type void.
  const text = "SELECT pg_notify($1, $2)::text AS sent";
  await ("$queryRawUnsafe" in tx
    ? tx.$queryRawUnsafe(text, QUEUE_CHANNEL, payload)
    : tx.query(text, [QUEUE_CHANNEL, payload]));
}
