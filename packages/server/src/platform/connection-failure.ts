import { AppError } from "./errors.ts";

/** Of sockets, and of Postgres: class 08, too many connections, and its four ways to say that it starts or stops. */
const CODES = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|08...|53300|57P0[1235])$/;
/** What drivers say of a connection without giving it a code. */
const MESSAGES =
  /^Connection terminated|^timeout exceeded when trying to connect|connection error and is not queryable/;
const CAUSES_MAX = 5;

/**
 * 503 `DEPENDENCY_UNAVAILABLE` when an error, or one of its causes, is that of a connection: nobody listens, it was cut, or the
 * other side starts or stops. Whether what was asked for was still done is not known.
 */
export function toConnectionFailure(error: unknown): AppError | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < CAUSES_MAX; depth += 1) {
    const { code } = current as { code?: unknown };
    if ((typeof code === "string" && CODES.test(code)) || isMissingSocket(current) || MESSAGES.test(current.message)) {
      return new AppError({
        kind: "SERVICE_UNAVAILABLE",
        code: "DEPENDENCY_UNAVAILABLE",
        publicMessage: "The database, or another service that this needs, does not answer. Try again in a moment.",
        retryAfterMs: 1000,
        cause: error,
      });
    }
    current = current.cause;
  }
  return undefined;
}

/** A unix socket whose server is down is no file. */
function isMissingSocket(error: Error): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === "ENOENT" && syscall === "connect";
}
