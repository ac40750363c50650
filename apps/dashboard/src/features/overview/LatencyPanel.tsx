import { lazy, Suspense, useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useIsNarrow } from "../../lib/layout.ts";
import { useLive } from "../../lib/live.tsx";
import { ChartPanel } from "../../ui/chart/ChartPanel.tsx";
import { Swatch } from "../../ui/chart/LegendTable.tsx";
import type { ChartData, Marker, Series } from "../../ui/chart/series.ts";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { Panel } from "../../ui/Panel.tsx";
import classes from "./Overview.module.css";
import type { OverviewData } from "./use-overview-data.ts";
import type { Windows } from "./windows.ts";

const LazyChart = lazy(async () => ({ default: (await import("../../ui/chart/TimeChart.tsx")).TimeChart }));
const quantiles = ["p50", "p95", "p99"] as const;
type Quantile = (typeof quantiles)[number];

export function LatencyPanel({ data }: { data: OverviewData }) {
  const t = useT();
  const format = useFormat();
  const isNarrow = useIsNarrow();
  const { windows, markers } = data;
  const { summary } = useLive();
  // Plain numbers: the line is drawn anew when a figure of the window has moved, not with each sample.
  const { p50 = null, p95 = null, p99 = null } = summary?.window.latencyMs ?? {};
  const chart = useMemo(
    () => windows && toChart(windows, markers, { p50, p95, p99 }),
    [windows, markers, p50, p95, p99],
  );

  const failure =
    data.series.error && !windows ? (
      <ErrorState
        error={data.series.error}
        title={t("overview.series.failed")}
        onRetry={() => void data.series.refetch()}
      />
    ) : undefined;
  if (isNarrow) {
    // No room for the switch of the scale beside the figures: a phone has the one that shows all three lines.
    return (
      <Panel
        title={t("overview.latency")}
        scope={t("overview.latency.log")}
        end={chart ? <InlineLegend series={chart.series} write={format.duration} /> : null}
      >
        {failure ?? (
          <Suspense fallback={<div className={classes.chartRoom} />}>
            {chart ? (
              <LazyChart
                title={t("overview.latency")}
                data={chart}
                scale="log"
                formatValue={format.duration}
                withLegend={false}
              />
            ) : (
              <div className={classes.chartRoom} />
            )}
          </Suspense>
        )}
      </Panel>
    );
  }
  return (
    <ChartPanel
      title={t("overview.latency")}
      scope={t("overview.latency.scope", { count: summary?.nodes ?? 1 })}
      data={chart}
      scales="log"
      lastColumn="window"
      formatValue={format.duration}
      failure={failure}
    />
  );
}

/** On a phone the newest figures stand in the head, and there is no table below. */
export function InlineLegend({ series, write }: { series: readonly Series[]; write: (value: number) => string }) {
  return (
    <span className={classes.inlineLegend}>
      {series.map((each) => {
        const last = each.values.findLast((value) => value !== null);
        return (
          <span key={each.id} className={classes.inlineItem}>
            <Swatch series={each} />
            <span className="visually-hidden">{each.label}</span>
            <span className="num">{typeof last === "number" ? write(last) : "—"}</span>
          </span>
        );
      })}
    </span>
  );
}

function toChart(
  { current }: Windows,
  markers: readonly Marker[],
  ofWindow: Readonly<Record<Quantile, number | null>>,
): ChartData {
  const series = quantiles.map((id): Series => ({
    id,
    label: id,
    color: id,
    isDashed: id === "p99",
    values: current.map((point) => point[id]),
    windowValue: ofWindow[id],
  }));
  return { times: current.map((point) => Date.parse(point.at)), series, markers };
}
