import type { Job } from "../job.ts";

export interface MergedJobs {
  readonly rows: readonly Job[] | undefined;
  /** Rows shown that no longer belong to the list. */
  readonly goneIds: ReadonlySet<string>;
  /** Jobs stored since the rows were taken. */
  readonly newCount: number;
}

/** The rows in the places they have, each as new as it is known, and what the newest answer has beside them. */
export function mergeJobs(
  rows: readonly Job[] | undefined,
  latest: { readonly items: readonly Job[]; readonly nextCursor: string | null } | undefined,
): MergedJobs {
  if (!rows || !latest) return { rows, goneIds: new Set(), newCount: 0 };
  const newest = new Map(latest.items.map((job) => [job.id, job]));
  const known = new Set(rows.map(({ id }) => id));
  const first = rows[0]?.createdAt ?? "";
  // Beyond its last row the answer says nothing about what is still there.
  const reach = latest.nextCursor === null ? "" : (latest.items.at(-1)?.createdAt ?? "");
  return {
    rows: rows.map((row) => newest.get(row.id) ?? row),
    goneIds: new Set(rows.filter((row) => !newest.has(row.id) && row.createdAt > reach).map(({ id }) => id)),
    newCount: latest.items.filter((job) => !known.has(job.id) && job.createdAt >= first).length,
  };
}
