import { Button } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Pause, Play, Server } from "lucide-react";
import { useMemo } from "react";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/queue.ts";
import "../../../lib/i18n/en/queue-workers.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { LiveRefresh } from "../../../lib/live-refresh.ts";
import { usePageSearch } from "../../../lib/page-search.ts";
import { withoutInvalid } from "../../../lib/search.ts";
import { trpc } from "../../../lib/trpc.ts";
import { IconAction } from "../../../ui/ActionButton.tsx";
import { AddFilterChips } from "../../../ui/AddFilterChips.tsx";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { FigureStrip } from "../../../ui/FigureStrip.tsx";
import { FilterBar } from "../../../ui/FilterBar.tsx";
import { Page } from "../../../ui/Page.tsx";
import { SearchField } from "../../../ui/SearchField.tsx";
import { DataTable } from "../../../ui/table/DataTable.tsx";
import { QueueTabs } from "../QueueTabs.tsx";
import { FleetWarnings } from "./FleetWarnings.tsx";
import { useWorkerActs } from "./use-worker-acts.ts";
import { useNarrowWorker, useWorkerColumns } from "./worker-columns.tsx";
import { type Fleet, matches, slotsOf, stateOf, versionsOf, type WorkerRow } from "./worker.ts";
import { WorkerPeek } from "./WorkerPeek.tsx";
import { workersSearch } from "./workers.search.ts";

const REFRESH_MS = 2000;
const EPOCH = new Date(0).toISOString();
const states = ["running", "quiet", "stale"] as const;

/** The processes that run jobs, as the whole cluster sees them, and what none of them runs. */
export function WorkersPage() {
  const t = useT();
  const format = useFormat();
  const { search, change } = usePageSearch(workersSearch);
  const { q, state, peek } = search;
  const query = trpc.queue.workers.list.useQuery(undefined, { placeholderData: keepPreviousData });
  const fleet = query.data;
  const versions = useMemo(() => versionsOf(fleet?.items ?? []), [fleet]);
  const rows = fleet?.items.filter((worker) => matches(worker, q, state));
  const asOf = fleet?.asOf ?? EPOCH;
  const acts = useWorkerActs();
  const columns = useWorkerColumns(versions, asOf, peek !== undefined);
  const narrow = useNarrowWorker();

  const at = rows?.findIndex(({ id }) => id === peek) ?? -1;
  const peeked = fleet?.items.find(({ id }) => id === peek);
  const peekAt = ({ id }: WorkerRow): void =>
    change({ peek: id === peek ? undefined : id }, peek === undefined ? "push" : "replace");
  const openAt = (index: number): (() => void) | undefined => {
    const row = at < 0 ? undefined : rows?.[index];
    return row && (() => change({ peek: row.id }, "replace"));
  };
  useShortcut("p", t("queueWorkers.key.quiet"), () => {
    const wanted = peek ?? focusedRowId();
    const worker = rows?.find(({ id }) => id === wanted);
    if (worker) acts.toggle(worker);
  });

  const rowActions = (worker: WorkerRow) => (
    <IconAction
      size="xs"
      label={t(worker.quietedAt === null ? "queueWorkers.quietNamed" : "queueWorkers.resumeNamed", {
        name: `${worker.host} ${worker.pid}`,
      })}
      disabledReason={acts.offBecause(worker)}
      onClick={() => acts.toggle(worker)}
    >
      {worker.quietedAt === null ? <Pause size={14} /> : <Play size={14} />}
    </IconAction>
  );
  return (
    <Page
      title={t("nav.workers")}
      aside={<QueueTabs />}
      fill
      peek={
        peeked ? (
          <WorkerPeek
            key={peeked.id}
            worker={peeked}
            versions={versions}
            asOf={asOf}
            acts={acts}
            onClose={() => change({ peek: undefined }, "replace")}
            onPrevious={openAt(at - 1)}
            onNext={openAt(at + 1)}
          />
        ) : null
      }
    >
      <LiveRefresh everyMs={REFRESH_MS} onDue={() => void query.refetch({ cancelRefetch: false })} />
      {fleet ? <FleetWarnings fleet={fleet} versions={versions} /> : null}
      {fleet ? <FleetFigures fleet={fleet} versions={versions} /> : null}
      <FilterBar
        search={
          <>
            <SearchField
              label={t("queueWorkers.search")}
              value={q ?? ""}
              onChange={(value) => change({ q: value || undefined }, "replace")}
            />
            {state ? null : (
              <AddFilterChips
                choices={[
                  {
                    id: "state",
                    name: t("queueWorkers.column.state"),
                    options: states.map((each) => ({ value: each, label: t(`queueWorkers.state.${each}`) })),
                  },
                ]}
                onAdd={(_id, value) => change({ state: states.find((each) => each === value) })}
              />
            )}
          </>
        }
        chips={
          state ? [{ id: "state", name: t("queueWorkers.column.state"), value: t(`queueWorkers.state.${state}`) }] : []
        }
        onRemove={() => change({ state: undefined })}
        invalid={search._invalid}
        onDropInvalid={(key) => change(withoutInvalid(search, key), "replace")}
      />
      <DataTable
        fill
        label={t("nav.workers")}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        rowName={(row) => `${row.host} ${row.pid}`}
        error={query.error}
        onRetry={() => void query.refetch()}
        empty={
          fleet?.items.length === 0 ? (
            <EmptyState
              kind="never"
              icon={Server}
              title={t("queueWorkers.empty.never")}
              body={t("queueWorkers.empty.neverBody")}
            />
          ) : (
            <EmptyState
              kind="none-match"
              title={t("queueWorkers.empty.noneMatch")}
              body={t("queueWorkers.empty.noneMatchBody")}
              actions={
                <Button onClick={() => change({ q: undefined, state: undefined })}>{t("filter.clearAll")}</Button>
              }
            />
          )
        }
        openId={peek}
        onPeek={peekAt}
        onOpen={peekAt}
        rowActions={rowActions}
        narrow={narrow}
        footNote={fleet ? <span className="num">{t("table.asOf", { time: format.time(fleet.asOf) })}</span> : null}
      />
    </Page>
  );
}

