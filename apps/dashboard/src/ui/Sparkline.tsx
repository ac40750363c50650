import classes from "./Sparkline.module.css";

export interface SparklineProps {
  /** Oldest first, evenly spaced; null is a gap. */
  readonly points: readonly (number | null)[];
  readonly tone?: "default" | "muted" | "warn" | "bad";
  /** The lowest value at the bottom. Default 0: a line over a false zero exaggerates. */
  readonly min?: number;
  /** Pixels. Default 48, the tile's. */
  readonly height?: number;
}

const WIDTH = 200;
const DOT_SPACE = 4;

/** A line without axes, for tiles and rows. Says nothing to assistive technology: the figure beside it does. */
export function Sparkline({ points, tone = "default", min, height = 48 }: SparklineProps) {
  const known = points.filter((point) => point !== null);
  const low = Math.min(min ?? 0, ...known);
  const high = Math.max(...known, low);
  const top = 4;
  const bottom = height - 2;
  const step = points.length > 1 ? (WIDTH - DOT_SPACE) / (points.length - 1) : 0;
  const yOf = (value: number): number =>
    high === low ? bottom - 4 : bottom - 4 - ((value - low) / (high - low)) * (bottom - 4 - top);
  const last = points.at(-1);
  return (
    <svg
      className={classes.spark}
      data-tone={tone}
      viewBox={`0 0 ${WIDTH} ${height}`}
      preserveAspectRatio="none"
      height={height}
      aria-hidden
    >
      <path className={classes.base} d={`M0 ${height - 0.5}H${WIDTH}`} />
      <path className={classes.line} d={pathOf(points, step, yOf)} />
      {/* A zero-length round-capped stroke stays a circle although the box is stretched. */}
      {typeof last === "number" ? (
        <path className={classes.dot} d={`M${(points.length - 1) * step} ${yOf(last)}h0`} />
      ) : null}
    </svg>
  );
}

function pathOf(points: readonly (number | null)[], step: number, yOf: (value: number) => number): string {
  let path = "";
  let isDrawing = false;
  for (const [index, value] of points.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    path += `${isDrawing ? "L" : "M"}${(index * step).toFixed(1)} ${yOf(value).toFixed(1)}`;
    isDrawing = true;
  }
  return path;
}
