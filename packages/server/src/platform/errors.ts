/** What kind of refusal an error is; the name is tRPC's, the status follows from it. */
export type ErrorKind =
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "METHOD_NOT_SUPPORTED"
  | "TIMEOUT"
  | "CONFLICT"
  | "PRECONDITION_FAILED"
  | "PAYLOAD_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "TOO_MANY_REQUESTS"
  | "CLIENT_CLOSED_REQUEST"
  | "BAD_GATEWAY"
  | "SERVICE_UNAVAILABLE"
  | "INTERNAL_SERVER_ERROR";

export interface AppErrorOptions {
  readonly kind: ErrorKind;
  /** Stable, upper snake case, owned by a feature: `USER_NOT_FOUND`. Callers branch on it. */
  readonly code: string;
  /** Sent to the caller: says what was refused and what to do. Never holds a secret or a stack. */
  readonly publicMessage: string;
  /** For the log only. */
  readonly internalMessage?: string;
  /** Sent to the caller as `error.data.app.details`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Milliseconds after which the same call may succeed; becomes `Retry-After`. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

const APP_ERROR = Symbol.for("switchboard.AppError");

/** A refusal that was expected and may be shown to the caller. Everything else thrown is a 500 without text. */
export class AppError extends Error {
  readonly [APP_ERROR] = true;
  readonly kind: ErrorKind;
  readonly code: string;
  readonly publicMessage: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(options: AppErrorOptions) {
    super(options.internalMessage ?? options.publicMessage, { cause: options.cause });
    this.name = "AppError";
    this.kind = options.kind;
    this.code = options.code;
    this.publicMessage = options.publicMessage;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** By brand, not by `instanceof`: two copies of this package in one process still recognise each other's errors. */
export function isAppError(value: unknown): value is AppError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[APP_ERROR] === true;
}

/** The AppError in a chain of causes, if there is one: tRPC wraps what a procedure throws. */
export function findAppError(error: unknown): AppError | undefined {
  for (let current = error, depth = 0; current != null && depth < 5; depth += 1) {
    if (isAppError(current)) return current;
    current = (current as { cause?: unknown }).cause;
  }
  return undefined;
}
