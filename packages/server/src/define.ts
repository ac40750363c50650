import { z } from "zod";
import { jobNameSchema, queueNameSchema } from "./queue/queue.schema.ts";

export interface RetryPolicy {
  /** Runs a job gets in all, the first included. Default 5, at least 1. */
  readonly attempts: number;
  /** Wait before the second attempt; doubles with each further one. Default 1,000. */
  readonly backoffMs: number;
  /** No wait is longer. Default 60,000. */
  readonly maxDelayMs: number;
  /** Share of the wait that is left to chance, 0 to 1, so that jobs that failed together come back apart. Default 0.2. */
  readonly jitter: number;
  /**
   * Whether another attempt may help. False discards the job at once, as an error with `retryable: false` does. Not asked about lost
   * processes. When it throws, the error is retried. Default: every error is.
   */
  retryable?(error: unknown): boolean;
}

/** All over every process that runs jobs but `perProcess`. Jobs beyond a limit wait; those behind them that have a place run. */
export interface ConcurrencyPolicy {
  /** Attempts of this job that one process runs at once. Default 10. A queue has as many slots as its widest job. */
  readonly perProcess: number;
  /** Attempts of this job at once, over all processes. Default: no limit. */
  readonly global: number | undefined;
  /** Attempts at once of jobs that were stored with the same `key`, over all processes. Jobs without a key do not count. */
  readonly perKey: number | undefined;
}

/**
 * At most `limit` starts within any `perMs` milliseconds, over all processes. Starts are spaced evenly; above some twenty a second they come
 * in small bunches, for which the whole keeps up to a tenth below the limit. A second attempt is another start.
 */
export interface RateLimitPolicy {
  readonly limit: number;
  readonly perMs: number;
}

export interface DedupePolicy<Input> {
  /** Of the input as it is stored. At most 200 characters; an empty text means no key. */
  key(input: Input): string;
  /**
   * Milliseconds for which the key stays taken, counted from the enqueue, also after the end of the job. Default: until the end of the
   * job, as with `EnqueueOptions.dedupeKey`.
   */
  readonly windowMs?: number | undefined;
}

/** A schedule that comes with the definition and is made at the start of a process. */
export interface CronPolicy<Input> {
  /** Five or six fields. */
  readonly expression: string;
  /** IANA name. Default UTC. */
  readonly timeZone?: string | undefined;
  readonly input: Input;
}

export interface EnqueueOptions {
  /** Milliseconds to wait before the first attempt. Default 0. */
  readonly delayMs?: number | undefined;
  /** -100 to 100, higher goes first. Default: the definition's. */
  readonly priority?: number | undefined;
  /** At most one waiting or running job of this name has this key; a second enqueue answers the first one's id. */
  readonly dedupeKey?: string | undefined;
  /** Milliseconds within which the job must start, its delay included; then it is discarded as `JOB_EXPIRED`. Default: it waits for ever. */
  readonly expireInMs?: number | undefined;
  /** Jobs with one key share `concurrency.perKey`: a customer, a tenant. */
  readonly key?: string | undefined;
  /** To find the job by. At most 10. */
  readonly tags?: readonly string[] | undefined;
}

export interface Enqueued {
  readonly id: string;
  /** True when a waiting or running job with the same key was found instead. */
  readonly deduplicated: boolean;
}

/** Lines kept with the attempt and shown on the job's page: the first 100, each cut at 2,000 characters. */
export interface JobLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Stores another job. Raises what `Queue.enqueue` raises. */
export type EnqueueFromJob = <In extends z.ZodType>(
  job: Pick<JobDefinition<In>, "name" | "input">,
  input: z.input<In>,
  options?: EnqueueOptions,
) => Promise<Enqueued>;

export interface QueriedRows<Row> {
  readonly rows: Row[];
}

/** The transaction of `JobContext.tx`. Good until its work ends. */
export interface JobTransaction {
  /** One SQL statement with its values for `$1`, `$2` and so on. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<QueriedRows<Row>>;
  /** The job is stored when the transaction commits. Enqueue last: an error in it spoils the transaction. */
  readonly enqueue: EnqueueFromJob;
}

