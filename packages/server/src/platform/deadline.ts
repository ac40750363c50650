import { AppError } from "./errors.ts";

const DEFAULT_DEADLINE_MS = 30_000;

export interface Deadline {
  /** Aborts when the caller leaves, when the server gives the request up, or when the time is over. */
  readonly signal: AbortSignal;
  /** Aborts for a reason of the caller's. */
  end(reason: unknown): void;
  clear(): void;
}

/**
 * Gives a call its time. A timer of our own rather than `AbortSignal.timeout`, whose timer cannot be cleared and so outlives
 * the call.
 */
export function withDeadline(
  callSignal: AbortSignal | undefined,
  requestSignal: AbortSignal,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Deadline {
  const controller = new AbortController();
  const sources = callSignal && callSignal !== requestSignal ? [callSignal, requestSignal] : [requestSignal];
  const leave = (): void => controller.abort(callerLeft());
  const timer = Number.isFinite(deadlineMs)
    ? setTimeout(() => controller.abort(deadlineExceeded(deadlineMs)), deadlineMs)
    : undefined;
  timer?.unref();
  for (const source of sources) {
    if (source.aborted) leave();
    else source.addEventListener("abort", leave, { once: true });
  }
  return {
    signal: controller.signal,
    end: (reason) => controller.abort(reason),
    clear: () => {
      clearTimeout(timer);
      for (const source of sources) source.removeEventListener("abort", leave);
    },
  };
}

function deadlineExceeded(deadlineMs: number): AppError {
  return new AppError({
    kind: "SERVICE_UNAVAILABLE",
    code: "DEADLINE_EXCEEDED",
    publicMessage: `The call did not finish within ${deadlineMs / 1000} s. Try again later or ask for less.`,
    retryAfterMs: 1000,
  });
}

function callerLeft(): AppError {
  return new AppError({
    kind: "CLIENT_CLOSED_REQUEST",
    code: "CLIENT_CLOSED_REQUEST",
    publicMessage: "The caller went away before the answer.",
  });
}
