import type { Enqueued, EnqueueOptions, JobDefinition } from "../../define.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { Json } from "../../trpc/wire.ts";
import { pause } from "../pause.ts";
import type { ClaimedJob, JobError, Verdict } from "../engine.ts";
import { toStorableJson } from "../storable.ts";
import { isPermanent, toJobError, toRetryDelayMs } from "./job-error.ts";
import { createJournal, type Journal } from "./journal.ts";

/** Why an attempt is ended from outside. */
export type StopReason = "cancelled" | "timeout" | "draining" | "lost";

/** What is to be done about an attempt that is over. `dropped`: its job is no longer ours to settle. */
export type AttemptEnd =
  | { readonly kind: "settle"; readonly verdict: Verdict }
  | { readonly kind: "handBack" }
  | { readonly kind: "dropped" };

export interface Attempt {
  readonly claim: ClaimedJob;
  readonly journal: Journal;
  /** Aborts the job's signal. The first reason counts. */
  stop(reason: StopReason): void;
  /** Never rejects. */
  readonly done: Promise<AttemptEnd>;
}

export interface AttemptOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds a job has from the abort of its signal; then it is over, whether or not the job has noticed. */
  readonly abortGraceMs: number;
  readonly enqueue: (claim: ClaimedJob, name: string, input: unknown, options: EnqueueOptions) => Promise<Enqueued>;
}

const OUTPUT_MAX_BYTES = 1024 * 1024;

/**
 * Runs a job once. An attempt that was stopped counts as stopped whatever the job returns afterwards: a job that sees the abort and
 * returns early looks just like one that is done, and running twice is allowed where being lost is not.
 */
export function startAttempt(definition: JobDefinition, claim: ClaimedJob, options: AttemptOptions): Attempt {
  const { clock, random, abortGraceMs, enqueue } = options;
  const journal = createJournal(clock);
  const controller = new AbortController();
  const stopped = Promise.withResolvers<void>();
  let reason: StopReason | undefined;
  let isOver = false;

  const stop = (why: StopReason): void => {
    if (reason || isOver) return;
    reason = why;
    controller.abort(toAbortError(why, definition.timeoutMs));
    stopped.resolve();
  };

  const fail = (error: JobError, isFinal: boolean): AttemptEnd => ({
    kind: "settle",
    verdict: {
      outcome: "failed",
      error,
      retryInMs:
        isFinal || claim.number >= claim.maxAttempts ? null : toRetryDelayMs(definition.retry, claim.number, random),
    },
  });

  const call = async (input: unknown): Promise<AttemptEnd> => {
    try {
      const value = await definition.run({
        input,
        jobId: claim.id,
        attempt: claim.number,
        signal: controller.signal,
        log: journal.log,
        progress: journal.setProgress,
        enqueue: (job, next, nextOptions = {}) => enqueue(claim, job.name, next, nextOptions),
      });
      return { kind: "settle", verdict: { outcome: "completed", output: parseOutput(definition, value) } };
    } catch (thrown) {
      return fail(toJobError(thrown), isPermanent(thrown));
    }
  };

  const run = async (): Promise<AttemptEnd> => {
    const input = parseInput(definition, claim.input);
    // Another attempt would meet the same input and the same schema.
    if ("error" in input) return fail(input.error, true);
    const timers = new AbortController();
    void pause(clock, definition.timeoutMs, timers.signal).then(() => stop("timeout"));
    const end = await Promise.race([
      call(input.value),
      stopped.promise.then(() => pause(clock, abortGraceMs, timers.signal)).then(() => undefined),
    ]);
    isOver = true;
    timers.abort();
    switch (reason) {
      case "timeout":
        return fail(toJobError(controller.signal.reason), false);
      case "draining":
        return { kind: "handBack" };
      case "cancelled":
      case "lost":
        return { kind: "dropped" };
      default:
        return end ?? { kind: "dropped" };
    }
  };

  // After this turn: whoever starts an attempt wants to know it before it ends.
  return { claim, journal, stop, done: Promise.resolve().then(run) };
}

function parseInput(
  definition: JobDefinition,
  input: Json,
): { readonly value: unknown } | { readonly error: JobError } {
  try {
    const parsed = definition.input.safeParse(input);
    if (parsed.success) return { value: parsed.data };
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`);
    return {
      error: {
        name: "INPUT_MISFIT",
        message: `The input does not fit the job any more: ${issues.join("; ")}`,
        stack: null,
      },
    };
  } catch (thrown) {
    return { error: { ...toJobError(thrown), name: "INPUT_MISFIT" } };
  }
}

function parseOutput(definition: JobDefinition, value: unknown): Json | null {
  const parsed = definition.output ? definition.output.parse(value) : value;
  const { json, sizeBytes } = toStorableJson(parsed);
  if (sizeBytes > OUTPUT_MAX_BYTES)
    throw new Error(`The output is larger than ${OUTPUT_MAX_BYTES / 1024} KiB: store it elsewhere and return where.`);
  return json;
}

function toAbortError(reason: StopReason, timeoutMs: number): Error {
  const message = {
    cancelled: "The job was cancelled.",
    timeout: `The attempt did not end within ${timeoutMs} ms.`,
    draining: "The process is stopping; the job will run elsewhere.",
    lost: "The job was taken by another process.",
  }[reason];
  const error = new Error(message);
  error.name = reason === "timeout" ? "JOB_TIMEOUT" : "AbortError";
  return error;
}
