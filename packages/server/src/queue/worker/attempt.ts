import type { EnqueueFromJob, JobContext, JobDefinition, JobTransaction } from "../../define.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { Json } from "../../trpc/wire.ts";
import type { AttemptNotes, ClaimedJob, ClaimKey, JobError, Verdict } from "../engine.ts";
import { toFingerprint } from "../errors/fingerprint.ts";
import { parseStored } from "../quarantine/misfit.ts";
import { toStorableJson } from "../storable.ts";
import { isPermanent, toJobError, toRetryDelayMs } from "./job-error.ts";
import { createJournal, type Journal } from "./journal.ts";

/** Why an attempt is ended from outside. */
export type StopReason = "cancelled" | "timeout" | "draining" | "lost";

/**
 * What is to be done about an attempt that is over. `dropped`: its job is no longer ours to settle. `settled`: its transaction has
 * completed the job.
 */
export type AttemptEnd =
  | { readonly kind: "settled" }
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
  readonly enqueuing: (claim: ClaimedJob) => EnqueueFromJob;
  readonly transact: Transact;
}

/** Runs the work of `JobContext.tx`. Resolves once it is committed. */
export type Transact = (transaction: {
  readonly queue: string;
  readonly claim: ClaimedJob;
  readonly signal: AbortSignal;
  readonly work: (db: JobTransaction) => Promise<unknown>;
  readonly toOutput: (value: unknown) => Json | null;
  readonly toNotes: () => AttemptNotes;
}) => Promise<unknown>;

const OUTPUT_MAX_BYTES = 1024 * 1024;
const PROGRESS_MAX_BYTES = 16 * 1024;

/**
 * Runs a job once. An attempt that was stopped counts as stopped whatever the job returns afterwards: a job that sees the abort and
 * returns early looks just like one that is done, and running twice is allowed where being lost is not.
 */
export function startAttempt(definition: JobDefinition, claim: ClaimedJob, options: AttemptOptions): Attempt {
  const { clock, random, abortGraceMs, enqueuing, transact } = options;
  const journal = createJournal(clock);
  const controller = new AbortController();
  let onStop: (() => void) | undefined;
  let reason: StopReason | undefined;
  let isOver = false;
  let transaction: "none" | "begun" | "committed" = "none";

  const stop = (why: StopReason): void => {
    if (reason || isOver) return;
    reason = why;
    controller.abort(toAbortError(why, definition.timeoutMs));
    onStop?.();
  };

  const fail = (error: JobError, isFinal: boolean): AttemptEnd => {
    const isDiscarded = isFinal || claim.number >= claim.maxAttempts;
    return {
      kind: "settle",
      verdict: {
        outcome: "failed",
        error,
        fingerprint: toFingerprint(claim.name, error).fingerprint,
        retryInMs: isDiscarded ? null : toRetryDelayMs(definition.retry, claim.number, random),
        // A hook is written for inputs that fit.
        discardHook: definition.hasDiscardHook ? claim.name : undefined,
      },
    };
  };

  /** Without the hook: that is written for inputs that fit. */
  const setAside = (error: JobError): AttemptEnd => {
    const { fingerprint } = toFingerprint(claim.name, error);
    return { kind: "settle", verdict: { outcome: "failed", error, fingerprint, retryInMs: null, isMisfit: true } };
  };

  const tx = async (work: (db: JobTransaction) => Promise<unknown>): Promise<unknown> => {
    if (transaction !== "none") throw new Error("An attempt has one transaction, and this is the second.");
    transaction = "begun";
    const value = await transact({
      queue: definition.queue,
      claim,
      signal: controller.signal,
      work,
      toOutput: (output) => parseOutput(definition, output),
      toNotes: () => toNotes(claim, journal),
    });
    transaction = "committed";
    return value;
  };

  const call = async (input: unknown): Promise<AttemptEnd> => {
    try {
      const value = await definition.run({
        input,
        jobId: claim.id,
        attempt: claim.number,
        signal: controller.signal,
        log: journal.log,
        progress: (share, data) => journal.setProgress(share, parseProgress(definition, data)),
        enqueue: enqueuing(claim),
        tx: tx as JobContext<unknown>["tx"],
      });
      if (transaction === "committed") return { kind: "settled" };
      return { kind: "settle", verdict: { outcome: "completed", output: parseOutput(definition, value) } };
    } catch (thrown) {
      if (transaction === "committed") {
        journal.log.warn(`Threw after its transaction was committed: ${toJobError(thrown).message}`);
        return { kind: "settled" };
      }
      return fail(toJobError(thrown), isPermanent(thrown, definition.retry));
    }
  };

  const run = async (): Promise<AttemptEnd> => {
    const input = parseStored(definition, claim.input);
    // Another attempt would meet the same input and the same schema.
    if ("error" in input) return setAside(input.error);
    const over = Promise.withResolvers<undefined>();
    let cancelTimer = clock.after(definition.timeoutMs, () => stop("timeout"));
    onStop = () => {
      cancelTimer();
      cancelTimer = clock.after(abortGraceMs, () => over.resolve(undefined));
    };
    if (reason) onStop();
    const end = await Promise.race([call(input.value), over.promise]);
    isOver = true;
    cancelTimer();
    // Whatever was to stop it came too late.
    if (transaction === "committed") return { kind: "settled" };
    switch (reason) {
      case "timeout":
        return fail(toJobError(controller.signal.reason), isPermanent(controller.signal.reason, definition.retry));
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

export function toNotes({ id, number }: ClaimKey, { lines, progress, progressData }: Journal): AttemptNotes {
  return { id, number, logs: lines, progress, progressData };
}

function parseProgress(definition: JobDefinition, data: unknown): Json | undefined {
  if (data === undefined) return undefined;
  if (!definition.progress) throw new Error(`The job ${definition.name} has no schema for the data of its progress.`);
  const parsed = definition.progress.safeParse(data);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "data"}: ${message}`);
    throw new Error(`The data of the progress does not fit its schema: ${issues.join("; ")}`);
  }
  const { json, sizeBytes } = toStorableJson(parsed.data);
  if (sizeBytes > PROGRESS_MAX_BYTES)
    throw new Error(`The data of the progress is larger than ${PROGRESS_MAX_BYTES / 1024} KiB.`);
  return json;
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
