import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Longest wait before the second attempt; it doubles with each further one. */
  readonly backoffMs: number;
  /** No wait is longer. Default 30,000. */
  readonly maxDelayMs?: number;
  /**
   * Share of each wait that is random, 0 to 1. Default 1: anything from 0 to the whole wait, which spreads callers that failed
   * together best.
   */
  readonly jitter?: number;
  /** Whether another attempt may help. Default: always. */
  readonly isRetryable?: (error: unknown) => boolean;
  readonly signal?: AbortSignal;
}

const MAX_DELAY_MS = 30_000;

/**
 * Runs `fn` until it succeeds. Rejects with the error of the last attempt, at once with an error that is not retryable, and
 * with the signal's reason when that aborts.
 */
export async function retry<Value>(fn: (attempt: number) => Promise<Value>, options: RetryOptions): Promise<Value> {
  const { clock, attempts, isRetryable = () => true, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await fn(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !isRetryable(error)) throw error;
    }
    await clock.sleep(toDelayMs(attempt, options), signal);
  }
}

/** Wait after the failure of `attempt`, counted from 1. */
function toDelayMs(
  attempt: number,
  options: Pick<RetryOptions, "backoffMs" | "maxDelayMs" | "jitter" | "random">,
): number {
  const { backoffMs, maxDelayMs = MAX_DELAY_MS, jitter = 1, random } = options;
  const ceilingMs = Math.min(maxDelayMs, backoffMs * 2 ** (attempt - 1));
  return ceilingMs * (1 - jitter * random());
}
