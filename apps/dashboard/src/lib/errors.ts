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

export function toAppError(error: unknown): DisplayError {
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
  return error instanceof TRPCClientError && toAppError(error).status === 401;
}

export function isConnectionError(error: unknown): boolean {
  return error instanceof TRPCClientError && toAppError(error).code === "NETWORK";
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
function stringOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}
