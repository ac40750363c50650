/** One measurement of each variant per round, by the name of the variant, oldest first. */
export type Interleave = <Name extends string, Value>(
  names: readonly Name[],
  measure: (name: Name) => Promise<Value>,
) => Promise<Record<Name, Value[]>>;

/**
 * Turn by turn rather than one after the other: what slows the machine down for a while slows all of them. Every round begins with
 * another variant, so that none always runs behind the same one. The first round warms up and is not kept.
 */
export function createInterleave(rounds: number, onRound: (round: number) => void): Interleave {
  return async <Name extends string, Value>(names: readonly Name[], measure: (name: Name) => Promise<Value>) => {
    const measured = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
    for (let round = 0; round <= rounds; round += 1) {
      onRound(round);
      const first = round % names.length;
      for (const name of [...names.slice(first), ...names.slice(0, first)]) {
        const value = await measure(name);
        if (round > 0) measured[name].push(value);
      }
    }
    return measured;
  };
}

/** The middle one; of an even number the mean of the two in the middle. Raises RangeError for none. */
export function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** Between two values in proportion. Raises RangeError for none. */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * quantile;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError("There is no middle of nothing.");
  return below + (above - below) * (place - Math.floor(place));
}
