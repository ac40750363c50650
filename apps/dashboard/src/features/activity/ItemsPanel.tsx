import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { jobStatus, type Status, StatusBadge } from "../../ui/StatusBadge.tsx";
import { type TabItem, Tabs } from "../../ui/Tabs.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { shortId } from "../queue/job.ts";
import { bulkActSearch, itemFilters } from "./activity.search.ts";
import classes from "./Activity.module.css";
import type { BulkSummary } from "./bulk-state.ts";

type Item = Outputs["queue"]["bulk"]["items"]["items"][number];
type Filter = (typeof itemFilters)[number] | "all";

const PAGE_ROWS = 50;
const looks: Readonly<Record<Item["state"], Status>> = {
  pending: "ready",
  done: "done",
  failed: "refused",
  undone: "cancelled",
  kept: "refused",
};

/** What became of each job; the refused ones say why. */
export function ItemsPanel({ item }: { item: BulkSummary }) {
  const t = useT();
  const navigate = useNavigate();
  const { search, change } = usePageSearch(bulkActSearch);
  const filter: Filter = search.items ?? "all";
  const query = trpc.queue.bulk.items.useInfiniteQuery(
    { id: item.id, limit: PAGE_ROWS, ...(filter === "all" ? {} : { state: filter }) },
    { getNextPageParam: (page) => page.nextCursor },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const columns = useItemColumns();
  const tabs: TabItem<Filter>[] = (["all", ...itemFilters] as const).map((id) => ({
    id,
    label: t(`activity.items.${id}`),
  }));
  return (
    <Panel title={t("activity.items")} flush>
      <div className={classes.tabs}>
        <Tabs
          label={t("activity.items")}
          items={tabs}
          value={filter}
          onChange={(next) => change({ items: next === "all" ? undefined : next }, "replace")}
        />
      </div>
      <DataTable
        label={t("activity.items")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.jobId}
        rowName={(row) => `${row.name} ${shortId(row.jobId)}`}
        error={query.error}
        onRetry={() => void query.refetch()}
        empty={<EmptyState kind="none-match" title={t("activity.items.none")} />}
        onOpen={(row) => void navigate({ to: "/queue/jobs/$id", params: { id: row.jobId } })}
        narrow={(row) => ({
          title: <span className="mono">{row.name}</span>,
          meta: row.problem ?? shortId(row.jobId),
          end: <ItemBadge state={row.state} />,
        })}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onLoadMore={() => void query.fetchNextPage()}
      />
    </Panel>
  );
}

function ItemBadge({ state }: Pick<Item, "state">) {
  const t = useT();
  return <StatusBadge status={looks[state]}>{t(`activity.items.${state}`)}</StatusBadge>;
}

function useItemColumns(): readonly Column<Item>[] {
  const t = useT();
  return useMemo(
    () => [
      { id: "job", header: t("queue.column.job"), width: 96, look: "mono", cell: (row) => shortId(row.jobId) },
      { id: "name", header: t("queue.column.name"), width: 200, look: "mono", cell: (row) => row.name },
      { id: "state", header: t("activity.column.outcome"), width: 140, cell: (row) => <ItemBadge state={row.state} /> },
      {
        id: "jobState",
        header: t("activity.column.jobNow"),
        width: 120,
        cell: (row) =>
          row.jobState === null ? <span className="muted">—</span> : <StatusBadge status={jobStatus[row.jobState]} />,
      },
      {
        id: "problem",
        header: t("queue.column.why"),
        look: "muted",
        cell: (row) => <span title={row.problem ?? undefined}>{row.problem}</span>,
      },
    ],
    [t],
  );
}
