import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { useMay } from "../../lib/session.tsx";
import { useTimeRange } from "../../lib/time-range.ts";
import { trpc } from "../../lib/trpc.ts";
import type { Marker } from "../../ui/chart/series.ts";
import { type Failure, toFailures } from "./failing.ts";
import { askedRangeMs, splitWindows } from "./windows.ts";

/** Jobs that are looked at to group failures; more would be a heavy answer every ten seconds. */
const JOBS_READ = 200;
const PAUSES_READ = 50;

/** All that the overview reads beside the live samples. One batch: the calls are made in the same tick. */
export function useOverviewData() {
  const { rangeMs } = useTimeRange();
  const may = useMay();
  const series = trpc.stats.series.useQuery({ rangeMs: askedRangeMs(rangeMs) }, { placeholderData: keepPreviousData });
  const procedures = trpc.stats.procedures.useQuery({ rangeMs }, { placeholderData: keepPreviousData });
  const errors = trpc.stats.errors.useQuery({ rangeMs }, { placeholderData: keepPreviousData });
  const jobs = trpc.queue.jobs.list.useQuery({ state: ["discarded"], limit: JOBS_READ });
  const limits = trpc.limits.list.useQuery();
  const nodes = trpc.stats.nodes.useQuery();
  const pauses = trpc.audit.list.useQuery(
    { action: "queue.queues", outcome: "ok", limit: PAUSES_READ },
    { enabled: may("audit.list") },
  );

  const windows = useMemo(() => (series.data ? splitWindows(series.data, rangeMs) : undefined), [series.data, rangeMs]);
  const failures = useMemo<readonly Failure[] | undefined>(() => {
    if (!errors.data || !procedures.data) return undefined;
    return toFailures({
      // The server's clock: times of failures are compared with it.
      nowMs: Date.parse(errors.data.asOf),
      rangeMs,
      jobs: jobs.data,
      errors: errors.data.items,
      procedures: procedures.data.items,
    });
  }, [errors.data, procedures.data, jobs.data, rangeMs]);
  const markers = useMemo(
    () => [...deploysOf(nodes.data?.items ?? []), ...pausesOf(pauses.data?.items ?? [])],
    [nodes.data, pauses.data],
  );

  const refresh = (): void => {
    for (const query of [series, procedures, errors, jobs, nodes]) void query.refetch();
    if (may("audit.list")) void pauses.refetch();
  };
  return { rangeMs, series, procedures, errors, jobs, limits, windows, failures, markers, refresh };
}
export type OverviewData = ReturnType<typeof useOverviewData>;

type NodeItem = { readonly version: string; readonly startedAt: string };
type Pause = { readonly action: string; readonly at: string; readonly targetId: string | null };
/** Processes of one release start together; one marker tells it. */
const SAME_DEPLOY_MS = 60_000;

function deploysOf(nodes: readonly NodeItem[]): Marker[] {
  const markers: Marker[] = [];
  for (const { version, startedAt } of nodes.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))) {
    const atMs = Date.parse(startedAt);
    const label = `v${version}`;
    const last = markers.at(-1);
    if (last?.label === label && atMs - last.atMs < SAME_DEPLOY_MS) continue;
    markers.push({ atMs, kind: "deploy", label });
  }
  return markers;
}

function pausesOf(events: readonly Pause[]): Marker[] {
  return events
    .filter(({ action }) => action === "queue.queues.pause")
    .map(({ at, targetId }) => ({ atMs: Date.parse(at), kind: "pause", label: targetId ?? "" }));
}
