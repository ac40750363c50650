import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, useRef, useState } from "react";
import type uPlot from "uplot";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { LegendTable } from "./LegendTable.tsx";
import { MarkerLane } from "./MarkerLane.tsx";
import { laneSeries, MARKER_LANE_PX, X_AXIS_PX } from "./plot-options.ts";
import { SampleTable } from "./SampleTable.tsx";
import type { ChartData, ScaleKind } from "./series.ts";
import classes from "./TimeChart.module.css";
import { usePlot } from "./use-plot.ts";

export interface TimeChartProps {
  /** Names the chart for assistive technology. */
  readonly title: string;
  readonly data: ChartData;
  formatValue(value: number): string;
  /** Shorter, for the axis. Default: `formatValue`. */
  formatAxis?(value: number): string;
  readonly scale?: ScaleKind;
  readonly view?: "plot" | "table";
  /** Pixels of the plot of each lane. Default one lane of 132. */
  readonly laneHeights?: readonly number[];
  /** Head of the last column of the legend. */
  readonly lastColumn?: "avg" | "window";
  readonly withLegend?: boolean;
  /** A stretch was dragged out with the pointer. Offer the same by fields: dragging must not be the only way. */
  onWindow?(fromMs: number, toMs: number): void;
}

/** All charts of a page share one crosshair. */
const SYNC_KEY = "switchboard";
const DEFAULT_LANES = [132];

export function TimeChart(props: TimeChartProps) {
  const { data, title, formatValue, scale = "linear", view = "plot", laneHeights = DEFAULT_LANES } = props;
  const t = useT();
  const format = useFormat();
  const [cursor, setCursor] = useState<{ index: number; leftPx: number } | null>(null);
  const plots = useRef(new Map<number, RefPlot>());

  const onCursor = (index: number | null, plot: uPlot): void => {
    const at = index === null ? null : data.times[index];
    const leftPx = at === null || at === undefined ? 0 : plot.valToPos(at, "x") + plot.over.offsetLeft;
    setCursor(index === null ? null : { index, leftPx });
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const plot = plots.current.get(0)?.current;
    // From a marker the arrows go to its neighbours.
    if (step === undefined || !plot || event.target !== event.currentTarget) return;
    event.preventDefault();
    const last = data.times.length - 1;
    const index = Math.min(last, Math.max(0, (cursor?.index ?? last + (step < 0 ? 1 : 0)) + step));
    plot.setCursor({ left: plot.valToPos(data.times[index] ?? 0, "x"), top: 1 });
  };

  if (view === "table") return <SampleTable data={data} title={title} formatValue={formatValue} />;
  const names = format.timeZone && data.series.map((series) => series.label);
  const cursorAt = cursor === null ? undefined : data.times[cursor.index];
  return (
    <div data-live>
      <div
        className={classes.plots}
        role="group"
        tabIndex={0}
        aria-label={t("chart.describe", { title, series: format.list(names || []) })}
        onKeyDown={onKey}
      >
        {laneHeights.map((heightPx, lane) => (
          <Lane
            key={lane}
            lane={lane}
            isFirst={lane === 0}
            isLast={lane === laneHeights.length - 1}
            heightPx={heightPx}
            chart={props}
            scale={scale}
            onCursor={onCursor}
            register={(ref) => plots.current.set(lane, ref)}
          />
        ))}
        <MarkerLane data={data} />
        {cursor !== null && cursorAt !== undefined ? (
          <span className={classes.tag} style={{ left: cursor.leftPx }}>
            {format.time(cursorAt)}
          </span>
        ) : null}
        {data.times.length === 0 ? <p className={classes.empty}>{t("chart.empty")}</p> : null}
      </div>
      {props.withLegend === false ? null : (
        <LegendTable
          data={data}
          cursorIndex={cursor?.index ?? null}
          formatValue={formatValue}
          lastColumn={props.lastColumn ?? "avg"}
        />
      )}
    </div>
  );
}

type RefPlot = { readonly current: uPlot | null };

interface LaneProps {
  readonly lane: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly heightPx: number;
  readonly chart: TimeChartProps;
  readonly scale: ScaleKind;
  onCursor(index: number | null, plot: uPlot): void;
  register(ref: RefPlot): void;
}

function Lane(props: LaneProps) {
  const { lane, isFirst, isLast, chart, scale } = props;
  const host = useRef<HTMLDivElement>(null);
  const format = useFormat();
  const theme = useComputedColorScheme();
  const extraPx = (isFirst ? MARKER_LANE_PX : 0) + (isLast ? X_AXIS_PX : 0) + 12;
  const plot = usePlot(host, {
    lane,
    isFirst,
    isLast,
    scale,
    data: chart.data,
    heightPx: props.heightPx + extraPx,
    syncKey: SYNC_KEY,
    timeZone: format.timeZone,
    version: `${theme} ${laneSeries(chart.data, lane)
      .map((series) => `${series.id}:${series.color}`)
      .join()}`,
    formatValue: chart.formatAxis ?? chart.formatValue,
    formatTime: format.timeShort,
    onCursor: props.onCursor,
    onWindow: chart.onWindow,
  });
  props.register(plot);
  return <div ref={host} className={classes.lane} style={{ height: props.heightPx + extraPx }} />;
}
