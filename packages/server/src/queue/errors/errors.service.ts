import type { Pool } from "pg";
import { z } from "zod";
import { parseCursor, toCursor } from "../../trpc/wire.ts";
import { errorGroupNotFound } from "../queue.errors.ts";
import type { ErrorGroup, errorsListInput, errorsPage } from "./errors.schema.ts";
import { listGroups, type FoundGroup, type GroupOrder } from "./errors.store.ts";

/** Failures of jobs, grouped by what they have in common. Written by the recorder, half a second behind. */
export interface JobErrors {
  /** Groups with jobs that are failed or retrying now; the others on request. Raises `CURSOR_INVALID`. */
  list(input: z.infer<typeof errorsListInput>): Promise<z.infer<typeof errorsPage>>;
  /** Raises `ERROR_GROUP_NOT_FOUND`. */
  get(fingerprint: string): Promise<ErrorGroup>;
}

// A cursor of one order is refused in the other.
const LISTS = { lastSeen: "queue.errors.lastSeen", jobs: "queue.errors.jobs" } as const;
const lastSeenKeys = z.tuple([z.iso.datetime(), z.string()]);
const jobsKeys = z.tuple([z.number().int(), z.string()]);

export function createJobErrors({ pool }: { readonly pool: Pool }): JobErrors {
  return {
    list: async ({ limit, cursor, queue, name, search, includeResolved, order }) => {
      const filter = { queue, name, text: search === "" ? undefined : search, includeResolved };
      const found = await listGroups(pool, filter, toOrder(order, cursor), limit + 1);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(toGroup),
        nextCursor: last && found.length > page.length ? cursorAfter(order, last) : null,
      };
    },
    get: async (fingerprint) => {
      const filter = { fingerprint, includeResolved: true };
      const [found] = await listGroups(pool, filter, { by: "lastSeen", after: undefined }, 1);
      if (!found) throw errorGroupNotFound(fingerprint);
      return toGroup(found);
    },
  };
}

function toGroup({ jobs: _jobs, ...group }: FoundGroup): ErrorGroup {
  return group;
}

function cursorAfter(order: "lastSeen" | "jobs", { jobs, lastSeenAt, fingerprint }: FoundGroup): string {
  return toCursor(LISTS[order], [order === "jobs" ? jobs : lastSeenAt, fingerprint]);
}

function toOrder(by: "lastSeen" | "jobs", cursor: string | undefined): GroupOrder {
  if (cursor === undefined) return { by, after: undefined };
  if (by === "jobs") {
    const [jobs, fingerprint] = parseCursor(LISTS.jobs, cursor, jobsKeys);
    return { by, after: { jobs, fingerprint } };
  }
  const [lastSeenAt, fingerprint] = parseCursor(LISTS.lastSeen, cursor, lastSeenKeys);
  return { by, after: { lastSeenAt, fingerprint } };
}
