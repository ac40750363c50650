import { AppError } from "./errors.ts";

const DEFAULT_DEADLINE_MS = 30_000;

/** What a deadline needs to know of whoever waits for the answer. Any AbortSignal tells it. */
export interface CallerSignal {
  /** Whether the caller has left. */
  readonly aborted: boolean;
  addEventListener(type: "abort", leave: () => void, options: { readonly once: true }): void;
  removeEventListener(type: "abort", leave: () => void): void;
}

/** One for a request: where nobody needs more of an AbortSignal, at a tenth of its cost. */
export function createCallerSignal(): CallerSignal & { leave(): void } {
  return new Caller();
}

class Caller implements CallerSignal {
  aborted = false;
  #listeners: (() => void)[] = [];

  addEventListener(_type: "abort", leave: () => void): void {
    this.#listeners.push(leave);
  }

  removeEventListener(_type: "abort", leave: () => void): void {
    const index = this.#listeners.indexOf(leave);
    if (index !== -1) this.#listeners.splice(index, 1);
  }

  leave(): void {
    if (this.aborted) return;
    this.aborted = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const leave of listeners) leave();
  }
}

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
  requestSignal: CallerSignal,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Deadline {
  const controller = new AbortController();
  const sources: readonly CallerSignal[] =
    callSignal && callSignal !== requestSignal ? [callSignal, requestSignal] : [requestSignal];
  const leave = (): void => controller.abort(callerLeft());
  const timer = Number.isFinite(deadlineMs)
    ? setTimeout(() => controller.abort(deadlineExceeded(deadlineMs)), deadlineMs)
    : undefined;
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

/** Settles as `work` does; rejects with the signal's reason when it aborts first, whether or not `work` ever ends. */
export async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
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
