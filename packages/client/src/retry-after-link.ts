import type { TRPCClientRuntime, TRPCLink } from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { isAppError } from "./errors.ts";

export interface RetryAfterOptions {
  /** Tries of one query in all, the first included. Default 3; 1 never tries again. */
  readonly attempts: number;
  /** Longest wait that is still waited for; a longer one is handed to the caller. Milliseconds, default 10,000. */
  readonly maxWaitMs: number;
}

export const defaultRetryAfter: RetryAfterOptions = { attempts: 3, maxWaitMs: 10_000 };

/**
 * Asks a query again after the time that the server named when it refused it (429, 503). Mutations are never repeated: a
 * refused one did nothing, but only the caller knows whether it still wants it done later.
 */
export function retryAfterLink<Router extends AnyRouter>(options: RetryAfterOptions): TRPCLink<Router> {
  return (_runtime: TRPCClientRuntime) =>
    ({ op, next }) =>
      observable((observer) => {
        let inner: { unsubscribe(): void } | undefined;
        let timer: ReturnType<typeof setTimeout> | undefined;
        const attempt = (number: number): void => {
          inner = next(op).subscribe({
            next: (value) => observer.next(value),
            complete: () => observer.complete(),
            error: (error) => {
              const waitMs = isAppError(error) ? error.data.app.retryAfterMs : undefined;
              const mayRetry = op.type === "query" && number < options.attempts;
              if (waitMs === undefined || !mayRetry || waitMs > options.maxWaitMs) observer.error(error);
              else timer = setTimeout(() => attempt(number + 1), waitMs);
            },
          });
        };
        attempt(1);
        return () => {
          clearTimeout(timer);
          inner?.unsubscribe();
        };
      });
}
