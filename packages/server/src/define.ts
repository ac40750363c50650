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
}

export interface EnqueueOptions {
  /** Milliseconds to wait before the first attempt. Default 0. */
  readonly delayMs?: number | undefined;
  /** -100 to 100, higher goes first. Default: the definition's. */
  readonly priority?: number | undefined;
  /** At most one waiting or running job of this name has this key; a second enqueue answers the first one's id. */
  readonly dedupeKey?: string | undefined;
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

/** What a job sees of its run. */
export interface JobContext<Input> {
  readonly input: Input;
  readonly jobId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborts on cancel, on timeout, when the process drains, and when the claim was lost to another process. */
  readonly signal: AbortSignal;
  readonly log: JobLog;
  /** Share of the work that is done, 0 to 1. Written about once a second. */
  progress(share: number): void;
  /** Stores another job, whether or not this attempt succeeds. Raises what `Queue.enqueue` raises. */
  enqueue<In extends z.ZodType>(
    job: Pick<JobDefinition<In>, "name" | "input">,
    input: z.input<In>,
    options?: EnqueueOptions,
  ): Promise<Enqueued>;
}

/** A kind of job: what it takes, how it runs, and what happens when it fails. Made by `defineJob`. */
export interface JobDefinition<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly input: In;
  readonly output: Out | undefined;
  readonly queue: string;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly priority: number;
  readonly concurrency: { readonly perProcess: number };
  // A method, not a property: its parameter is then compared both ways, so that jobs of different inputs fit in one list.
  run(context: JobContext<z.output<In>>): Promise<z.input<Out>> | z.input<Out>;
}

export interface JobOptions<In extends z.ZodType, Out extends z.ZodType> {
  /** `feature.verb-noun`. Stored with each job: renaming it strands the jobs that wait under the old name. */
  readonly name: string;
  /** One sentence for the operator. */
  readonly description?: string;
  /** Checked when a job is stored and again before each attempt. Synchronous: no async refinements. */
  readonly input: In;
  /** Checked when an attempt returns; a misfit fails the attempt. Default: any JSON. */
  readonly output?: Out | undefined;
  /** Jobs of one queue share its slots and are paused together. Default `default`. */
  readonly queue?: string;
  readonly retry?: Partial<RetryPolicy>;
  /** Milliseconds an attempt may take; then its signal aborts and the attempt has failed. Default 60,000. */
  readonly timeoutMs?: number;
  /** -100 to 100, higher goes first. Default 0. */
  readonly priority?: number;
  readonly concurrency?: {
    /** Attempts of this job that one process runs at once. Default 10. A queue has as many slots as its widest job. */
    readonly perProcess?: number;
  };
  /**
   * One attempt. May run more than once for a job, so write it to be repeatable. What it throws fails the attempt; an error with
   * `retryable: false` discards the job at once. Return when the signal aborts: an attempt that was stopped counts as stopped.
   */
  run(context: JobContext<z.output<In>>): Promise<z.input<Out>> | z.input<Out>;
}

const DEFAULT_RETRY: RetryPolicy = { attempts: 5, backoffMs: 1000, maxDelayMs: 60_000, jitter: 0.2 };
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_PER_PROCESS = 10;

const settingsSchema = z.object({
  name: jobNameSchema,
  queue: queueNameSchema,
  priority: z.number().int().min(-100).max(100),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(24 * 3600 * 1000),
  concurrency: z.object({ perProcess: z.number().int().min(1).max(1000) }),
  retry: z.object({
    attempts: z.number().int().min(1).max(1000),
    backoffMs: z.number().int().min(0),
    maxDelayMs: z.number().int().min(0),
    jitter: z.number().min(0).max(1),
  }),
});

/** Declares a job. Throws at once when a setting is out of its bounds: a definition is code, not input. */
export function defineJob<In extends z.ZodType, Out extends z.ZodType = z.ZodType>(
  options: JobOptions<In, Out>,
): JobDefinition<In, Out> {
  const settings = settingsSchema.parse({
    name: options.name,
    queue: options.queue ?? "default",
    priority: options.priority ?? 0,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    concurrency: { perProcess: options.concurrency?.perProcess ?? DEFAULT_PER_PROCESS },
    retry: { ...DEFAULT_RETRY, ...options.retry },
  });
  return {
    ...settings,
    description: options.description ?? "",
    input: options.input,
    output: options.output,
    run: (context) => options.run(context),
  };
}
