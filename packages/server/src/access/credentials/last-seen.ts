import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Sql } from "../../platform/sql.ts";
import { touchKeys, touchPreviousKeys, touchSessions } from "./credentials.store.ts";

const FLUSH_EVERY_MS = 2000;

export type Seen = "session" | "key" | "previousKey";

export interface LastSeen {
  /** Notes a use; costs the caller nothing. */
  note(kind: Seen, id: string): void;
  start(signal: AbortSignal): void;
  flush(): Promise<void>;
}

const WRITERS = { session: touchSessions, key: touchKeys, previousKey: touchPreviousKeys } as const;
const KINDS = Object.keys(WRITERS) as Seen[];

/** Writes when credentials were last used, some seconds later and many at once: no request waits for it. */
export function createLastSeen(sql: Sql, clock: Clock, logger: Logger): LastSeen {
  const waiting: Record<Seen, Set<string>> = { session: new Set(), key: new Set(), previousKey: new Set() };

  const flushKind = async (kind: Seen): Promise<void> => {
    const ids = [...waiting[kind]];
    waiting[kind].clear();
    if (ids.length === 0) return;
    try {
      await WRITERS[kind](sql, ids);
    } catch (error) {
      // Not kept for the next round: whoever goes on using the credential is noted again.
      logger.warn("access.last-seen-failed", { err: error, kind, count: ids.length });
    }
  };
  const flush = async (): Promise<void> => {
    for (const kind of KINDS) await flushKind(kind);
  };

  return {
    note: (kind, id) => void waiting[kind].add(id),
    start: (signal) => clock.every(FLUSH_EVERY_MS, flush, signal),
    flush,
  };
}
