import { keepPreviousData } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";
import type { Job, JobState } from "../job.ts";
import type { JobsFilter } from "./job-filter.ts";
import { type MergedJobs, mergeJobs } from "./merge-jobs.ts";

interface Held {
  readonly key: string;
  /** Undefined until the first answer. */
  readonly rows: readonly Job[] | undefined;
  readonly nextCursor: string | null;
  /** The answer they came from: a newer one is another object. */
  readonly source: unknown;
  readonly hasOlder: boolean;
}

export interface HeldJobs extends MergedJobs {
  readonly error: unknown;
  readonly isNewCountFull: boolean;
  readonly isRefreshing: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly asOfMs: number;
  showNew(): void;
  loadMore(): void;
  refresh(): void;
  /** What an act made of a row, before the next reading says the same. */
  patch(id: string, state: JobState | "deleted"): void;
}

const PAGE = 50;
const EMPTY: Held = { key: "", rows: undefined, nextCursor: null, source: undefined, hasOlder: false };

/**
 * The newest jobs, read again and again. While `isHeld`, rows keep their place: they change in place and new ones are counted,
 * so that nothing moves under the pointer.
 */
export function useHeldJobs(filter: JobsFilter, isHeld: boolean): HeldJobs {
  const toast = useToast();
  const utils = trpc.useUtils();
  const key = JSON.stringify(filter);
  const input = { ...filter, limit: PAGE };
  const head = trpc.queue.jobs.list.useQuery(input, { placeholderData: keepPreviousData });
  const [held, setHeld] = useState<Held>(EMPTY);
  const [isLoadingMore, setLoadingMore] = useState(false);

  const latest = head.isPlaceholderData ? undefined : head.data;
  const take = (): void => {
    if (!latest) return;
    setHeld({ key, rows: latest.items, nextCursor: latest.nextCursor, source: latest, hasOlder: false });
  };
  const mayMove = !isHeld && !held.hasOlder;
  const isOutOfDate = latest !== undefined && held.source !== latest;
  if (isOutOfDate && (held.key !== key || mayMove || !held.rows || held.rows.length === 0)) take();

  const change = (edit: (held: Held) => Held): void =>
    setHeld((before) => (before.key === key ? edit(before) : before));
  const merged = useMemo(() => mergeJobs(held.rows, held.key === key ? latest : undefined), [held, key, latest]);

  // Rows of the filter before would pass for an answer to this one.
  const isRefused = head.error !== null && held.key !== key;
  return {
    ...merged,
    ...(isRefused ? { rows: undefined, newCount: 0 } : {}),
    error: isRefused || held.rows === undefined ? head.error : null,
    isNewCountFull: merged.newCount >= PAGE,
    isRefreshing: head.isPlaceholderData && head.isFetching,
    hasMore: held.nextCursor !== null && !isRefused,
    isLoadingMore,
    asOfMs: head.dataUpdatedAt,
    showNew: take,
    refresh: () => void head.refetch({ cancelRefetch: false }),
    loadMore: () => {
      if (held.nextCursor === null || isLoadingMore) return;
      setLoadingMore(true);
      utils.queue.jobs.list
        .fetch({ ...input, cursor: held.nextCursor })
        .then((page) =>
          change((before) => ({
            ...before,
            rows: [...(before.rows ?? []), ...page.items],
            nextCursor: page.nextCursor,
            hasOlder: true,
          })),
        )
        .catch((error: unknown) => toast({ tone: "bad", title: toAppError(error).message }))
        .finally(() => setLoadingMore(false));
    },
    patch: (id, state) =>
      change((before) => ({
        ...before,
        ...(before.rows && {
          rows: before.rows.flatMap((row) => (row.id !== id ? [row] : state === "deleted" ? [] : [{ ...row, state }])),
        }),
      })),
  };
}
