export interface RightsDiff {
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  readonly kept: number;
}

export function diffRights(before: readonly string[], after: readonly string[]): RightsDiff {
  const had = new Set(before);
  const has = new Set(after);
  return {
    gained: after.filter((right) => !had.has(right)),
    lost: before.filter((right) => !has.has(right)),
    kept: after.filter((right) => had.has(right)).length,
  };
}
