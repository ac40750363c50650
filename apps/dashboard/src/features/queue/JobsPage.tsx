import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useNow } from "../../lib/clock.ts";
import "../../lib/i18n/en/queue.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { useGate } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Page } from "../../ui/Page.tsx";
import { EditJobDialog } from "./edit/EditJobDialog.tsx";
import { EnqueueDialog, type EnqueueStart } from "./enqueue/EnqueueDialog.tsx";
import type { Job, JobDetail, QueueRow } from "./job.ts";
import { jobsSearch, type JobsSearch } from "./jobs.search.ts";
import { CopyRows } from "./jobs/CopyRows.tsx";
import { toFilter } from "./jobs/job-filter.ts";
import { JobFilters } from "./jobs/JobFilters.tsx";
import { JobPeek } from "./jobs/JobPeek.tsx";
import { type AllMatching, JobsTable } from "./jobs/JobsTable.tsx";
import { NewJobs } from "./jobs/NewJobs.tsx";
import { QueueHeadline } from "./jobs/QueueHeadline.tsx";
import { QueueStrip } from "./jobs/QueueStrip.tsx";
import { StateTabs } from "./jobs/StateTabs.tsx";
import { useJobCommands } from "./jobs/use-job-commands.ts";
import { useHeldJobs } from "./jobs/use-held-jobs.ts";
import { QueueTabs } from "./QueueTabs.tsx";
import { ViewsMenu } from "./jobs/ViewsMenu.tsx";
import { useJobActs } from "./use-job-acts.tsx";
import { useQueuePause } from "./use-queue-pause.ts";
import { sumOf } from "./bulk/bulk.ts";
import { useBulk } from "./bulk/use-bulk.tsx";

const LIST_EVERY_MS = 2000;
const NO_ROWS: readonly Job[] = [];
const NO_DEFINITIONS: Outputs["queue"]["definitions"]["items"] = [];
const NO_QUEUES: readonly QueueRow[] = [];

