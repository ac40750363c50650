import { Button } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock, Pause, Play, Plus, Zap } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useCommands } from "../../../lib/commands.tsx";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import "../../../lib/i18n/en/queue.ts";
import "../../../lib/i18n/en/queue-schedules.ts";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { LiveRefresh } from "../../../lib/live-refresh.ts";
import { usePageSearch } from "../../../lib/page-search.ts";
import { withoutInvalid } from "../../../lib/search.ts";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton, IconAction } from "../../../ui/ActionButton.tsx";
import { AddFilterChips } from "../../../ui/AddFilterChips.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { FilterBar } from "../../../ui/FilterBar.tsx";
import { Page } from "../../../ui/Page.tsx";
import { SearchField } from "../../../ui/SearchField.tsx";
import { DataTable } from "../../../ui/table/DataTable.tsx";
import { QueueTabs } from "../QueueTabs.tsx";
import { useNarrowSchedule, useScheduleColumns } from "./schedule-columns.tsx";
import type { Schedule } from "./schedule.ts";
import { schedulesSearch } from "./schedules.search.ts";
import { type ScheduleActs, useScheduleActs } from "./use-schedule-acts.tsx";

const PAGE_ROWS = 100;
const REFRESH_MS = 3000;

export function SchedulesPage() {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  const { search, change } = usePageSearch(schedulesSearch);
  const { q, job } = search;
  const query = trpc.queue.schedules.list.useInfiniteQuery(
    { limit: PAGE_ROWS, ...(q ? { search: q } : {}), ...(job ? { jobName: job } : {}) },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const definitions = trpc.queue.definitions.useQuery(undefined, { staleTime: Number.POSITIVE_INFINITY });
  const rows = query.data?.pages.flatMap((page) => page.items);
  const acts = useScheduleActs();
  const columns = useScheduleColumns();
  const narrow = useNarrowSchedule();
  useNewCommand(acts);
  useShortcut("n", t("queueSchedules.new"), acts.create, { active: acts.createOff === undefined });

  const open = ({ id }: Schedule): void => void navigate({ to: "/queue/schedules/$id", params: { id } });
  const newButton = (
    <ActionButton
      tone="primary"
      leftSection={<Plus size={16} />}
      keys="n"
      disabledReason={acts.createOff}
      onClick={acts.create}
    >
      {t("queueSchedules.new")}
    </ActionButton>
  );
  const rowActions = (row: Schedule) => <RowActions schedule={row} acts={acts} />;
  return (
    <Page title={t("nav.schedules")} aside={<QueueTabs />} fill actions={newButton}>
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void query.refetch({ cancelRefetch: false })} />
      <FilterBar
        search={
          <>
            <SearchField
              label={t("queueSchedules.search")}
              value={q ?? ""}
              onChange={(value) => change({ q: value || undefined }, "replace")}
            />
            {job ? null : (
              <AddFilterChips
                choices={[
                  {
                    id: "job",
                    name: t("queueSchedules.column.job"),
                    options: (definitions.data?.items ?? []).map(({ name }) => ({ value: name, label: name })),
                  },
                ]}
                onAdd={(_id, value) => change({ job: value })}
              />
            )}
          </>
        }
        chips={job ? [{ id: "job", name: t("queueSchedules.column.job"), value: job }] : []}
        onRemove={() => change({ job: undefined })}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <DataTable
        fill
        label={t("nav.schedules")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        rowName={(row) => row.name}
        error={query.error}
        onRetry={() => void query.refetch()}
        isRefreshing={query.isPlaceholderData}
        empty={
          q || job ? (
            <EmptyState
              kind="none-match"
              title={t("queueSchedules.empty.noneMatch")}
              body={t("queueSchedules.empty.noneMatchBody")}
              actions={<Button onClick={() => change({ q: undefined, job: undefined })}>{t("filter.clearAll")}</Button>}
            />
          ) : (
            <EmptyState
              kind="never"
              icon={CalendarClock}
              title={t("queueSchedules.empty.never")}
              body={t("queueSchedules.empty.neverBody")}
              actions={newButton}
            />
          )
        }
        onOpen={open}
        rowActions={rowActions}
        narrow={narrow}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onLoadMore={() => void query.fetchNextPage()}
        footNote={<span className="num">{t("table.asOf", { time: format.time(query.dataUpdatedAt) })}</span>}
      />
      {acts.dialog}
    </Page>
  );
}

function RowActions({ schedule, acts }: { schedule: Schedule; acts: ScheduleActs }) {
  const t = useT();
  const { name } = schedule;
  const isPaused = schedule.pausedAt !== null;
  return (
    <>
      <IconAction
        size="xs"
        label={t("queueSchedules.runNowNamed", { name })}
        disabledReason={acts.offBecause("runNow", schedule)}
        onClick={() => acts.start("runNow", schedule)}
      >
        <Zap size={14} />
      </IconAction>
      <IconAction
        size="xs"
        label={t(isPaused ? "queueSchedules.resumeNamed" : "queueSchedules.pauseNamed", { name })}
        disabledReason={acts.offBecause("toggle", schedule)}
        onClick={() => acts.start("toggle", schedule)}
      >
        {isPaused ? <Play size={14} /> : <Pause size={14} />}
      </IconAction>
    </>
  );
}

function useNewCommand({ create, createOff }: ScheduleActs): void {
  const t = useT();
  const latest = useRef(create);
  useEffect(() => {
    latest.current = create;
  });
  useCommands(
    useMemo(
      () => [
        {
          id: "queue.schedules.create",
          title: t("queueSchedules.new"),
          icon: Plus,
          keys: "n",
          group: "here",
          disabledReason: createOff,
          run: () => latest.current(),
        },
      ],
      [t, createOff],
    ),
  );
}
