import type { RetryPolicy } from "../../define.ts";
import { isAppError } from "../../platform/errors.ts";
import type { Random } from "../../platform/random.ts";
import type { JobError } from "../engine.ts";
import { toStorableText } from "../storable.ts";

const MESSAGE_MAX_LENGTH = 2000;
const STACK_MAX_LENGTH = 8000;

/** Whatever a job threw, as it is kept and shown. */
export function toJobError(thrown: unknown): JobError {
  if (!(thrown instanceof Error))
    return { name: "Error", message: toStorableText(describe(thrown), MESSAGE_MAX_LENGTH), stack: null };
  return {
    // The class of our own errors says nothing, their code does.
    name: toStorableText(isAppError(thrown) ? thrown.code : thrown.name, 200),
    message: toStorableText(thrown.message, MESSAGE_MAX_LENGTH),
    stack: thrown.stack === undefined ? null : toStorableText(thrown.stack, STACK_MAX_LENGTH),
  };
}

function describe(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return "The job threw a value that cannot be shown.";
  }
}

/** An error that says `retryable: false` ends the job at once, and one of which the job's own policy says it. */
export function isPermanent(thrown: unknown, policy?: Pick<RetryPolicy, "retryable">): boolean {
  if (typeof thrown === "object" && thrown !== null && (thrown as { retryable?: unknown }).retryable === false)
    return true;
  try {
    return policy?.retryable?.(thrown) === false;
  } catch {
    // A policy that fails on an error knows nothing about it; the error itself is kept with the attempt.
    return false;
  }
}

/** Milliseconds from the failure of attempt `number`, counted from 1, to the next one. */
export function toRetryDelayMs(policy: RetryPolicy, number: number, random: Random): number {
  const { backoffMs, maxDelayMs, jitter } = policy;
  // 2 ** 1000 is infinite, and infinity times a backoff of 0 is no number.
  const ceilingMs = Math.min(maxDelayMs, backoffMs * 2 ** Math.min(number - 1, 50));
  return ceilingMs * (1 - jitter * random());
}
