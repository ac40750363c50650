import type { Enqueued, EnqueueOptions, JobDefinition } from "../define.ts";
import { isAppError } from "../platform/errors.ts";
import type { Ids } from "../platform/ids.ts";
import type { Json } from "../trpc/wire.ts";
import { toPayload, QUEUE_CHANNEL, type QueueBus } from "./bus.ts";
import type { Engine, NewJob, TransactionConnection } from "./engine.ts";
import { jobDuplicate, jobInputInvalid, jobInputTooLarge, jobUnknown } from "./queue.errors.ts";
import { enqueueOptionsSchema, JOB_INPUT_MAX_BYTES } from "./queue.schema.ts";
import { toStorableJson } from "./storable.ts";

export interface EnqueueRequest extends EnqueueOptions {
  readonly name: string;
  readonly input: unknown;
}

export interface EnqueueManyRequest extends Pick<EnqueueOptions, "delayMs" | "priority"> {
  readonly name: string;
  readonly inputs: readonly unknown[];
}

export interface EnqueueCaller {
  /** Shown with the job: an e-mail address, a key's name, `job <id>`. */
  readonly enqueuedBy?: string | undefined;
  readonly requestId?: string | undefined;
  /** The job commits or vanishes with this transaction. Enqueue last: an error in it spoils the transaction. */
  readonly tx?: TransactionConnection | undefined;
}

export interface Enqueuer {
  /** Raises `JOB_UNKNOWN`, `JOB_INPUT_INVALID`, `TEXT_INVALID`. On disk when it resolves; in a transaction, with its commit. */
  enqueue(request: EnqueueRequest, caller?: EnqueueCaller): Promise<Enqueued>;
  /** All or none, in one statement; ids in the order of the inputs. Raises what `enqueue` raises. */
  enqueueMany(request: EnqueueManyRequest, caller?: EnqueueCaller): Promise<{ ids: string[] }>;
}

export interface EnqueuerOptions {
  readonly engine: Engine;
  readonly bus: QueueBus;
  readonly ids: Ids;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  /** Called after an insert so large that the planner's picture of the table is wrong afterwards. */
  readonly onBulk: () => void;
}

const BULK_ROWS = 1000;
/** A loop that sleeps looks about once a second: a job due sooner is announced, so that it knows when to look. */
const WAKE_AHEAD_MS = 1000;
/** The job that held the key may end between the insert and the look-up: then the insert succeeds the next time. */
const DEDUPE_TRIES = 5;

export function createEnqueuer({ engine, bus, ids, definitions, onBulk }: EnqueuerOptions): Enqueuer {
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
    dedupeKey: options.dedupeKey,
    enqueuedBy: caller.enqueuedBy,
    requestId: caller.requestId,
  });

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
      const job = toNewJob(definition, parseJobInput(definition, request.input, ["input"]), request, caller);
      for (let tries = 0; tries < DEDUPE_TRIES; tries += 1) {
        const stored = await engine.insert(definition.queue, [job], caller.tx);
        if (stored.length === 1) {
          await wake(definition.queue, request.delayMs, caller.tx);
          return { id: job.id, deduplicated: false };
        }
        const id = await engine.findByDedupeKey(definition.queue, job.name, job.dedupeKey ?? "", caller.tx);
        if (id !== undefined) return { id, deduplicated: true };
      }
      throw jobDuplicate(job.id);
    },

    enqueueMany: async (request, caller = {}) => {
      const definition = definitionOf(request.name);
      checkOptions(definition.name, request);
      const jobs = request.inputs.map((input, index) =>
        toNewJob(definition, parseJobInput(definition, input, ["inputs", String(index)]), request, caller),
      );
      if (jobs.length === 0) return { ids: [] };
      const stored = await engine.insert(definition.queue, jobs, caller.tx);
      // Without dedupe keys nothing is left out; were it ever so, the ids below would name jobs that do not exist.
      if (stored.length !== jobs.length) throw new Error(`${stored.length} of ${jobs.length} jobs were stored`);
      await wake(definition.queue, request.delayMs, caller.tx);
      if (jobs.length >= BULK_ROWS) onBulk();
      return { ids: jobs.map(({ id }) => id) };
    },
  };
}

/** The input as it is stored: as given, checked against the schema but not changed by it, for the schema is applied again at the run. */
function parseJobInput(definition: JobDefinition, input: unknown, path: readonly string[]): Json {
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
  const { delayMs, priority, dedupeKey } = options;
  const parsed = enqueueOptionsSchema.safeParse({ delayMs, priority, dedupeKey });
  if (parsed.success) return;
  throw jobInputInvalid(
    name,
    parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message })),
  );
}

async function notifyIn(tx: TransactionConnection, payload: string): Promise<void> {
  // As text: Prisma cannot read a column of type void.
  const text = "SELECT pg_notify($1, $2)::text AS sent";
  await ("$queryRawUnsafe" in tx
    ? tx.$queryRawUnsafe(text, QUEUE_CHANNEL, payload)
    : tx.query(text, [QUEUE_CHANNEL, payload]));
}
