/** Each bucket is 4 % wider than the one before, so a quantile is at most 2 % off. */
const GAMMA = 1.04;
const LOG_GAMMA = Math.log(GAMMA);
/** Zero has no logarithm; below a microsecond nothing is worth telling apart. */
const MIN_VALUE = 0.001;
const MAX_VALUE = 1e9;

/** Counts per bucket as they are stored and sent: `[bucket, count, bucket, count, ...]`. */
export type SketchCounts = readonly number[];

/**
 * Distribution of durations in logarithmic buckets. Two sketches merge by adding their counts, which averages of percentiles
 * do not: that is why replicas exchange sketches.
 */
export interface Sketch {
  readonly count: number;
  /** Values are clamped to 0.001 and 1e9; anything that is not a number counts as the smallest. */
  record(value: number): void;
  /** Adds the counts of another sketch. */
  merge(counts: SketchCounts): void;
  /** Value below which the share `quantile` (0 to 1) lies; null without values. */
  quantile(quantile: number): number | null;
  toCounts(): number[];
}

export function createSketch(): Sketch {
  const counts = new Map<number, number>();
  let total = 0;

  const add = (bucket: number, count: number): void => {
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    total += count;
  };

  return {
    get count() {
      return total;
    },
    record: (value) => {
      const clamped = value > MIN_VALUE ? Math.min(value, MAX_VALUE) : MIN_VALUE;
      add(Math.ceil(Math.log(clamped) / LOG_GAMMA), 1);
    },
    merge: (other) => {
      for (let index = 0; index + 1 < other.length; index += 2) add(other[index] ?? 0, other[index + 1] ?? 0);
    },
    quantile: (quantile) => {
      if (total === 0) return null;
      const rank = Math.max(1, Math.ceil(Math.min(1, Math.max(0, quantile)) * total));
      let seen = 0;
      let value = 0;
      for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
        seen += counts.get(bucket) ?? 0;
        // The point of the bucket that is equally far, in per cent, from both of its ends.
        value = (2 * Math.exp(bucket * LOG_GAMMA)) / (1 + GAMMA);
        if (seen >= rank) break;
      }
      return value;
    },
    toCounts: () => [...counts].flat(),
  };
}
