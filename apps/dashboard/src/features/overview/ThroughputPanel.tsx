import { useMemo } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useIsNarrow } from "../../lib/layout.ts";
import { ChartPanel } from "../../ui/chart/ChartPanel.tsx";
import type { ChartData } from "../../ui/chart/series.ts";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { InlineLegend } from "./LatencyPanel.tsx";
import type { OverviewData } from "./use-overview-data.ts";
import { perSecond } from "./windows.ts";

/** Together as high as the one lane of the latency chart, so that the two panels end on one line. */
const LANES = [76, 52];

export function ThroughputPanel({ data }: { data: OverviewData }) {
  const t = useT();
  const format = useFormat();
  const isNarrow = useIsNarrow();
  const { windows, markers } = data;
  const chart = useMemo<ChartData | undefined>(() => {
    if (!windows) return undefined;
    const valuesOf = (key: "ok" | "errors" | "limited"): (number | null)[] =>
      windows.current.map((point) => perSecond(point[key], windows.stepMs));
    return {
      times: windows.current.map((point) => Date.parse(point.at)),
      series: [
        { id: "ok", label: t("overview.throughput.ok"), color: "ok", values: valuesOf("ok"), lane: 0 },
        { id: "errors", label: t("overview.throughput.errors"), color: "err", values: valuesOf("errors"), lane: 1 },
        { id: "limited", label: t("overview.throughput.limited"), color: "limited", isDashed: true, values: valuesOf("limited"), lane: 1 },
      ],
      markers,
    };
  }, [windows, markers, t]);

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
          <ErrorState error={data.series.error} title={t("overview.series.failed")} onRetry={() => void data.series.refetch()} />
        ) : undefined
      }
    />
  );
}
