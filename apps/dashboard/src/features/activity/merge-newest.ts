export interface Source<Row> {
  /** Newest first, as far as they were read; undefined before the first answer. */
  readonly rows: readonly Row[] | undefined;
  readonly hasMore: boolean;
}

export interface Merged<Row> {
  readonly rows: readonly Row[] | undefined;
  /** The source to read on in; null when all is shown. */
  readonly next: number | null;
}

/**
 * Lists that are read page by page as one, newest first. It ends where the first of them ends that has more: beyond that a row of it
 * would still come in between.
 */
export function mergeNewest<Row extends { readonly createdAt: string }>(sources: readonly Source<Row>[]): Merged<Row> {
  if (sources.some(({ rows }) => rows === undefined)) return { rows: undefined, next: null };
  const ends = sources.map(({ rows, hasMore }) => (hasMore ? (rows?.at(-1)?.createdAt ?? "") : ""));
  const horizon = ends.toSorted().at(-1) ?? "";
  const rows = sources
    .flatMap((source) => source.rows ?? [])
    .filter(({ createdAt }) => createdAt >= horizon)
    .toSorted((one, other) => (one.createdAt < other.createdAt ? 1 : one.createdAt > other.createdAt ? -1 : 0));
  return { rows, next: horizon === "" ? null : ends.indexOf(horizon) };
}
