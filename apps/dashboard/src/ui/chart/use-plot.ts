import { type RefObject, useEffect, useRef } from "react";
import uPlot from "uplot";
import { createPlotOptions, type LaneOptions, toPlotData } from "./plot-options.ts";
import type { ChartData } from "./series.ts";

export interface PlotInput extends Omit<LaneOptions, "data" | "themed" | "widthPx"> {
  readonly data: ChartData;
  /** A change of it draws everything anew: theme, language, names of the series. */
  readonly version: string;
}

/** One canvas in `host`. New samples only replace the data: the plot itself lives as long as its `version`. */
export function usePlot(host: RefObject<HTMLDivElement | null>, input: PlotInput): RefObject<uPlot | null> {
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(input);
  useEffect(() => {
    latest.current = input;
  });
  const { version, heightPx, lane, scale, syncKey, timeZone, isFirst, isLast } = input;
  const canBrush = input.onWindow !== undefined;

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const options = createPlotOptions(
      {
        lane,
        isFirst,
        isLast,
        scale,
        heightPx,
        syncKey,
        timeZone,
        widthPx: element.clientWidth,
        themed: element,
        data: () => latest.current.data,
        formatValue: (value) => latest.current.formatValue(value),
        formatTime: (atMs) => latest.current.formatTime(atMs),
        onCursor: (index, source) => latest.current.onCursor(index, source),
        onWindow: canBrush ? (fromMs, toMs) => latest.current.onWindow?.(fromMs, toMs) : undefined,
      },
      uPlot.tzDate,
    );
    const created = new uPlot(options, toPlotData(latest.current.data, lane, scale), element);
    plot.current = created;
    const resize = new ResizeObserver(() => created.setSize({ width: element.clientWidth, height: heightPx }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      created.destroy();
      plot.current = null;
    };
  }, [host, version, heightPx, lane, scale, syncKey, timeZone, isFirst, isLast, canBrush]);

  useEffect(() => plot.current?.setData(toPlotData(input.data, lane, scale)), [input.data, lane, scale]);
  return plot;
}