export function JobsPage() {
  const t = useT();
  const gate = useGate();
  const navigate = useNavigate();
  const utils = trpc.useUtils();
  const now = useNow(1000);
  const { search, change } = usePageSearch(jobsSearch);
  const { state, queue: queueName, name, peek } = search;
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const [isTouched, setTouched] = useState(false);
  const [enqueue, setEnqueue] = useState<EnqueueStart>();
  const [edited, setEdited] = useState<JobDetail>();

  const queues = trpc.queue.queues.list.useQuery();
  const definitions = trpc.queue.definitions.useQuery(undefined, { staleTime: Number.POSITIVE_INFINITY });
  const filter = toFilter(search, now);
  const jobs = useHeldJobs(filter, isTouched || selection.size > 0 || isAll || peek !== undefined);
  const rows = jobs.rows ?? NO_ROWS;
  const queueRows = queues.data?.items ?? NO_QUEUES;
  const queuesByName = useMemo(() => new Map(queueRows.map((row) => [row.name, row])), [queueRows]);
  const queue = queueName === undefined ? undefined : queuesByName.get(queueName);
  const pause = useQueuePause();
  const acts = useJobActs({ onDone: jobs.patch });
  const select = (next: ReadonlySet<string>): void => {
    setAll(false);
    setSelection(next);
  };
  const bulk = useBulk({
    target: () => (isAll ? { filter } : selection.size > 0 ? { ids: [...selection] } : undefined),
    onStarted: () => select(new Set()),
  });
  // Any act would do: it is the counts by state that are asked for.
  const counted = trpc.queue.bulk.preview.useQuery({ act: "cancel", target: { filter } }, { enabled: isAll });
  const allMatching: AllMatching = {
    isOn: isAll,
    count: counted.data && counted.data.matching + sumOf(counted.data.skipped),
    offBecause: bulk.offBecause,
    choose: () => {
      if (bulk.offBecause !== undefined || rows.length === 0) return;
      setAll(true);
      setSelection(new Set(rows.map(({ id }) => id)));
    },
  };

  /** A filter leads to another list: what was selected in the old one is not in sight any more. */
  const filterBy = (part: Partial<JobsSearch>): void => {
    select(new Set());
    change({ ...part, peek: undefined });
  };
  const open = (job: Job): void => void navigate({ to: "/queue/jobs/$id", params: { id: job.id } });
  const peekAt = (job: Job): void => change({ peek: job.id === peek ? undefined : job.id }, "replace");
  const step = (by: number): (() => void) | undefined => {
    const next = rows[rows.findIndex(({ id }) => id === peek) + by];
    return peek === undefined || next === undefined ? undefined : () => change({ peek: next.id }, "replace");
  };
  const enqueueOff = gate("queue.enqueue");
  const startRetry = (): void => {
    const id = peek ?? focusedRowId();
    const job =
      rows.find((row) => row.id === id) ?? (id === undefined ? undefined : utils.queue.jobs.get.getData({ id }));
    if (isAll || selection.size > 0) bulk.ask("retry");
    else if (job) acts.start("retry", job);
  };
  useJobCommands({ queues: queueRows, pause, enqueueOff, onEnqueue: setEnqueue });
  useShortcut("r", t("queue.key.retry"), startRetry);
  useShortcut("a", t("queue.all.choose"), allMatching.choose);
  useShortcut("p", t("queue.key.pause"), () => queue && pause.toggle(queue), { active: queue !== undefined });
  useShortcut("n", t("queue.key.enqueue"), () => setEnqueue({}), { active: enqueueOff === undefined });

  const peeked = rows.find(({ id }) => id === peek);
  return (
    <Page
      title={t("queue.jobs.title")}
      aside={<QueueTabs />}
      fill
      actions={
        <>
          {queue ? <QueueHeadline queue={queue} pause={pause} /> : null}
          <ActionButton
            tone="primary"
            leftSection={<Plus size={16} />}
            disabledReason={enqueueOff}
            onClick={() => setEnqueue(name === undefined ? {} : { name })}
          >
            {t("queue.enqueue")}
          </ActionButton>
        </>
      }
      peek={
        peek === undefined ? undefined : (
          <JobPeek
            key={peek}
            id={peek}
            row={peeked}
            acts={acts}
            onClose={() => change({ peek: undefined }, "replace")}
            onPrevious={step(-1)}
            onNext={step(1)}
            onEnqueueCopy={setEnqueue}
            onEdit={setEdited}
          />
        )
      }
    >
      <LiveRefresh
        everyMs={LIST_EVERY_MS}
        onDue={() => {
          jobs.refresh();
          void queues.refetch({ cancelRefetch: false });
        }}
      />
      <QueueStrip
        query={queues}
        selected={queueName}
        pause={pause}
        onSelect={(selected) => filterBy({ queue: selected })}
      />
      <StateTabs
        queues={queueName === undefined ? queues.data?.items : queue && [queue]}
        value={state}
        onChange={(tab) => filterBy({ state: tab })}
      />
      <JobFilters
        search={search}
        onChange={filterBy}
        queues={queueRows.map((row) => row.name)}
        definitions={definitions.data?.items ?? NO_DEFINITIONS}
        rows={rows}
        end={
          <>
            <NewJobs count={jobs.newCount} isFull={jobs.isNewCountFull} onShow={jobs.showNew} />
            <CopyRows rows={rows} selection={selection} />
            <ViewsMenu search={search} />
          </>
        }
      />
      <JobsTable
        jobs={jobs}
        now={now}
        queues={queuesByName}
        search={search}
        selection={selection}
        onSelectionChange={select}
        allMatching={allMatching}
        onTouched={setTouched}
        onFilter={filterBy}
        onPeek={peekAt}
        onOpen={open}
        acts={acts}
        bulk={bulk}
        onEnqueue={enqueueOff === undefined ? () => setEnqueue({}) : undefined}
      />
      {acts.dialog}
      {bulk.dialog}
      {edited ? <EditJobDialog job={edited} onClose={() => setEdited(undefined)} /> : null}
      {enqueue ? <EnqueueDialog start={enqueue} onClose={() => setEnqueue(undefined)} /> : null}
    </Page>
  );
}

function focusedRowId(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("tr[data-row-id]")?.dataset.rowId;
}
