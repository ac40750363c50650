import type { Clock } from "../../platform/clock.ts";

/** What is stored for a limit, or for a caller of one, and may have an end. */
interface Stored {
  readonly revision: number;
  /** Milliseconds by the database's clock; null for what has no end. */
  readonly dueInMs: number | null;
}

export interface Known<Row extends Stored> {
  readonly row: Row;
  /** Of the monotonic clock; Infinity for what has no end. */
  readonly dueMs: number;
}

/** Rows of one table as this process knows them, by a key of theirs. */
export interface Tracked<Row extends Stored> {
  readonly known: ReadonlyMap<string, Known<Row>>;
  /** What was read, in place of all that was known. */
  replace(rows: readonly Row[]): void;
  /** What this process has just stored; undefined for a row that it deleted. False when it knows something newer. */
  adopt(key: string, revision: number, row: Row | undefined): boolean;
}

export function createTracked<Row extends Stored>(clock: Clock, keyOf: (row: Row) => string): Tracked<Row> {
  let known = new Map<string, Known<Row>>();
  /** Of what this process stored itself, by key. */
  const adopted = new Map<string, number>();

  const toKnown = (row: Row): Known<Row> => {
    const before = known.get(keyOf(row));
    const dueMs = row.dueInMs === null ? Infinity : clock.monotonicMs() + row.dueInMs;
    // The two clocks differ by a hair: what has ended here does not come to life again for that.
    return { row, dueMs: before?.row.revision === row.revision ? Math.min(dueMs, before.dueMs) : dueMs };
  };

  return {
    get known() {
      return known;
    },
    replace: (rows) => {
      known = new Map(rows.map((row) => [keyOf(row), toKnown(row)]));
    },
    adopt: (key, revision, row) => {
      // Of two at once the answer of the earlier may come later.
      if (Math.max(adopted.get(key) ?? 0, known.get(key)?.row.revision ?? 0) > revision) return false;
      adopted.set(key, revision);
      if (row) known.set(key, toKnown(row));
      else known.delete(key);
      return true;
    },
  };
}
