import type { AppRouter } from "@switchboard/server";
import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { httpBatchLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCReact, type inferReactQueryProcedureOptions } from "@trpc/react-query";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { isConnectionError, isSignedOut } from "./errors.ts";

/** `trpc.users.list.useQuery(…)`: procedures of the server as hooks. The server is imported as a type only. */
export const trpc = createTRPCReact<AppRouter>();
export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;
export type QueryOptions = inferReactQueryProcedureOptions<AppRouter>;

const URL = "/trpc";
/** Below the server's 100, and below what proxies take as one address. */
const BATCH_MAX = 40;
const URL_MAX = 6000;
const FRESH_MS = 5000;

export function createTrpcClient() {
  return trpc.createClient({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({ url: URL }),
        false: httpBatchLink({ url: URL, maxItems: BATCH_MAX, maxURLLength: URL_MAX }),
      }),
    ],
  });
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
