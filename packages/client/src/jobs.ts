import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyRouter, inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@switchboard/server/router";
import { JobFailedError } from "./job-errors.ts";
import { watchJob } from "./job-watch.ts";
import { sleep, toPatienceMs } from "./patience.ts";

/** What a job takes and gives. */
export interface JobType {
  readonly input: unknown;
  readonly output: unknown;
  readonly progress: unknown;
}
/** Jobs by name: the server's `JobsOf<typeof jobs>`. */
export type JobTypes = Readonly<Record<string, JobType>>;

type QueueInputs = inferRouterInputs<AppRouter>["queue"];
export type JobDetail = inferRouterOutputs<AppRouter>["queue"]["jobs"]["get"];
/** Delay, priority, expiry, deduplication, key and tags. */
export type EnqueueOptions = Omit<QueueInputs["enqueue"], "name" | "input">;

export interface JobProgress<Data = unknown> {
  /** 0 to 1; null while the job has reported none. */
  readonly share: number | null;
  /** What the job reported beside the share. */
  readonly data: Data | null;
  readonly state: JobDetail["state"];
}

export interface ResultOptions {
  /** Milliseconds; then it rejects with a `TimeoutError`, and the job goes on. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait, which rejects with its reason. The job goes on: `cancel` stops it. */
  readonly signal?: AbortSignal | undefined;
}

/** A stored job. */
export interface JobHandle<Output = unknown, Progress = unknown> {
  readonly id: string;
  /** Whether a job that waited or ran already was found instead. False for a handle made of an id. */
  readonly deduplicated: boolean;
  /**
   * What the job came to. Waits through broken connections and refusals for a time (429, 503). Raises `JobFailedError` for a job that was
   * discarded or cancelled, and an answer of the server such as `JOB_NOT_FOUND` as it is.
   */
  result(options?: ResultOptions): Promise<Output>;
  /** At each change, until the job has ended; goes on after a broken connection or a restart of the server. */
  progress(signal?: AbortSignal): AsyncIterable<JobProgress<Progress>>;
  /** Waiting or running. Raises `JOB_NOT_CANCELLABLE` for a job that has ended otherwise. Answers its state. */
  cancel(): Promise<JobDetail["state"]>;
  get(): Promise<JobDetail>;
}

type HandleOf<Job extends JobType> = JobHandle<Job["output"], Job["progress"]>;

export interface Jobs<Types extends JobTypes = JobTypes> {
  /** Stores a job. Raises `JOB_UNKNOWN`, `JOB_INPUT_INVALID`. Not repeated by itself: give a `dedupeKey` to repeat it safely. */
  enqueue<Name extends keyof Types & string>(
    name: Name,
    input: Types[Name]["input"],
    options?: EnqueueOptions,
  ): Promise<HandleOf<Types[Name]>>;
  /** Of a job that was stored before; nothing is asked yet. */
  handle<Name extends keyof Types & string = keyof Types & string>(id: string): HandleOf<Types[Name]>;
}

export interface JobsOptions {
  readonly client: TRPCUntypedClient<AnyRouter>;
  /** The same without batches: the answers to a batch come together, and one that waits for a job would keep back the others. */
  readonly waiting: TRPCUntypedClient<AnyRouter>;
  /** Raises what no further try would mend. */
  readonly prepareStreams: () => Promise<void>;
}

/** As long as the server waits. */
const WAIT_MS = 25_000;

type ResultAnswer = inferRouterOutputs<AppRouter>["queue"]["jobs"]["result"];

export function createJobs<Types extends JobTypes>({ client, waiting, prepareStreams }: JobsOptions): Jobs<Types> {
  const get = async (id: string, signal?: AbortSignal): Promise<JobDetail> =>
    (await client.query("queue.jobs.get", { id }, signal ? { signal } : {})) as JobDetail;

  const untilEnd = async (id: string, signal: AbortSignal): Promise<never> => {
    for (;;) {
      const answer = await patiently(signal, async () => {
        const input = { id, waitMs: WAIT_MS };
        return (await waiting.query("queue.jobs.result", input, { signal })) as ResultAnswer;
      });
      if (!answer.done) continue;
      const { state, output, error } = answer;
      if (state === "completed") return output as never;
      const { attempts } = await patiently(signal, () => get(id, signal));
      throw new JobFailedError({ jobId: id, state: state === "cancelled" ? state : "discarded", attempts, error });
    }
  };

  // On the wire it is all JSON: what it is, the types of the caller say.
  const handle = (id: string, deduplicated: boolean): JobHandle<never, never> => ({
    id,
    deduplicated,
    result: ({ timeoutMs, signal } = {}) => {
      const signals = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
      return untilEnd(id, AbortSignal.any(signals.filter((one) => one !== undefined)));
    },
    progress: async function* (signal) {
      await prepareStreams();
      yield* watchJob(client, id, signal);
    },
    cancel: async () => {
      const { state } = (await client.mutation("queue.jobs.cancel", { id })) as Pick<JobDetail, "state">;
      return state;
    },
    get: () => get(id),
  });

  return {
    enqueue: async (name, input, options = {}) => {
      const request = { ...options, name, input };
      const { id, deduplicated } = (await client.mutation("queue.enqueue", request)) as {
        readonly id: string;
        readonly deduplicated: boolean;
      };
      return handle(id, deduplicated);
    },
    handle: (id) => handle(id, false),
  };
}

/** Again and again while it fails in a way that passes. */
async function patiently<Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer> {
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = toPatienceMs(error, failures);
      if (waitMs === undefined) throw error;
      await sleep(waitMs, signal);
    }
  }
}
