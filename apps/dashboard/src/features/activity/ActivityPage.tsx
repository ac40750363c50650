import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import "../../lib/i18n/en/activity.ts";
import "../../lib/i18n/en/imports.ts";
import "../../lib/i18n/en/queue.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { withoutInvalid } from "../../lib/search.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { FilterBar } from "../../ui/FilterBar.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { Page } from "../../ui/Page.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import type { Column } from "../../ui/table/column.ts";
import { DataTable } from "../../ui/table/DataTable.tsx";
import { Time } from "../../ui/Time.tsx";
import { ImportBadge } from "../imports/ImportBadge.tsx";
import { activitySearch } from "./activity.search.ts";
import classes from "./Activity.module.css";
import { type Activity, useActivity } from "./use-activity.ts";
import { BulkBadge } from "./BulkBadge.tsx";

const MOVING_MS = 2000;
const STILL_MS = 15_000;
const kinds = ["all", "bulk", "imports"] as const;

/** What the server does, or did, on somebody's behalf: bulk acts on jobs and imports of people. */
export function ActivityPage() {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  const { search, change } = usePageSearch(activitySearch);
  const activity = useActivity(search.kind ?? "all");
  const columns = useActivityColumns();
  const open = ({ kind, id }: Activity): void =>
    void navigate({ to: kind === "bulk" ? "/activity/$id" : "/users/imports/$id", params: { id } });
  return (
    <Page title={t("nav.activity")} fill>
      <LiveRefresh
        everyMs={activity.rows?.some((row) => row.isMoving) ? MOVING_MS : STILL_MS}
        onDue={activity.refresh}
      />
      {activity.maySeeImports ? (
        <Tabs
          label={t("activity.kinds")}
          items={kinds.map((id) => ({ id, label: t(`activity.kind.${id}`) }))}
          value={search.kind ?? "all"}
          onChange={(kind) => change({ kind: kind === "all" ? undefined : kind })}
        />
      ) : null}
      {search._invalid ? (
        <FilterBar
          chips={[]}
          onRemove={() => undefined}
          invalid={search._invalid}
          onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
        />
      ) : null}
      <DataTable
        fill
        label={t("nav.activity")}
        columns={columns}
        rows={activity.rows}
        rowId={(row) => row.id}
        rowName={(row) => nameOf(row, t)}
        error={activity.error}
        onRetry={activity.refresh}
        empty={<EmptyState kind="never" title={t("activity.none")} body={t("activity.noneBody")} />}
        onOpen={open}
        narrow={(row) => ({
          title: nameOf(row, t),
          meta: (
            <>
              {row.by} · <Time at={row.createdAt} />
            </>
          ),
          end: <StateBadge row={row} />,
        })}
        hasMore={activity.hasMore}
        isLoadingMore={activity.isLoadingMore}
        onLoadMore={activity.loadMore}
        footNote={<span className="num">{t("table.asOf", { time: format.time(activity.asOfMs) })}</span>}
      />
    </Page>
  );
}

function StateBadge({ row }: { row: Activity }) {
  return row.kind === "bulk" ? <BulkBadge state={row.bulk.state} /> : <ImportBadge item={row.item} />;
}

function nameOf(row: Activity, t: ReturnType<typeof useT>): string {
  return row.kind === "bulk"
    ? t(`activity.name.${row.bulk.act}`, { count: row.bulk.total })
    : t("imports.tray.name", { name: row.item.fileName });
}

function useActivityColumns(): readonly Column<Activity>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("activity.column.what"),
        cell: (row) => <span className="medium">{nameOf(row, t)}</span>,
      },
      {
        id: "target",
        header: t("activity.target"),
        look: "muted",
        cell: (row) =>
          row.kind === "bulk" ? (
            <span title={row.bulk.target}>{row.bulk.target}</span>
          ) : (
            t("imports.rowsOf", { count: row.item.totalRows })
          ),
      },
      { id: "state", header: t("queue.column.status"), width: 150, cell: (row) => <StateBadge row={row} /> },
      {
        id: "progress",
        header: t("queue.progress"),
        width: 160,
        cell: ({ share }) =>
          share === null ? (
            <span className="muted">—</span>
          ) : (
            <span className={classes.meterCell}>
              <Meter share={share} label={t("queue.progress")} tone="accent" isProgress />
              <span className="num">{format.percent(share, 0)}</span>
            </span>
          ),
      },
      {
        id: "problems",
        header: t("activity.column.refused"),
        width: 96,
        align: "end",
        cell: ({ problems }) => <span className={problems === 0 ? "muted" : "bad"}>{format.number(problems)}</span>,
      },
      { id: "by", header: t("activity.by"), width: 200, cell: (row) => <span className="fg-2">{row.by}</span> },
      {
        id: "created",
        header: t("activity.started"),
        width: 120,
        align: "end",
        cell: (row) => <Time at={row.createdAt} />,
      },
    ],
    [t, format],
  );
}
