import type { RetryPolicy } from "../../define.ts";
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
    name: toStorableText(thrown.name, 200),
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

/** An error that says `retryable: false` ends the job at once. */
export function isPermanent(thrown: unknown): boolean {
  return typeof thrown === "object" && thrown !== null && (thrown as { retryable?: unknown }).retryable === false;
}

/** Milliseconds from the failure of attempt `number`, counted from 1, to the next one. */
export function toRetryDelayMs(policy: RetryPolicy, number: number, random: Random): number {
  const { backoffMs, maxDelayMs, jitter } = policy;
  // 2 ** 1000 is infinite, and infinity times a backoff of 0 is no number.
  const ceilingMs = Math.min(maxDelayMs, backoffMs * 2 ** Math.min(number - 1, 50));
  return ceilingMs * (1 - jitter * random());
}
