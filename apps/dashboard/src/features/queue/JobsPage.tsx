import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useNow } from "../../lib/clock.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { LiveRefresh } from "../../lib/live-refresh.ts";
import { usePageSearch } from "../../lib/page-search.ts";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Page } from "../../ui/Page.tsx";
import { EnqueueDialog, type EnqueueStart } from "./enqueue/EnqueueDialog.tsx";
import type { Job, QueueRow } from "./job.ts";
import { jobsSearch, type JobsSearch } from "./jobs.search.ts";
import { JobFilters } from "./jobs/JobFilters.tsx";
import { JobPeek } from "./jobs/JobPeek.tsx";
import { JobsTable } from "./jobs/JobsTable.tsx";
import { NewJobs } from "./jobs/NewJobs.tsx";
import { QueueHeadline } from "./jobs/QueueHeadline.tsx";
import { QueueStrip } from "./jobs/QueueStrip.tsx";
import { StateTabs } from "./jobs/StateTabs.tsx";
import { useJobCommands } from "./jobs/use-job-commands.ts";
import { useHeldJobs } from "./jobs/use-held-jobs.ts";
import { useJobActs } from "./use-job-acts.tsx";
import { useQueuePause } from "./use-queue-pause.ts";
import { useBulk } from "./bulk/use-bulk.tsx";

const LIST_EVERY_MS = 2000;
const NO_ROWS: readonly Job[] = [];
const NO_QUEUES: readonly QueueRow[] = [];

export function JobsPage() {
  const t = useT();
  const gate = useGate();
  const navigate = useNavigate();
  const utils = trpc.useUtils();
  const now = useNow(1000);
  const { search, change } = usePageSearch(jobsSearch);
  const { state, queue: queueName, name, q, peek } = search;
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [isTouched, setTouched] = useState(false);
  const [enqueue, setEnqueue] = useState<EnqueueStart>();

  const queues = trpc.queue.queues.list.useQuery();
  const definitions = trpc.queue.definitions.useQuery(undefined, { staleTime: Number.POSITIVE_INFINITY });
  const filter = {
    ...(state && { state: [state] }),
    ...(queueName && { queue: queueName }),
    ...(name && { name }),
    ...(q && { search: q }),
  };
  const jobs = useHeldJobs(filter, isTouched || selection.size > 0 || peek !== undefined);
  const rows = jobs.rows ?? NO_ROWS;
  const queueRows = queues.data?.items ?? NO_QUEUES;
  const queuesByName = useMemo(() => new Map(queueRows.map((row) => [row.name, row])), [queueRows]);
  const queue = queueName === undefined ? undefined : queuesByName.get(queueName);
  const pause = useQueuePause();
  const acts = useJobActs({ onDone: jobs.patch });
  const bulk = useBulk({
    rows,
    selection,
    onDone: jobs.patch,
    onClosed: () => setSelection(new Set()),
  });

  /** A filter leads to another list: what was selected in the old one is not in sight any more. */
  const filterBy = (part: Partial<JobsSearch>): void => {
    setSelection(new Set());
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
    if (selection.size > 0) bulk.ask("retry");
    else if (job) acts.start("retry", job);
  };
  useJobCommands({ queues: queueRows, pause, enqueueOff, onEnqueue: setEnqueue });
  useShortcut("r", t("queue.key.retry"), startRetry);
  useShortcut("p", t("queue.key.pause"), () => queue && pause.toggle(queue), { active: queue !== undefined });
  useShortcut("n", t("queue.key.enqueue"), () => setEnqueue({}), { active: enqueueOff === undefined });

  const peeked = rows.find(({ id }) => id === peek);
  return (
    <Page
      title={t("queue.jobs.title")}
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
            queue={peeked && queuesByName.get(peeked.queue)}
            acts={acts}
            onClose={() => change({ peek: undefined }, "replace")}
            onPrevious={step(-1)}
            onNext={step(1)}
            onEnqueueCopy={setEnqueue}
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
        names={definitions.data?.items.map((definition) => definition.name) ?? []}
        errors={[...new Set(rows.flatMap(({ errorMessage }) => errorMessage ?? []))].slice(0, 5)}
        end={<NewJobs count={jobs.newCount} isFull={jobs.isNewCountFull} onShow={jobs.showNew} />}
      />
      <JobsTable
        jobs={jobs}
        now={now}
        queues={queuesByName}
        search={search}
        selection={selection}
        onSelectionChange={setSelection}
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
      {enqueue ? <EnqueueDialog start={enqueue} onClose={() => setEnqueue(undefined)} /> : null}
    </Page>
  );
}

function focusedRowId(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("tr[data-row-id]")?.dataset.rowId;
}
