import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { jobStatus, StatusBadge } from "../../../ui/StatusBadge.tsx";
import type { Column } from "../../../ui/table/column.ts";
import { DataTable } from "../../../ui/table/DataTable.tsx";
import { Time } from "../../../ui/Time.tsx";
import { shortId } from "../job.ts";
import type { ScheduleRun } from "./schedule.ts";
import { useZoned, type ZonedFormat } from "./zoned.ts";

const PAGE_ROWS = 25;

/** What a schedule stored, newest first, and how it came out. */
export function RunsPanel({ id, timeZone }: { id: string; timeZone: string }) {
  const t = useT();
  const format = useFormat();
  const there = useZoned(timeZone);
  const query = trpc.queue.schedules.runs.useInfiniteQuery(
    { id, limit: PAGE_ROWS },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const columns = useRunColumns(there);
  return (
    <Panel title={t("queueSchedules.history")} flush>
      <DataTable
        label={t("queueSchedules.history")}
        columns={columns}
        rows={query.data?.pages.flatMap((page) => page.items)}
        rowId={rowIdOf}
        rowName={(run) => there.short(run.dueAt)}
        error={query.error}
        onRetry={() => void query.refetch()}
        empty={
          <EmptyState
            kind="never"
            title={t("queueSchedules.history.none")}
            body={t("queueSchedules.history.noneBody")}
          />
        }
        narrow={(run) => ({
          title: there.moment(run.dueAt),
          meta: run.note ?? run.by ?? <Time at={run.at} />,
          end: <Outcome run={run} />,
        })}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onLoadMore={() => void query.fetchNextPage()}
        footNote={<span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>}
      />
    </Panel>
  );
}

function rowIdOf(run: ScheduleRun): string {
  return `${run.dueAt} ${run.at} ${run.jobId ?? ""}`;
}

function useRunColumns(there: ZonedFormat): readonly Column<ScheduleRun>[] {
  const t = useT();
  const format = useFormat();
  return useMemo(
    () => [
      { id: "due", header: t("queueSchedules.run.due"), width: 200, cell: (run) => there.moment(run.dueAt) },
      {
        id: "at",
        header: t("queueSchedules.run.at"),
        width: 148,
        look: "muted",
        cell: (run) => <Time at={run.at} />,
      },
      { id: "outcome", header: t("queueSchedules.run.outcome"), width: 140, cell: (run) => <Outcome run={run} /> },
      {
        id: "job",
        header: t("queueSchedules.run.job"),
        width: 112,
        look: "mono",
        cell: (run) =>
          run.jobId === null ? (
            <span className="muted">—</span>
          ) : (
            <Link to="/queue/jobs/$id" params={{ id: run.jobId }}>
              {shortId(run.jobId)}
            </Link>
          ),
      },
      {
        id: "took",
        header: t("queueSchedules.run.took"),
        width: 96,
        align: "end",
        cell: (run) => (run.durationMs === null ? <span className="muted">—</span> : format.duration(run.durationMs)),
      },
      {
        id: "note",
        header: t("queueSchedules.run.note"),
        look: "muted",
        cell: (run) => run.note ?? (run.by === null ? null : t("queueSchedules.run.by", { who: run.by })),
      },
    ],
    [t, format, there],
  );
}

/** Of the job where there is one; otherwise why there is none. */
function Outcome({ run }: { run: ScheduleRun }) {
  const t = useT();
  if (run.outcome === "failed") return <StatusBadge status="failed">{t("queueSchedules.run.failed")}</StatusBadge>;
  if (run.outcome === "skipped") return <StatusBadge status="cancelled">{t("queueSchedules.run.skipped")}</StatusBadge>;
  if (run.jobState === null) return <span className="muted">{t("queueSchedules.jobGone")}</span>;
  return <StatusBadge status={jobStatus[run.jobState]} />;
}
