import { Button } from "@mantine/core";
import { ListChecks, Plus, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { CodeBlock } from "../../../ui/CodeBlock.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { jobStatus } from "../../../ui/StatusBadge.tsx";
import { DataTable } from "../../../ui/table/DataTable.tsx";
import type { Bulk } from "../bulk/use-bulk.tsx";
import { type Job, type QueueRow, shortId } from "../job.ts";
import type { JobsSearch } from "../jobs.search.ts";
import type { JobActs } from "../use-job-acts.tsx";
import { useJobRows } from "./job-columns.tsx";
import { JobChips } from "./JobFilters.tsx";
import { JobRowActions } from "./JobRowActions.tsx";
import classes from "./JobsTable.module.css";
import type { HeldJobs } from "./use-held-jobs.ts";

interface JobsTableProps {
  readonly jobs: HeldJobs;
  readonly now: number;
  readonly queues: ReadonlyMap<string, QueueRow>;
  readonly search: JobsSearch;
  readonly selection: ReadonlySet<string>;
  onSelectionChange(selection: ReadonlySet<string>): void;
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
  const { jobs, search, acts, bulk, onTouched } = props;
  const t = useT();
  const format = useFormat();
  const view = useJobRows({
    now: props.now,
    isWide: search.peek === undefined,
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
        rows={jobs.rows}
        rowId={(job) => job.id}
        rowName={(job) => `${job.name} ${shortId(job.id)}`}
        error={jobs.error}
        onRetry={jobs.refresh}
        empty={<NoJobs search={search} onFilter={props.onFilter} onEnqueue={props.onEnqueue} />}
        isRefreshing={jobs.isRefreshing}
        selection={props.selection}
        onSelectionChange={props.onSelectionChange}
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

function BulkActions({ bulk }: { bulk: Bulk }) {
  const t = useT();
  return (
    <>
      <ActionButton
        size="xs"
        keys="r"
        leftSection={<RotateCw size={14} />}
        disabledReason={bulk.offBecause("retry")}
        onClick={() => bulk.ask("retry")}
      >
        {t("queue.bulk.retry")}
      </ActionButton>
      <ActionButton size="xs" disabledReason={bulk.offBecause("cancel")} onClick={() => bulk.ask("cancel")}>
        {t("queue.bulk.cancel")}
      </ActionButton>
      <ActionButton
        size="xs"
        tone="danger"
        disabledReason={bulk.offBecause("delete")}
        onClick={() => bulk.ask("delete")}
      >
        {t("queue.bulk.delete")}
      </ActionButton>
    </>
  );
}

type NoJobsProps = Pick<JobsTableProps, "search" | "onFilter" | "onEnqueue">;

function NoJobs({ search, onFilter, onEnqueue }: NoJobsProps) {
  const t = useT();
  const { state, queue, name, q } = search;
  const clearAll = (): void => onFilter({ state: undefined, queue: undefined, name: undefined, q: undefined });
  if (queue !== undefined || name !== undefined || q !== undefined) {
    const last = q !== undefined ? "q" : name !== undefined ? "name" : "queue";
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
              {t("filter.clearLast", { name: t(`queue.filter.${last}`) })}
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
