import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { usePageSearch } from "../../lib/page-search.ts";
import { useMay } from "../../lib/session.tsx";
import { useTimeRange } from "../../lib/time-range.ts";
import { trpc } from "../../lib/trpc.ts";
import { type Failure, toFailures } from "./failing.ts";
import { deploysOf, markersWindow, toMarkers, withMarked } from "./markers.ts";
import { overviewSearch } from "./overview.search.ts";
import { askedRangeMs, splitWindows } from "./windows.ts";

/** The panel shows five; the verdict wants one that goes on. */
const GROUPS_READ = 20;

const EPOCH = new Date(0).toISOString();

/** All that the overview reads beside the live samples. One batch: the calls are made in the same tick. */
export function useOverviewData() {
  const t = useT();
  const format = useFormat();
  const { rangeMs } = useTimeRange();
  const { mark } = usePageSearch(overviewSearch).search;
  const may = useMay();
  const series = trpc.stats.series.useQuery({ rangeMs: askedRangeMs(rangeMs) }, { placeholderData: keepPreviousData });
  const procedures = trpc.stats.procedures.useQuery({ rangeMs }, { placeholderData: keepPreviousData });
  const errors = trpc.stats.errors.useQuery({ rangeMs }, { placeholderData: keepPreviousData });
  const groups = trpc.queue.errors.list.useQuery({ limit: GROUPS_READ });
  const limits = trpc.limits.list.useQuery();
  const nodes = trpc.stats.nodes.useQuery();
  const acts = trpc.audit.markers.useQuery(markersWindow(series.data?.asOf ?? EPOCH, rangeMs), {
    enabled: may("audit.markers") && series.data !== undefined,
    placeholderData: keepPreviousData,
  });
  const marked = trpc.audit.get.useQuery(
    { id: mark ?? "" },
    { enabled: may("audit.get") && mark !== undefined, staleTime: Number.POSITIVE_INFINITY },
  );

  const windows = useMemo(() => (series.data ? splitWindows(series.data, rangeMs) : undefined), [series.data, rangeMs]);
  const failures = useMemo<readonly Failure[] | undefined>(() => {
    if (!errors.data || !procedures.data) return undefined;
    return toFailures({
      // The server's clock: times of failures are compared with it.
      nowMs: Date.parse(errors.data.asOf),
      rangeMs,
      groups: groups.data?.items ?? [],
      errors: errors.data.items,
      procedures: procedures.data.items,
    });
  }, [errors.data, procedures.data, groups.data, rangeMs]);
  const markers = useMemo(
    () => [
      // Where the log has the deploys, the starts of processes would tell them twice.
      ...(acts.data?.items.some(({ kind }) => kind === "deploy") ? [] : deploysOf(nodes.data?.items ?? [], t, format)),
      ...toMarkers(withMarked(acts.data?.items ?? [], marked.data), mark, t, format),
    ],
    [nodes.data, acts.data, marked.data, mark, t, format],
  );

  const refresh = (): void => {
    for (const query of [series, procedures, errors, groups, nodes]) void query.refetch();
    if (may("audit.markers")) void acts.refetch();
  };
  return { rangeMs, series, procedures, errors, groups, limits, windows, failures, markers, marked, refresh };
}
export type OverviewData = ReturnType<typeof useOverviewData>;
