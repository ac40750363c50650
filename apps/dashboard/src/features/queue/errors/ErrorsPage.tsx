import { Button, Switch } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { CircleCheck, RotateCw } from "lucide-react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import "../../../lib/i18n/en/queue.ts";
import "../../../lib/i18n/en/queue-errors.ts";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { LiveRefresh } from "../../../lib/live-refresh.ts";
import { usePageSearch } from "../../../lib/page-search.ts";
import { withoutInvalid } from "../../../lib/search.ts";
import { trpc } from "../../../lib/trpc.ts";
import { IconAction } from "../../../ui/ActionButton.tsx";
import { AddFilterChips } from "../../../ui/AddFilterChips.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { Chip, FilterBar, type FilterChip, type FilterChoice } from "../../../ui/FilterBar.tsx";
import { Page } from "../../../ui/Page.tsx";
import { SearchField } from "../../../ui/SearchField.tsx";
import { DataTable } from "../../../ui/table/DataTable.tsx";
import { QueueTabs } from "../QueueTabs.tsx";
import { useErrorColumns, useNarrowError } from "./error-columns.tsx";
import type { ErrorGroup } from "./error-group.ts";
import { ErrorPeek } from "./ErrorPeek.tsx";
import classes from "./Errors.module.css";
import { errorSorts, errorsSearch } from "./errors.search.ts";
import { useErrorActs } from "./use-error-acts.tsx";

const PAGE_ROWS = 50;
const REFRESH_MS = 3000;

