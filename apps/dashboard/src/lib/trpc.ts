import { createLinks } from "@switchboard/client";
import type { AppRouter } from "@switchboard/server/router";
import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { createTRPCReact } from "@trpc/react-query";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { isConnectionError, isSignedOut } from "./errors.ts";

/** `trpc.users.list.useQuery(…)`: procedures of the server as hooks. The server is imported as a type only. */
export const trpc = createTRPCReact<AppRouter>();
export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;

const FRESH_MS = 5000;

export function createTrpcClient() {
  return trpc.createClient({ links: createLinks({ url: window.location.origin }) });
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
