import type { LinkProps } from "@tanstack/react-router";

/** Names of `--series-*` and of a few text colours in tokens.css. */
export type SeriesColor = "p50" | "p95" | "p99" | "ok" | "err" | "limited" | "before" | "after" | "spark";

export interface Series {
  readonly id: string;
  readonly label: string;
  readonly color: SeriesColor;
  readonly isDashed?: boolean;
  /** One per time; null is a gap and is drawn as one. */
  readonly values: readonly (number | null)[];
  /** Lanes share the time axis and have their own height; for series of very different size. Default 0. */
  readonly lane?: number;
  /** Stands in the last column of the legend instead of the average, which for percentiles would be a lie. */
  readonly windowValue?: number | null;
}

export type MarkerKind = "deploy" | "limit" | "pause" | "access" | "other";

/** Something that was done, beside what it did to the lines. */
export interface Marker {
  readonly id: string;
  readonly atMs: number;
  readonly kind: MarkerKind;
  /** A word beside the sign, where there is room for it. */
  readonly label: string;
  /** Who did what and when: for hovering, focus and assistive technology. */
  readonly description: string;
  /** Where there is more about it; a marker without one only tells. */
  readonly link?: Pick<LinkProps, "to" | "search"> | undefined;
  /** The one that was asked for: drawn so that it is found among the others. */
  readonly isCalledOut?: boolean;
}

/** A labelled horizontal line. */
export interface LimitLine {
  readonly value: number;
  readonly label: string;
  readonly lane?: number;
}

export interface ChartData {
  /** Epoch milliseconds, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly markers?: readonly Marker[];
  readonly limits?: readonly LimitLine[];
}

export type ScaleKind = "linear" | "log";

export interface SeriesFigures {
  readonly now: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly avg: number | null;
}

export function figuresOf(values: readonly (number | null)[]): SeriesFigures {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return { now: null, min: null, max: null, avg: null };
  return {
    now: values.at(-1) ?? known.at(-1) ?? null,
    min: Math.min(...known),
    max: Math.max(...known),
    avg: known.reduce((sum, value) => sum + value, 0) / known.length,
  };
}

/** Index ranges in which no series has a value: [first, last], both included. */
export function gapsOf(data: ChartData): readonly (readonly [number, number])[] {
  const gaps: [number, number][] = [];
  const isEmpty = (index: number): boolean => data.series.every((series) => (series.values[index] ?? null) === null);
  for (let index = 0; index < data.times.length; index += 1) {
    if (!isEmpty(index)) continue;
    const open = gaps.at(-1);
    if (open && open[1] === index - 1) open[1] = index;
    else gaps.push([index, index]);
  }
  return gaps;
}
