import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { trpc } from "../../lib/trpc.ts";
import type { Sort } from "../../ui/table/column.ts";
import { type CacheRow, KEYS_PER_NAMESPACE, toKeyRow, toTreeRows } from "./cache-rows.ts";

export interface CacheRows {
  readonly rows: readonly CacheRow[] | undefined;
  readonly error: unknown;
  readonly isRefreshing: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore(): void;
  refresh(): void;
}

const PAGE = 100;

/** The keys with a prefix, or without one the tree of namespaces. */
export function useCacheRows(prefix: string | undefined, opened: readonly string[], sort: Sort): CacheRows {
  const utils = trpc.useUtils();
  const isTree = prefix === undefined;
  const namespaces = trpc.cache.namespaces.useQuery();
  const children = trpc.useQueries((t) =>
    opened.map((name) => t.cache.list({ prefix: `${name}:`, limit: KEYS_PER_NAMESPACE }, { enabled: isTree })),
  );
  const keys = trpc.cache.list.useInfiniteQuery(
    { prefix: prefix ?? "", limit: PAGE },
    { enabled: !isTree, getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
  );

  const tree = useMemo(() => {
    if (!namespaces.data) return undefined;
    const byName = new Map(
      opened.map((name, index) => {
        const page = children[index]?.data;
        return [name, { items: page?.items, hasMore: page?.nextCursor != null }] as const;
      }),
    );
    return toTreeRows(namespaces.data.items, sort, byName);
  }, [namespaces.data, opened, children, sort]);
  const flat = useMemo(
    () => keys.data?.pages.flatMap((page) => page.items.map((entry) => toKeyRow(entry, false))),
    [keys.data],
  );

  const refresh = (): void => {
    void namespaces.refetch({ cancelRefetch: false });
    void utils.cache.list.invalidate(undefined, undefined, { cancelRefetch: false });
  };
  return isTree
    ? {
        rows: tree,
        error: namespaces.error,
        isRefreshing: false,
        hasMore: false,
        isLoadingMore: false,
        loadMore: () => undefined,
        refresh,
      }
    : {
        rows: flat,
        error: keys.error,
        isRefreshing: keys.isPlaceholderData,
        hasMore: keys.hasNextPage,
        isLoadingMore: keys.isFetchingNextPage,
        loadMore: () => void keys.fetchNextPage(),
        refresh,
      };
}