/** What a job sees of its run. */
export interface JobContext<Input, Output = unknown, Data = unknown> {
  readonly input: Input;
  readonly jobId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborts on cancel, on timeout, when the process drains, and when the claim was lost to another process. */
  readonly signal: AbortSignal;
  readonly log: JobLog;
  /** Share of the work that is done, 0 to 1. Written about once a second. Throws when `data` does not fit the job's `progress` schema. */
  progress(share: number, data?: Data): void;
  /** Stores another job, whether or not this attempt succeeds. */
  readonly enqueue: EnqueueFromJob;
  /**
   * Runs `work` in a database transaction that also completes the job with what `work` returns: the effect and the completion commit
   * together, so the effect happens exactly once, even when the process dies right after. Rejects, with nothing of it stored, when the
   * claim holds no longer or the signal aborts first. Once per attempt; return what it resolves to. Until it ends, the transaction
   * holds a connection, and cancelling the job waits for it: keep it short, and do slow things before it.
   */
  tx<Result extends Output>(work: (db: JobTransaction) => Promise<Result>): Promise<Result>;
}

/** What `onDiscard` gets. */
export interface DiscardContext<Input> {
  readonly input: Input;
  readonly jobId: string;
  readonly error: { readonly name: string; readonly message: string; readonly stack: string | null };
  /** Carries the number of discards on: after ten in a row the next is refused with `JOB_RETRY_CYCLE`. */
  readonly enqueue: EnqueueFromJob;
  /** Goes to the process's log: the job has no attempt to keep lines with. */
  readonly log: JobLog;
}

/** A kind of job: what it takes, how it runs, and what happens when it fails. Made by `defineJob`. */
export interface JobDefinition<
  In extends z.ZodType = z.ZodType,
  Out extends z.ZodType = z.ZodType,
  Data extends z.ZodType = z.ZodType,
> {
  readonly name: string;
  readonly description: string;
  readonly input: In;
  readonly output: Out | undefined;
  readonly progress: Data | undefined;
  readonly queue: string;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly priority: number;
  readonly concurrency: ConcurrencyPolicy;
  readonly rateLimit: RateLimitPolicy | undefined;
  readonly dedupe: DedupePolicy<z.input<In>> | undefined;
  readonly cron: CronPolicy<z.input<In>> | undefined;
  /** Paths as `user.token` or `items.*.secret`. */
  readonly redact: readonly string[];
  readonly hasDiscardHook: boolean;
  readonly isInternal: boolean;
  // Methods, not properties: their parameters are then compared both ways, so that jobs of different inputs fit in one list.
  run(context: JobContext<z.output<In>, z.input<Out>, z.input<Data>>): Promise<z.input<Out>> | z.input<Out>;
  onDiscard(context: DiscardContext<z.output<In>>): Promise<void> | void;
}

export interface JobOptions<In extends z.ZodType, Out extends z.ZodType, Data extends z.ZodType> {
  /** `feature.verb-noun`. Stored with each job: renaming it strands the jobs that wait under the old name. */
  readonly name: string;
  /** One sentence for the operator. */
  readonly description?: string;
  /** Checked when a job is stored and again before each attempt. Synchronous: no async refinements. */
  readonly input: In;
  /** Checked when an attempt returns; a misfit fails the attempt. Default: any JSON. */
  readonly output?: Out | undefined;
  /** What may come with `progress(share, data)`. Synchronous. Default: no data. */
  readonly progress?: Data | undefined;
  /** Jobs of one queue share its slots and are paused together. Default `default`. */
  readonly queue?: string;
  readonly retry?: Partial<RetryPolicy>;
  /** Milliseconds an attempt may take; then its signal aborts and the attempt has failed. Default 60,000. */
  readonly timeoutMs?: number;
  /** -100 to 100, higher goes first. Default 0. */
  readonly priority?: number;
  readonly concurrency?: { readonly [Limit in keyof ConcurrencyPolicy]?: ConcurrencyPolicy[Limit] | undefined };
  /** Default: no limit. */
  readonly rateLimit?: RateLimitPolicy | undefined;
  /** Gives each job stored without a `dedupeKey` its own. Default: no key. */
  readonly dedupe?: DedupePolicy<z.input<In>> | undefined;
  /** Stores the job again and again. Default: only who enqueues it. */
  readonly cron?: CronPolicy<z.input<In>> | undefined;
  /** Paths in the input and the output that are shown as `[redacted]`: `user.token`, `items.*.secret`. Stored as they are. */
  readonly redact?: readonly string[];
  /** Stored by the code alone: forms in which people choose a job leave it out. Default false. */
  readonly isInternal?: boolean;
  /**
   * One attempt. May run more than once for a job, so write it to be repeatable. What it throws fails the attempt; an error with
   * `retryable: false` discards the job at once. Return when the signal aborts: an attempt that was stopped counts as stopped.
   */
  run(context: JobContext<z.output<In>, z.input<Out>, z.input<Data>>): Promise<z.input<Out>> | z.input<Out>;
  /**
   * Runs after the job was discarded: its attempts are used up, its error was final, its process died in the last attempt, or it expired.
   * The call is stored with the discard and made until it resolves, at most five times: as a rule once, twice when the process
   * dies in it, and never for a job that was cancelled or whose input does not fit any more. What it throws is logged and tried again,
   * but not an error with `retryable: false`. A call that takes over a minute may be made a second time meanwhile.
   */
  onDiscard?(context: DiscardContext<z.output<In>>): Promise<void> | void;
}

