import { useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import { useIsNarrow } from "../../lib/layout.ts";
import { ChartPanel } from "../../ui/chart/ChartPanel.tsx";
import type { ChartData, Marker } from "../../ui/chart/series.ts";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { InlineLegend } from "./LatencyPanel.tsx";
import type { OverviewData } from "./use-overview-data.ts";
import { perSecond, type Windows } from "./windows.ts";

/** Together as high as the one lane of the latency chart, so that the two panels end on one line. */
const LANES = [76, 52];

export function ThroughputPanel({ data }: { data: OverviewData }) {
  const t = useT();
  const format = useFormat();
  const isNarrow = useIsNarrow();
  const { windows, markers } = data;
  const chart = useMemo(() => windows && toChart(windows, markers, t), [windows, markers, t]);

  return (
    <ChartPanel
      title={t("overview.throughput")}
      {...(isNarrow ? {} : { scope: t("overview.throughput.scope") })}
      data={chart}
      laneHeights={LANES}
      formatValue={(value) => t("overview.perSecond", { rate: format.rate(value) })}
      formatAxis={(value) => format.number(value, 1)}
      withLegend={!isNarrow}
      end={isNarrow && chart ? <InlineLegend series={chart.series} write={format.rate} /> : null}
      failure={
        data.series.error && !windows ? (
          <ErrorState
            error={data.series.error}
            title={t("overview.series.failed")}
            onRetry={() => void data.series.refetch()}
          />
        ) : undefined
      }
    />
  );
}

function toChart({ current, stepMs }: Windows, markers: readonly Marker[], t: Translate): ChartData {
  const valuesOf = (key: "ok" | "errors" | "limited"): (number | null)[] =>
    current.map((point) => perSecond(point[key], stepMs));
  return {
    times: current.map((point) => Date.parse(point.at)),
    series: [
      { id: "ok", label: t("overview.throughput.ok"), color: "ok", values: valuesOf("ok"), lane: 0 },
      { id: "errors", label: t("overview.throughput.errors"), color: "err", values: valuesOf("errors"), lane: 1 },
      {
        id: "limited",
        label: t("overview.throughput.limited"),
        color: "limited",
        isDashed: true,
        values: valuesOf("limited"),
        lane: 1,
      },
    ],
    markers,
  };
}
