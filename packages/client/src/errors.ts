import { TRPCClientError } from "@trpc/client";

/** What the server says of an error beyond its message. */
export interface AppErrorData {
  /** Stable code to branch on, such as `USER_NOT_FOUND` or `RATE_LIMITED`. */
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Milliseconds after which the same call may succeed. */
  readonly retryAfterMs?: number;
}

interface AppErrorShape {
  readonly httpStatus: number;
  readonly path?: string;
  readonly requestId: string;
  readonly app: AppErrorData;
}

/** An error that the server answered with; a network failure is none. */
export type AppClientError = Error & { readonly data: AppErrorShape };

/** Narrows to an answer of the server, of any code or of the one given: `isAppError(error, "USER_NOT_FOUND")`. */
export function isAppError(error: unknown, code?: string): error is AppClientError {
  if (!(error instanceof TRPCClientError)) return false;
  const data = error.data as Partial<AppErrorShape> | null | undefined;
  if (typeof data?.app?.code !== "string") return false;
  return code === undefined || data.app.code === code;
}
