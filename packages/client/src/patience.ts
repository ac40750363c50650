import { isAppError } from "./errors.ts";

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;
/** Of answers: too many at once, not at the moment. */
const PASSING_STATUS: readonly number[] = [408, 429, 502, 503, 504];

/**
 * How long to wait before a failed call is made again, after so many failures in a row; undefined when it would fail again. What is no
 * answer of the server, such as a broken connection or the page of a proxy, passes.
 */
export function toPatienceMs(error: unknown, failures: number): number | undefined {
  if (isAppError(error)) {
    if (!PASSING_STATUS.includes(error.data.httpStatus)) return undefined;
    if (error.data.app.retryAfterMs !== undefined) return error.data.app.retryAfterMs;
  }
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}
