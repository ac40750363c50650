import { useMay } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { type ImportSummary, isMoving as isImportMoving, progressOf as importProgressOf } from "../imports/import.ts";
import { type BulkSummary, isMoving, progressOf } from "./bulk-state.ts";
import { mergeNewest } from "./merge-newest.ts";

interface Common {
  readonly id: string;
  readonly createdAt: string;
  readonly by: string;
  /** 0 to 1, or null where nothing is counted. */
  readonly share: number | null;
  readonly problems: number;
  readonly isMoving: boolean;
}
export type Activity = Common &
  ({ readonly kind: "bulk"; readonly bulk: BulkSummary } | { readonly kind: "imports"; readonly item: ImportSummary });

const PAGE_ROWS = 50;

/** Bulk acts and imports as one list, newest first, each read page by page. */
export function useActivity(kind: "all" | "bulk" | "imports") {
  const may = useMay();
  const maySeeImports = may("users.imports.list");
  const paging = { getNextPageParam: (page: { readonly nextCursor: string | null }) => page.nextCursor };
  const wantsBulk = kind !== "imports" || !maySeeImports;
  const wantsImports = kind !== "bulk" && maySeeImports;
  const bulk = trpc.queue.bulk.list.useInfiniteQuery({ limit: PAGE_ROWS }, { ...paging, enabled: wantsBulk });
  const imports = trpc.users.imports.list.useInfiniteQuery({ limit: PAGE_ROWS }, { ...paging, enabled: wantsImports });
  const sources = [
    ...(wantsBulk ? [{ query: bulk, rows: bulk.data?.pages.flatMap((page) => page.items.map(ofBulk)) }] : []),
    ...(wantsImports
      ? [{ query: imports, rows: imports.data?.pages.flatMap((page) => page.items.map(ofImport)) }]
      : []),
  ];
  const merged = mergeNewest<Activity>(sources.map(({ query, rows }) => ({ rows, hasMore: query.hasNextPage })));
  return {
    maySeeImports,
    rows: merged.rows,
    hasMore: merged.next !== null,
    error: sources.find(({ query }) => query.error)?.query.error ?? null,
    isLoadingMore: sources.some(({ query }) => query.isFetchingNextPage),
    asOfMs: Math.min(...sources.map(({ query }) => query.dataUpdatedAt)),
    loadMore: () => {
      if (merged.next !== null) void sources[merged.next]?.query.fetchNextPage();
    },
    refresh: () => {
      for (const { query } of sources) void query.refetch({ cancelRefetch: false });
    },
  };
}

function ofBulk(bulk: BulkSummary): Activity {
  return {
    kind: "bulk",
    bulk,
    id: bulk.id,
    createdAt: bulk.createdAt,
    by: bulk.createdBy,
    share: progressOf(bulk).share,
    problems: bulk.failed,
    isMoving: isMoving(bulk),
  };
}

function ofImport(item: ImportSummary): Activity {
  return {
    kind: "imports",
    item,
    id: item.id,
    createdAt: item.createdAt,
    by: item.createdByEmail,
    share: importProgressOf(item)?.share ?? null,
    problems: item.problemRows,
    isMoving: isImportMoving(item),
  };
}