/** What fails, one row for all failures that look alike. */
export function ErrorsPage() {
  const t = useT();
  const format = useFormat();
  const { search, change } = usePageSearch(errorsSearch);
  const { q, queue, name, show, sort = "lastSeen", peek } = search;
  const query = trpc.queue.errors.list.useInfiniteQuery(
    {
      limit: PAGE_ROWS,
      order: sort,
      includeResolved: show === "all",
      ...(q ? { search: q } : {}),
      ...(queue ? { queue } : {}),
      ...(name ? { name } : {}),
    },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const rows = query.data?.pages.flatMap((page) => page.items);
  const acts = useErrorActs();
  const columns = useErrorColumns(peek !== undefined);
  const narrow = useNarrowError();
  const { chips, choices } = useErrorFilters({ queue, name });

  const at = rows?.findIndex((row) => row.fingerprint === peek) ?? -1;
  const peekAt = (group: ErrorGroup): void =>
    change(
      { peek: group.fingerprint === peek ? undefined : group.fingerprint },
      peek === undefined ? "push" : "replace",
    );
  const openAt = (index: number): (() => void) | undefined => {
    const row = at < 0 ? undefined : rows?.[index];
    return row && (() => change({ peek: row.fingerprint }, "replace"));
  };
  useShortcut("r", t("queueErrors.retryKey"), () => {
    const wanted = peek ?? focusedRowId();
    const group = rows?.find((row) => row.fingerprint === wanted);
    if (group) acts.start("retry", group);
  });

  const empty = (
    <NoGroups
      chips={
        q
          ? [{ id: "q", name: t("queueErrors.search"), operator: t("queue.filter.contains"), value: q }, ...chips]
          : chips
      }
      showsAll={show === "all"}
      onShowAll={() => change({ show: "all" })}
      onClear={() => change({ q: undefined, queue: undefined, name: undefined })}
    />
  );
  const rowActions = (group: ErrorGroup) => (
    <IconAction
      size="xs"
      label={t("queueErrors.retryNamed", { name: group.errorName })}
      disabledReason={acts.offBecause(group)}
      onClick={() => acts.start("retry", group)}
    >
      <RotateCw size={14} />
    </IconAction>
  );
  return (
    <Page
      title={t("nav.errors")}
      aside={<QueueTabs />}
      fill
      peek={
        peek === undefined ? null : (
          <ErrorPeek
            key={peek}
            fingerprint={peek}
            row={rows?.[at]}
            acts={acts}
            onClose={() => change({ peek: undefined }, "replace")}
            onPrevious={openAt(at - 1)}
            onNext={openAt(at + 1)}
          />
        )
      }
    >
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void query.refetch({ cancelRefetch: false })} />
      <FilterBar
        search={
          <>
            <SearchField
              label={t("queueErrors.search")}
              value={q ?? ""}
              onChange={(value) => change({ q: value || undefined }, "replace")}
            />
            <AddFilterChips choices={choices} onAdd={(id, value) => change({ [id]: value })} />
          </>
        }
        chips={chips}
        onRemove={(id) => change({ [id]: undefined })}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
        end={
          <Switch
            size="xs"
            label={t("queueErrors.showResolved")}
            checked={show === "all"}
            onChange={(event) => change({ show: event.currentTarget.checked ? "all" : undefined })}
          />
        }
      />
      <DataTable
        fill
        label={t("queueErrors.table")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.fingerprint}
        rowName={(row) => row.errorName}
        error={query.error}
        onRetry={() => void query.refetch()}
        isRefreshing={query.isPlaceholderData}
        empty={empty}
        sort={{ columnId: sort, direction: "desc" }}
        onSort={({ columnId }) => {
          const next = errorSorts.find((id) => id === columnId);
          if (next) change({ sort: next === "lastSeen" ? undefined : next });
        }}
        openId={peek}
        onPeek={peekAt}
        onOpen={peekAt}
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

/** The filters in use as chips, and those that may be added. */
function useErrorFilters({ queue, name }: { queue: string | undefined; name: string | undefined }): {
  readonly chips: readonly FilterChip[];
  readonly choices: readonly FilterChoice[];
} {
  const t = useT();
  const definitions = trpc.queue.definitions.useQuery(undefined, { staleTime: Number.POSITIVE_INFINITY });
  const kinds = definitions.data?.items ?? [];
  const asOptions = (values: readonly string[]) =>
    [...new Set(values)].sort().map((value) => ({ value, label: value }));
  const all = [
    { id: "queue", name: t("queue.filter.queue"), value: queue, options: asOptions(kinds.map((kind) => kind.queue)) },
    { id: "name", name: t("queue.filter.name"), value: name, options: asOptions(kinds.map((kind) => kind.name)) },
  ];
  return {
    chips: all.flatMap((filter) =>
      filter.value === undefined ? [] : [{ id: filter.id, name: filter.name, value: filter.value }],
    ),
    choices: all.filter(({ value, options }) => value === undefined && options.length > 0),
  };
}

interface NoGroupsProps {
  readonly chips: readonly FilterChip[];
  readonly showsAll: boolean;
  onShowAll(): void;
  onClear(): void;
}

function NoGroups({ chips, showsAll, onShowAll, onClear }: NoGroupsProps) {
  const t = useT();
  const all = <Button onClick={onShowAll}>{t("queueErrors.empty.showAll")}</Button>;
  if (chips.length > 0) {
    return (
      <EmptyState
        kind="none-match"
        title={t("queueErrors.empty.noneMatch")}
        body={t(showsAll ? "queueErrors.empty.noneMatchBody" : "queueErrors.empty.noneMatchNow")}
        actions={
          <>
            <Button onClick={onClear}>{t("filter.clearAll")}</Button>
            {showsAll ? null : all}
          </>
        }
      >
        <div className={classes.tags}>
          {chips.map((chip) => (
            <Chip key={chip.id} chip={chip} />
          ))}
        </div>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      kind="never"
      icon={CircleCheck}
      title={t(showsAll ? "queueErrors.empty.never" : "queueErrors.empty.now")}
      body={t(showsAll ? "queueErrors.empty.neverBody" : "queueErrors.empty.nowBody")}
      actions={showsAll ? null : all}
    />
  );
}

function focusedRowId(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("tr[data-row-id]")?.dataset.rowId;
}
