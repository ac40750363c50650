import type uPlot from "uplot";
import { type Drawing, drawGaps, drawLimits, drawMarkers } from "./plot-drawing.ts";
import type { ChartData, ScaleKind, Series } from "./series.ts";

export interface LaneOptions {
  readonly lane: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly data: () => ChartData;
  readonly scale: ScaleKind;
  readonly heightPx: number;
  readonly widthPx: number;
  readonly syncKey: string;
  readonly timeZone: string;
  /** Element whose computed style has the colours. */
  readonly themed: Element;
  formatValue(value: number): string;
  formatTime(atMs: number): string;
  onCursor(index: number | null, plot: uPlot): void;
  onWindow: ((fromMs: number, toMs: number) => void) | undefined;
}

export const Y_AXIS_PX = 52;
export const MARKER_LANE_PX = 18;
export const X_AXIS_PX = 20;
/** Right of the plot, so that half of a point at its end is whole. */
export const PLOT_END_PX = 8;
/** Room above and below the plot, so that the topmost label is whole. */
const EDGE_PX = 8;
const MIN_BRUSH_PX = 8;
/** Logarithms have no zero; a value this small is drawn at the floor. */
const LOG_FLOOR = 0.01;

export function toPlotData(data: ChartData, lane: number, scale: ScaleKind): uPlot.AlignedData {
  const columns = laneSeries(data, lane).map((series) =>
    scale === "log"
      ? series.values.map((value) => (value === null ? null : Math.max(LOG_FLOOR, value)))
      : [...series.values],
  );
  return [[...data.times], ...columns];
}

export function laneSeries(data: ChartData, lane: number): readonly Series[] {
  return data.series.filter((series) => (series.lane ?? 0) === lane);
}

export function createPlotOptions(options: LaneOptions, createTzDate: typeof uPlot.tzDate): uPlot.Options {
  const style = getComputedStyle(options.themed);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const font = `11px ${color("--font-sans")}`;
  const drawing: Drawing = { options, color, font };
  const grid = { stroke: color("--chart-grid"), width: 1 };
  const axis = { stroke: color("--chart-axis"), font, ticks: { show: false } } satisfies uPlot.Axis;

  return {
    width: options.widthPx,
    height: options.heightPx,
    ms: 1,
    tzDate: (atMs) => createTzDate(new Date(atMs), options.timeZone),
    padding: [options.isFirst ? MARKER_LANE_PX + EDGE_PX : EDGE_PX, PLOT_END_PX, options.isLast ? 0 : EDGE_PX, 0],
    legend: { show: false },
    scales: {
      x: { time: true },
      y: options.scale === "log" ? { distr: 3, range: logRange } : { range: linearRange },
    },
    axes: [
      {
        ...axis,
        show: true,
        size: options.isLast ? X_AXIS_PX : 0,
        gap: 4,
        space: 90,
        grid: { show: false },
        values: options.isLast ? (plot, splits) => timeLabels(plot, splits, options) : () => [],
      },
      {
        ...axis,
        size: Y_AXIS_PX,
        gap: 6,
        space: 28,
        grid,
        values: (_plot, splits) => splits.map((value) => options.formatValue(value)),
        ...(options.scale === "log"
          ? { splits: (_plot, _axis, min, max) => logSplits(min, max), filter: (_plot, splits) => splits }
          : {}),
      },
    ],
    series: [
      {},
      ...laneSeries(options.data(), options.lane).map((series) => ({
        label: series.label,
        stroke: color(`--series-${series.color}`),
        width: 1.5,
        points: { show: false },
        ...(series.isDashed ? { dash: [4, 2] } : {}),
      })),
    ],
    cursor: {
      y: false,
      points: { size: 7, width: 1.5, stroke: () => color("--surface"), fill: (plot, index) => strokeOf(plot, index) },
      drag: { x: options.onWindow !== undefined, y: false, setScale: false, dist: MIN_BRUSH_PX },
      sync: { key: options.syncKey, scales: ["x", null] },
    },
    hooks: {
      drawClear: [(plot) => drawGaps(plot, drawing)],
      draw: [(plot) => drawLimits(plot, drawing), (plot) => drawMarkers(plot, drawing)],
      setCursor: [(plot) => options.onCursor((plot.cursor.left ?? -1) < 0 ? null : (plot.cursor.idx ?? null), plot)],
      setSelect: [
        (plot) => {
          if (plot.select.width < MIN_BRUSH_PX) return;
          const from = plot.posToVal(plot.select.left, "x");
          const to = plot.posToVal(plot.select.left + plot.select.width, "x");
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          options.onWindow?.(Math.round(from), Math.round(to));
        },
      ],
    },
  };
}

/** Half of `14:02`. */
const HALF_TIME_PX = 17;

/** A label that the right edge would cut is left out. */
function timeLabels(plot: uPlot, splits: readonly number[], { formatTime }: LaneOptions): string[] {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const msPerPx = ((max ?? 0) - (min ?? 0)) / (plot.width - Y_AXIS_PX - PLOT_END_PX);
  const lastMs = (max ?? 0) - (HALF_TIME_PX - PLOT_END_PX) * msPerPx;
  return splits.map((at) => (at > lastMs ? "" : formatTime(at)));
}

/** Counts begin at zero: a line over a false zero exaggerates. */
function linearRange(_plot: uPlot, min: number | null, max: number | null): [number, number] {
  const top = max === null || max <= 0 ? 1 : max * 1.08;
  return [Math.min(0, min ?? 0), top];
}

function logRange(_plot: uPlot, min: number | null, max: number | null): [number, number] {
  const low = Math.max(LOG_FLOOR, min ?? 1);
  return [low / 1.4, Math.max(max ?? 10, low * 2) * 1.25];
}

/** 1, 3, 10, 30, …: two lines per decade are enough to read a latency by. */
function logSplits(min: number, max: number): number[] {
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(min)); 10 ** power <= max; power += 1) {
    for (const factor of [1, 3]) {
      const value = factor * 10 ** power;
      if (value >= min && value <= max) splits.push(value);
    }
  }
  return splits;
}

/** Resolved: what a series is drawn with, as the function that uPlot makes of every stroke. */
function strokeOf(plot: uPlot, index: number): string {
  const stroke: unknown = plot.series[index]?.stroke;
  return typeof stroke === "function" ? String((stroke as (plot: uPlot, index: number) => unknown)(plot, index)) : "";
}
