import type uPlot from "uplot";
import type { LaneOptions } from "./plot-options.ts";
import { gapsOf } from "./series.ts";

export interface Drawing {
  readonly options: LaneOptions;
  readonly font: string;
  color(token: string): string;
}

/** uPlot draws in device pixels. */
function ratio(): number {
  return window.devicePixelRatio || 1;
}

/** Hatches the time without samples, so that a gap is not read as a quiet time. */
export function drawGaps(plot: uPlot, { options, color }: Drawing): void {
  const data = options.data();
  const { ctx, bbox } = plot;
  const stepPx = 6 * ratio();
  for (const [first, last] of gapsOf(data)) {
    const before = data.times[Math.max(0, first - 1)];
    const after = data.times[Math.min(data.times.length - 1, last + 1)];
    if (before === undefined || after === undefined) continue;
    const left = plot.valToPos(before, "x", true);
    const right = plot.valToPos(after, "x", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.strokeStyle = color("--line");
    ctx.lineWidth = ratio();
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += stepPx) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
}

export function drawLimits(plot: uPlot, { options, color, font }: Drawing): void {
  const { ctx, bbox } = plot;
  for (const limit of options.data().limits ?? []) {
    if ((limit.lane ?? 0) !== options.lane) continue;
    const y = plot.valToPos(limit.value, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.save();
    ctx.strokeStyle = color("--chart-limit");
    ctx.lineWidth = ratio();
    ctx.setLineDash([4 * ratio(), 3 * ratio()]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillStyle = color("--fg-2");
    ctx.font = scaled(font);
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.fillText(limit.label, bbox.left + 4 * ratio(), y - 2 * ratio());
    ctx.restore();
  }
}

/** A line down through the plot; its sign and its word lie above, as elements that the keyboard reaches. */
export function drawMarkers(plot: uPlot, { options, color }: Drawing): void {
  const { ctx, bbox } = plot;
  const px = ratio();
  const { markers = [], times } = options.data();
  const lastMs = times.at(-1) ?? 0;
  for (const { atMs, isCalledOut } of markers) {
    const x = plot.valToPos(Math.min(atMs, lastMs), "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.strokeStyle = color(isCalledOut ? "--accent" : "--chart-marker");
    ctx.lineWidth = px;
    ctx.setLineDash(isCalledOut ? [] : [2 * px, 3 * px]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - 8 * px);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}

function scaled(font: string): string {
  return font.replace("11px", `${11 * ratio()}px`);
}
