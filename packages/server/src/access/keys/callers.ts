import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Sql } from "../../platform/sql.ts";
import type { Principal } from "../../trpc/context.ts";
import { pruneCallers, upsertCallers, type KeyUse } from "./callers.store.ts";

/** Addresses kept of one key, of both its secrets together. */
export const CALLERS_MAX = 100;
const FLUSH_EVERY_MS = 2000;
const NOTE_EVERY_MS = 60_000;
/** Notes of all keys in one minute. A bound on memory: what comes beyond it in that minute is not recorded. */
const NOTES_MAX = 20_000;

/** Where a request came from. */
export interface Caller {
  readonly address: string;
  readonly userAgent: string;
}

export interface KeyCallers {
  /** Notes a use. `digest` is the hash of the secret that was sent, as hex. */
  note(keyId: string, digest: string, caller: Caller): void;
  /** The same in two look-ups in memory for callers who were noted already; `principal` stands for key and digest while it is kept. */
  noteKept(principal: Principal, digest: string, caller: Caller): void;
  start(signal: AbortSignal): void;
  flush(): Promise<void>;
}

/** Writes where keys are used from, some seconds later, many at once and each caller once a minute: no request waits for it. */
export function createKeyCallers(sql: Sql, clock: Clock, logger: Logger): KeyCallers {
  /** Who was noted this minute already, and how many of each key. */
  const noted = new Set<string>();
  const counts = new Map<string, number>();
  let sinceMs = clock.monotonicMs();
  let waiting: KeyUse[] = [];
  let notedAddresses = new WeakMap<Principal, Set<string>>();

  const flush = async (): Promise<void> => {
    const uses = waiting;
    waiting = [];
    if (clock.monotonicMs() - sinceMs >= NOTE_EVERY_MS) {
      noted.clear();
      notedAddresses = new WeakMap();
      counts.clear();
      sinceMs = clock.monotonicMs();
    }
    if (uses.length === 0) return;
    try {
      await upsertCallers(sql, uses);
      await pruneCallers(sql, [...new Set(uses.map(({ keyId }) => keyId))], CALLERS_MAX);
    } catch (error) {
      // Not kept for the next round: whoever goes on using the key is noted again the next minute.
      logger.warn("access.key-callers-failed", { err: error, count: uses.length });
    }
  };

  const note: KeyCallers["note"] = (keyId, digest, { address, userAgent }) => {
    const use = `${keyId} ${digest} ${address}`;
    if (noted.has(use) || noted.size >= NOTES_MAX) return;
    const count = counts.get(keyId) ?? 0;
    if (count >= CALLERS_MAX) return;
    noted.add(use);
    counts.set(keyId, count + 1);
    waiting.push({ keyId, secretHash: Buffer.from(digest, "hex"), address, userAgent: userAgent || null });
  };

  return {
    note,
    noteKept: (principal, digest, caller) => {
      let addresses = notedAddresses.get(principal);
      if (!addresses) notedAddresses.set(principal, (addresses = new Set()));
      if (addresses.has(caller.address)) return;
      if (addresses.size < CALLERS_MAX) addresses.add(caller.address);
      note(principal.credentialId, digest, caller);
    },
    start: (signal) => clock.every(FLUSH_EVERY_MS, flush, signal),
    flush,
  };
}
