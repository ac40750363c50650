/** A number from 0 (included) to 1 (excluded). Tests pass their own. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