function FleetFigures({ fleet, versions }: { fleet: Fleet; versions: readonly string[] }) {
  const t = useT();
  const format = useFormat();
  const up = fleet.items.filter((worker) => stateOf(worker) !== "stale");
  const quiet = up.filter((worker) => stateOf(worker) === "quiet").length;
  const slots = up.map(slotsOf);
  const used = slots.reduce((sum, each) => sum + each.used, 0);
  const total = slots.reduce((sum, each) => sum + each.total, 0);
  const loops = up.flatMap(({ eventLoopDelayMs }) => eventLoopDelayMs ?? []);
  const worst = loops.length === 0 ? null : Math.max(...loops);
  return (
    <FigureStrip
      label={t("queueWorkers.figures")}
      figures={[
        {
          label: t("queueWorkers.figure.up"),
          value: format.number(up.length),
          unit: quiet > 0 ? t("queueWorkers.figure.quiet", { count: quiet }) : undefined,
          tone: up.length === 0 ? "bad" : undefined,
        },
        {
          label: t("queueWorkers.figure.busy"),
          value: format.number(used),
          unit: t("queueWorkers.figure.ofSlots", { count: total }),
          tone: total > 0 && used >= total ? "warn" : undefined,
        },
        {
          label: t("queueWorkers.figure.versions"),
          value: format.number(versions.length),
          unit: versions[0],
          tone: versions.length > 1 ? "warn" : undefined,
        },
        { label: t("queueWorkers.figure.loop"), value: worst === null ? "—" : format.duration(worst) },
      ]}
    />
  );
}

function focusedRowId(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("tr[data-row-id]")?.dataset.rowId;
}
