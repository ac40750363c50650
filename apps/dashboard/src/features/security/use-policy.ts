import { trpc } from "../../lib/trpc.ts";

/** It changes with the release, not while somebody looks at it. */
const FRESH_MS = 600_000;

/** The rules of signing in, as the server goes by them. */
export function usePolicy() {
  return trpc.access.policy.useQuery(undefined, { staleTime: FRESH_MS });
}
