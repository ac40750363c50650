import { createLinks } from "@switchboard/client";
import type { AppRouter } from "@switchboard/server/router";
import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { TRPCClientError, type TRPCLink } from "@trpc/client";
import { createTRPCReact } from "@trpc/react-query";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { isConnectionError, isSignedOut, isStepUpRequired } from "./errors.ts";
import type { StepUp } from "./step-up.ts";

/** `trpc.users.list.useQuery(…)`: procedures of the server as hooks. The server is imported as a type only. */
export const trpc = createTRPCReact<AppRouter>();
export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;

const FRESH_MS = 5000;

export function createTrpcClient(stepUp: StepUp) {
  return trpc.createClient({ links: [stepUpLink(stepUp), ...createLinks({ url: window.location.origin })] });
}

/**
 * Sends a mutation once more, with the same input, after the person has confirmed who they are. Once: a server that still asks
 * then has another reason, and the caller is told.
 */
export function stepUpLink(stepUp: StepUp): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let isOver = false;
        const send = () => next(op).subscribe(observer);
        let inner = next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error: (refusal) => {
            if (op.type !== "mutation" || !isStepUpRequired(refusal)) {
              observer.error(refusal);
              return;
            }
            stepUp.ask(op.path, refusal).then(
              () => {
                if (!isOver) inner = send();
              },
              (error: unknown) => observer.error(toClientError(error)),
            );
          },
        });
        return () => {
          isOver = true;
          inner.unsubscribe();
        };
      });
}

/** tRPC hands through only errors of its own kind; what it wraps is the cause. */
function toClientError(error: unknown): TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError ? error : TRPCClientError.from(error as Error);
}

/** `onSignedOut` is called for any answer 401: the session ended, or an admin ended it. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown): void => {
    if (isSignedOut(error)) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        // A refusal is an answer: asking again changes nothing. A cut connection may be over by now.
        retry: (failures, error) => isConnectionError(error) && failures < 1,
        // The browser's idea of "offline" is about the network card; the server may well be on this machine.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
