import type uPlot from "uplot";
import type { LaneOptions } from "./plot-options.ts";
import { gapsOf, type Marker } from "./series.ts";

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

/** Glyph and word in the lane above the plot, a dashed line down through it. */
export function drawMarkers(plot: uPlot, { options, color, font }: Drawing): void {
  const { ctx, bbox } = plot;
  const px = ratio();
  for (const marker of options.data().markers ?? []) {
    const x = plot.valToPos(marker.atMs, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.strokeStyle = color("--chart-marker");
    ctx.fillStyle = color("--chart-marker");
    ctx.lineWidth = px;
    ctx.setLineDash([2 * px, 3 * px]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - 8 * px);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (options.isFirst) {
      const middle = bbox.top - 15 * px;
      drawGlyph(ctx, marker.kind, x, middle, px);
      ctx.font = scaled(font);
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.fillText(marker.label, x + 8 * px, middle);
    }
    ctx.restore();
  }
}

function drawGlyph(ctx: CanvasRenderingContext2D, kind: Marker["kind"], x: number, y: number, px: number): void {
  const size = 4 * px;
  if (kind === "pause") {
    ctx.fillRect(x - 3 * px, y - size, 2 * px, size * 2);
    ctx.fillRect(x + px, y - size, 2 * px, size * 2);
    return;
  }
  ctx.beginPath();
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, kind === "deploy" ? y + size : y);
  if (kind === "limit") ctx.lineTo(x, y + size);
  ctx.lineTo(x - size, kind === "deploy" ? y + size : y);
  ctx.closePath();
  ctx.fill();
}

function scaled(font: string): string {
  return font.replace("11px", `${11 * ratio()}px`);
}
