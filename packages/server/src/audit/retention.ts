import type { Pool } from "pg";
import type { Ids } from "../platform/ids.ts";
import { inTransaction } from "../platform/sql.ts";
import type { Principal } from "../trpc/context.ts";
import { countOlder, pruneEvents, selectRetention, upsertRetention } from "./retention.store.ts";

interface Kept {
  readonly retentionDays: number | null;
}

export interface Retention {
  read(): Promise<number | null>;
  /** What a retention of so many days would remove at the moment. */
  preview(days: number): Promise<{ events: number; before: string }>;
  set(principal: Principal, days: number | null): Promise<{ before: Kept; after: Kept }>;
  /** Removes what is too old, and answers how many events that were. */
  sweep(signal: AbortSignal): Promise<number>;
}

/** Small enough to be far from the time limit of a statement, and not to make the calls that append wait. */
const BATCH = 5000;

export function createRetention({ pool, ids }: { readonly pool: Pool; readonly ids: Ids }): Retention {
  return {
    read: () => selectRetention(pool),
    preview: (days) => countOlder(pool, days),
    set: (principal, days) =>
      inTransaction(pool, async (sql) => {
        const before = { retentionDays: await selectRetention(sql) };
        await upsertRetention(sql, days, principal.email);
        return { before, after: { retentionDays: days } };
      }),
    sweep: async (signal) => {
      const days = await selectRetention(pool);
      if (days === null) return 0;
      let all = 0;
      for (let removed = BATCH; removed === BATCH && !signal.aborted; all += removed) {
        removed = await pruneEvents(pool, days, BATCH, ids.uuid());
      }
      return all;
    },
  };
}
