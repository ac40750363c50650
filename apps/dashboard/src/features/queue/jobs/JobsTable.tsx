import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { FilterX, ListChecks, Plus, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { CodeBlock } from "../../../ui/CodeBlock.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { jobStatus } from "../../../ui/StatusBadge.tsx";
import { DataTable } from "../../../ui/table/DataTable.tsx";
import type { Bulk } from "../bulk/use-bulk.tsx";
import { filterKeys, noFilter } from "./job-filter.ts";
import { type Job, type QueueRow, shortId } from "../job.ts";
import type { JobsSearch } from "../jobs.search.ts";
import type { JobActs } from "../use-job-acts.tsx";
import { useJobRows } from "./job-columns.tsx";
import { JobChips } from "./JobFilters.tsx";
import { JobRowActions } from "./JobRowActions.tsx";
import classes from "./JobsTable.module.css";
import type { HeldJobs } from "./use-held-jobs.ts";

/** More than the rows at hand: whatever the filter finds. */
export interface AllMatching {
  readonly isOn: boolean;
  /** Undefined until the server has counted them. */
  readonly count: number | undefined;
  readonly offBecause: string | undefined;
  choose(): void;
}

interface JobsTableProps {
  readonly jobs: HeldJobs;
  readonly now: number;
  readonly queues: ReadonlyMap<string, QueueRow>;
  readonly search: JobsSearch;
  readonly selection: ReadonlySet<string>;
  onSelectionChange(selection: ReadonlySet<string>): void;
  readonly allMatching: AllMatching;
  /** The pointer or the focus is in the rows: they must not move. */
  onTouched(isTouched: boolean): void;
  onFilter(part: Partial<JobsSearch>): void;
  onPeek(job: Job): void;
  onOpen(job: Job): void;
  readonly acts: JobActs;
  readonly bulk: Bulk;
  readonly onEnqueue: (() => void) | undefined;
}

export function JobsTable(props: JobsTableProps) {
  const { jobs, search, acts, bulk, onTouched, allMatching } = props;
  const t = useT();
  const format = useFormat();
  const isRoomy = useMediaQuery("(min-width: 1300px)", false, { getInitialValueInEffect: false });
  const isTooBroad = jobs.error !== null && toAppError(jobs.error).code === "SEARCH_TOO_BROAD";
  const view = useJobRows({
    now: props.now,
    isWide: search.peek === undefined,
    hasTags: isRoomy && search.peek === undefined,
    goneIds: jobs.goneIds,
    queues: props.queues,
  });
  const menuOf = (job: Job): ReactNode => <JobRowActions job={job} acts={acts} onOpen={props.onOpen} />;
  return (
    <div
      className={classes.held}
      data-fill
      onPointerEnter={() => onTouched(true)}
      onPointerLeave={(event) => onTouched(event.currentTarget.contains(document.activeElement))}
      onFocus={() => onTouched(true)}
      onBlur={(event) => onTouched(event.currentTarget.matches(":hover"))}
    >
      <DataTable
        fill
        label={t("queue.jobs.title")}
        columns={view.columns}
        narrow={view.narrow}
        rows={isTooBroad ? [] : jobs.rows}
        rowId={(job) => job.id}
        rowName={(job) => `${job.name} ${shortId(job.id)}`}
        error={jobs.error}
        onRetry={jobs.refresh}
        empty={
          isTooBroad ? (
            <TooBroad search={search} onFilter={props.onFilter} />
          ) : (
            <NoJobs search={search} onFilter={props.onFilter} onEnqueue={props.onEnqueue} />
          )
        }
        isRefreshing={jobs.isRefreshing}
        selection={props.selection}
        onSelectionChange={props.onSelectionChange}
        selectedCount={allMatching.isOn ? (allMatching.count ?? props.selection.size) : undefined}
        selectionNote={<AllMatchingNote allMatching={allMatching} />}
        bulkActions={<BulkActions bulk={bulk} />}
        openId={search.peek}
        onPeek={props.onPeek}
        onOpen={props.onOpen}
        rowActions={menuOf}
        hasMore={jobs.hasMore}
        isLoadingMore={jobs.isLoadingMore}
        onLoadMore={jobs.loadMore}
        footNote={<span className="num">{t("table.asOf", { time: format.time(jobs.asOfMs) })}</span>}
      />
    </div>
  );
}

function AllMatchingNote({ allMatching }: { allMatching: AllMatching }) {
  const t = useT();
  const { isOn, count, offBecause, choose } = allMatching;
  if (isOn) return <span className="muted">{t(count === undefined ? "queue.all.counting" : "queue.all.on")}</span>;
  return (
    <ActionButton size="xs" variant="subtle" keys="a" disabledReason={offBecause} onClick={choose}>
      {t("queue.all.choose")}
    </ActionButton>
  );
}

const plainActs = ["cancel", "runNow"] as const;

function BulkActions({ bulk }: { bulk: Bulk }) {
  const t = useT();
  return (
    <>
      <ActionButton
        size="xs"
        keys="r"
        leftSection={<RotateCw size={14} />}
        disabledReason={bulk.offBecause}
        onClick={() => bulk.ask("retry")}
      >
        {t("queue.bulk.retry")}
      </ActionButton>
      {plainActs.map((act) => (
        <ActionButton key={act} size="xs" disabledReason={bulk.offBecause} onClick={() => bulk.ask(act)}>
          {t(`queue.bulk.${act}`)}
        </ActionButton>
      ))}
      <ActionButton size="xs" tone="danger" disabledReason={bulk.offBecause} onClick={() => bulk.ask("delete")}>
        {t("queue.bulk.delete")}
      </ActionButton>
    </>
  );
}

/** The server gave up looking: what makes the search shorter, a click each. */
function TooBroad({ search, onFilter }: Pick<JobsTableProps, "search" | "onFilter">) {
  const t = useT();
  return (
    <EmptyState
      kind="none-match"
      icon={FilterX}
      title={t("queue.broad.title")}
      body={t("queue.broad.body")}
      actions={
        <>
          {search.since === undefined && search.from === undefined ? (
            <Button onClick={() => onFilter({ since: "24h" })}>{t("queue.since.24h")}</Button>
          ) : null}
          {search.state === undefined ? (
            <Button onClick={() => onFilter({ state: "discarded" })}>{t("queue.broad.failedOnly")}</Button>
          ) : null}
        </>
      }
    >
      <div className={classes.chips}>
        <JobChips search={search} onChange={onFilter} />
      </div>
    </EmptyState>
  );
}

type NoJobsProps = Pick<JobsTableProps, "search" | "onFilter" | "onEnqueue">;

function NoJobs({ search, onFilter, onEnqueue }: NoJobsProps) {
  const t = useT();
  const { state } = search;
  const clearAll = (): void => onFilter({ state: undefined, ...noFilter });
  const last = filterKeys.findLast((key) => search[key] !== undefined);
  if (last !== undefined) {
    return (
      <EmptyState
        kind="none-match"
        title={t("queue.empty.noneMatch")}
        body={
          state === undefined
            ? t("queue.empty.noneMatchBody")
            : t("queue.empty.noneInState", { state: t(`status.${jobStatus[state]}`) })
        }
        actions={
          <>
            <Button onClick={() => onFilter({ [last]: undefined })}>
              {t("filter.clearLast", { name: t(`queue.clear.${last}`) })}
            </Button>
            <Button variant="subtle" onClick={clearAll}>
              {t("filter.clearAll")}
            </Button>
          </>
        }
      >
        <div className={classes.chips}>
          <JobChips search={search} onChange={onFilter} />
        </div>
      </EmptyState>
    );
  }
  if (state !== undefined) {
    return (
      <EmptyState
        kind="none-match"
        title={t("queue.empty.state", { state: t(`status.${jobStatus[state]}`) })}
        body={t("queue.empty.stateBody")}
        actions={<Button onClick={clearAll}>{t("queue.empty.showAll")}</Button>}
      />
    );
  }
  return (
    <EmptyState
      kind="never"
      icon={ListChecks}
      title={t("queue.empty.never")}
      body={t("queue.empty.neverBody")}
      actions={
        onEnqueue ? (
          <Button variant="filled" leftSection={<Plus size={16} />} onClick={onEnqueue}>
            {t("queue.enqueue")}
          </Button>
        ) : undefined
      }
    >
      <CodeBlock label={t("queue.empty.code")}>
        {'await client.queue.enqueue.mutate({\n  name: "lab.sleep",\n  input: { ms: 2000 },\n});'}
      </CodeBlock>
    </EmptyState>
  );
}
