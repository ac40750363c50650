import { SegmentedControl } from "@mantine/core";
import { ClockAlert, LineChart, Table2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { IconAction } from "../ActionButton.tsx";
import { Panel } from "../Panel.tsx";
import classes from "./ChartPanel.module.css";
import { type ChartData, gapsOf, type ScaleKind } from "./series.ts";
import type { TimeChartProps } from "./TimeChart.tsx";

const LazyChart = lazy(async () => ({ default: (await import("./TimeChart.tsx")).TimeChart }));
const LEGEND_ROW_PX = 20;
/** Marker lane, axis, legend head and the space between them. */
const AROUND_PX = 74;

export interface ChartPanelProps extends Omit<TimeChartProps, "data" | "scale" | "view" | "title"> {
  readonly title: string;
  readonly scope?: string;
  /** Undefined while it is read: the panel keeps its size. */
  readonly data: ChartData | undefined;
  /** Offers linear and logarithmic; names the one to begin with. For latencies. */
  readonly scales?: ScaleKind;
  /** A sentence or control in the head, before the ones of the chart. */
  readonly end?: ReactNode;
  /** Instead of the chart: an `ErrorState`. */
  readonly failure?: ReactNode;
  /** How many series there will be, to keep the size while reading. Default 3. */
  readonly expectedSeries?: number;
}

/** A chart with its head: scope, missing samples, scale and the table behind it. uPlot is fetched when it is first shown. */
export function ChartPanel(props: ChartPanelProps) {
  const { title, scope, data, scales, end, failure, expectedSeries = 3, laneHeights = [132], ...chart } = props;
  const t = useT();
  const [scale, setScale] = useState<ScaleKind>(scales ?? "linear");
  const [view, setView] = useState<"plot" | "table">("plot");
  const heightPx = laneHeights.reduce((sum, height) => sum + height, 0) + AROUND_PX + expectedSeries * LEGEND_ROW_PX;
  const room = <div style={{ height: heightPx }} aria-hidden />;
  return (
    <Panel
      title={title}
      scope={scope}
      end={
        <>
          {data ? <GapNote data={data} /> : null}
          {end}
          {scales ? (
            <SegmentedControl
              aria-label={t("chart.scale")}
              value={scale}
              onChange={(value) => setScale(value === "log" ? "log" : "linear")}
              data={[
                { value: "linear", label: t("chart.linear") },
                { value: "log", label: t("chart.log") },
              ]}
            />
          ) : null}
          <IconAction
            label={t(view === "plot" ? "chart.showTable" : "chart.showPlot")}
            onClick={() => setView(view === "plot" ? "table" : "plot")}
          >
            {view === "plot" ? <Table2 size={16} /> : <LineChart size={16} />}
          </IconAction>
        </>
      }
    >
      {failure ??
        (data === undefined ? (
          room
        ) : (
          <Suspense fallback={room}>
            <LazyChart {...chart} title={title} data={data} scale={scale} view={view} laneHeights={laneHeights} />
          </Suspense>
        ))}
    </Panel>
  );
}

/** The latest gap, in words: the hatch alone does not tell why. */
function GapNote({ data }: { data: ChartData }) {
  const t = useT();
  const format = useFormat();
  // A gap that touches an end is a window wider than the memory of the server, or a sample not yet there.
  const inner = gapsOf(data).filter(([first, last]) => first > 0 && last < data.times.length - 1);
  const gap = inner.at(-1);
  if (!gap) return null;
  const [from, to] = [data.times[gap[0]], data.times[gap[1]]];
  if (from === undefined || to === undefined) return null;
  return (
    <span className={classes.gap}>
      <ClockAlert size={14} aria-hidden />
      {t("chart.gap", { from: format.time(from), to: format.time(to) })}
    </span>
  );
}
