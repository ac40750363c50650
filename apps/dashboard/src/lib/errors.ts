import { TRPCClientError } from "@trpc/client";

/** An error as the pages show it, whatever raised it. */
export interface DisplayError {
  /** Stable code: ours (`USER_NOT_FOUND`), `NETWORK` when no answer came, `UNKNOWN` for a defect in the dashboard. */
  readonly code: string;
  readonly message: string;
  /** HTTP status, or null when no answer came. */
  readonly status: number | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number | null;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number | null;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string | null;
}

/** A refusal that did not come through tRPC: signing in, files, an act that was not confirmed. */
export class AnswerError extends Error {
  readonly answer: Answer;

  constructor(answer: Answer, options?: ErrorOptions) {
    super(answer.message, options);
    this.name = "AnswerError";
    this.answer = answer;
  }
}

export function networkError(cause: unknown): AnswerError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new AnswerError({ status: null, code: "NETWORK", message }, { cause });
}

/** Code of an act that was called off by whoever was to confirm it. Nothing went wrong and nothing was done. */
export const NOT_CONFIRMED = "NOT_CONFIRMED";

export function toAppError(error: unknown): DisplayError {
  // tRPC hands through only errors of its own kind, with what they wrap as the cause.
  const own = error instanceof TRPCClientError ? error.cause : error;
  if (own instanceof AnswerError) return { requestId: null, retryAfterMs: null, details: {}, ...own.answer };
  if (!(error instanceof TRPCClientError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: "UNKNOWN", message, status: null, requestId: null, retryAfterMs: null, details: {} };
  }
  const data = recordOf(error.data);
  const app = recordOf(data.app);
  // Without data there was no answer of ours: refused, cut, or a proxy's page.
  if (Object.keys(data).length === 0) {
    return { code: "NETWORK", message: error.message, status: null, requestId: null, retryAfterMs: null, details: {} };
  }
  return {
    code: stringOr(app.code, stringOr(data.code, "UNKNOWN")),
    message: error.message,
    status: typeof data.httpStatus === "number" ? data.httpStatus : null,
    requestId: typeof data.requestId === "string" ? data.requestId : null,
    retryAfterMs: typeof app.retryAfterMs === "number" ? app.retryAfterMs : null,
    details: recordOf(app.details),
  };
}

/** Messages by the path of the field they belong to, as `INPUT_INVALID` carries them. */
export function toFieldErrors(error: unknown): Record<string, string> {
  const { code, details } = toAppError(error);
  if (code !== "INPUT_INVALID" || !Array.isArray(details.issues)) return {};
  const result: Record<string, string> = {};
  for (const issue of details.issues.map(recordOf)) {
    const path = Array.isArray(issue.path) ? issue.path.join(".") : "";
    result[path] ??= stringOr(issue.message, "");
  }
  return result;
}

export function isSignedOut(error: unknown): boolean {
  if (error instanceof TRPCClientError) return toAppError(error).status === 401;
  // Outside tRPC a wrong password is a 401 as well.
  return error instanceof AnswerError && error.answer.code === "UNAUTHENTICATED";
}

export function isConnectionError(error: unknown): boolean {
  return toAppError(error).code === "NETWORK";
}

/** The server asks for the password or a passkey again before it does this. */
export function isStepUpRequired(error: unknown): boolean {
  return toAppError(error).code === "STEP_UP_REQUIRED";
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
function stringOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}
