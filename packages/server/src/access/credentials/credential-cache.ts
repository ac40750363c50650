import { LRUCache } from "lru-cache";
import type { Clock } from "../../platform/clock.ts";
import type { Principal } from "../../trpc/context.ts";

/** How long a revocation made by another process may go unnoticed here. */
export const CREDENTIAL_TTL_MS = 2000;
const ENTRIES_MAX = 10_000;

export interface CredentialCache {
  /** The principal kept under `key`. */
  peek(key: string): Principal | undefined;
  /** The principal kept under `key`, or what `load` finds. Callers that miss together share one load; nothing found is not kept. */
  get(key: string, load: () => Promise<Principal | undefined>): Promise<Principal | undefined>;
  /** What `load` finds, whatever is kept, and keeps that instead. */
  refresh(key: string, load: () => Promise<Principal | undefined>): Promise<Principal | undefined>;
  /** Forgets what matches, at once. */
  forget(matches: (principal: Principal) => boolean): void;
}

export function createCredentialCache(clock: Clock): CredentialCache {
  const kept = new LRUCache<string, Principal>({
    max: ENTRIES_MAX,
    ttl: CREDENTIAL_TTL_MS,
    // 0: lru-cache would otherwise keep the time for itself with a timer.
    ttlResolution: 0,
    perf: { now: () => clock.monotonicMs() },
  });
  const loading = new Map<string, Promise<Principal | undefined>>();

  const start = (key: string, load: () => Promise<Principal | undefined>): Promise<Principal | undefined> => {
    const promise = load()
      .then((principal) => {
        // Read before a revocation, arrived after it: keeping it would undo the revocation for another two seconds.
        if (principal && loading.get(key) === promise) kept.set(key, principal);
        return principal;
      })
      .finally(() => {
        if (loading.get(key) === promise) loading.delete(key);
      });
    loading.set(key, promise);
    return promise;
  };

  return {
    peek: (key) => kept.get(key),
    get: async (key, load) => kept.get(key) ?? loading.get(key) ?? start(key, load),
    refresh: (key, load) => {
      kept.delete(key);
      return start(key, load);
    },
    forget: (matches) => {
      loading.clear();
      for (const [key, principal] of kept.entries()) if (matches(principal)) kept.delete(key);
    },
  };
}