const DEFAULT_RETRY: RetryPolicy = { attempts: 5, backoffMs: 1000, maxDelayMs: 60_000, jitter: 0.2 };
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_PER_PROCESS = 10;

const DAY_MS = 24 * 3600 * 1000;

const countSchema = z.number().int().min(1).max(100_000).optional();
const settingsSchema = z.object({
  name: jobNameSchema,
  queue: queueNameSchema,
  priority: z.number().int().min(-100).max(100),
  timeoutMs: z.number().int().min(1).max(DAY_MS),
  concurrency: z.object({ perProcess: z.number().int().min(1).max(1000), global: countSchema, perKey: countSchema }),
  retry: z.object({
    attempts: z.number().int().min(1).max(1000),
    backoffMs: z.number().int().min(0),
    maxDelayMs: z.number().int().min(0),
    jitter: z.number().min(0).max(1),
  }),
  rateLimit: z
    .object({ limit: z.number().int().min(1).max(1_000_000), perMs: z.number().int().min(100).max(DAY_MS) })
    .optional(),
  windowMs: z
    .number()
    .int()
    .min(1)
    .max(365 * DAY_MS)
    .optional(),
  redact: z.array(z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/)).max(50),
});

/** Declares a job. Throws at once when a setting is out of its bounds: a definition is code, not input. */
export function defineJob<
  In extends z.ZodType,
  Out extends z.ZodType = z.ZodType,
  // Without a schema there is no data to report.
  Data extends z.ZodType = z.ZodNever,
  const Name extends string = string,
>(
  options: JobOptions<In, Out, Data> & { readonly name: Name },
): JobDefinition<In, Out, Data> & { readonly name: Name } {
  const { retryable, ...retry } = options.retry ?? {};
  const { windowMs: _, ...settings } = settingsSchema.parse({
    name: options.name,
    queue: options.queue ?? "default",
    priority: options.priority ?? 0,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    concurrency: { ...options.concurrency, perProcess: options.concurrency?.perProcess ?? DEFAULT_PER_PROCESS },
    retry: { ...DEFAULT_RETRY, ...retry },
    rateLimit: options.rateLimit,
    windowMs: options.dedupe?.windowMs,
    redact: options.redact ?? [],
  });
  return {
    ...settings,
    // Its type is the name itself, by which clients know the job.
    name: options.name,
    concurrency: {
      perProcess: settings.concurrency.perProcess,
      global: settings.concurrency.global,
      perKey: settings.concurrency.perKey,
    },
    retry: { ...settings.retry, ...(retryable ? { retryable } : {}) },
    rateLimit: settings.rateLimit,
    description: options.description ?? "",
    input: options.input,
    output: options.output,
    progress: options.progress,
    dedupe: options.dedupe,
    cron: options.cron,
    hasDiscardHook: options.onDiscard !== undefined,
    isInternal: options.isInternal ?? false,
    run: (context) => options.run(context),
    onDiscard: (context) => options.onDiscard?.(context),
  };
}
