import { isWaiting, type CallRecord } from "../middleware/chain.ts";
import { createSketch, type Sketch, type SketchCounts } from "../platform/sketch.ts";

/** Readings of a process that are no calls; they belong to the path `""`. */
export interface CellGauges {
  /** Longest seen in the step; null with an empty queue or without a reading. */
  oldestReadyAgeMs: number | null;
  /** Cache reads of the step. */
  cacheHits: number;
  cacheMisses: number;
}

export const GAUGES_PATH = "";

/** What one process counted for one procedure in one step of time. */
export interface Cell {
  readonly nodeId: string;
  readonly startMs: number;
  readonly path: string;
  readonly calls: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly limited: number;
  readonly sumMs: number;
  readonly maxMs: number;
  readonly gauges: CellGauges | null;
  /** Latencies; calls refused by a limit, subscriptions and long polls are not in it. */
  sketchCounts(): SketchCounts;
}

/** The cell of the step under way. */
export interface LiveCell extends Cell {
  add(record: CallRecord): void;
  addGauges(gauges: CellGauges): void;
  /** The same figures, in less memory. */
  freeze(): Cell;
}

export function createLiveCell(nodeId: string, startMs: number, path: string): LiveCell {
  const sketch = createSketch();
  const counts = { calls: 0, errors: 0, clientErrors: 0, limited: 0, sumMs: 0, maxMs: 0 };
  let gauges: CellGauges | null = null;
  const cell: LiveCell = {
    nodeId,
    startMs,
    path,
    get calls() {
      return counts.calls;
    },
    get errors() {
      return counts.errors;
    },
    get clientErrors() {
      return counts.clientErrors;
    },
    get limited() {
      return counts.limited;
    },
    get sumMs() {
      return counts.sumMs;
    },
    get maxMs() {
      return counts.maxMs;
    },
    get gauges() {
      return gauges;
    },
    sketchCounts: () => sketch.toCounts(),
    add: (record) => {
      counts.calls += 1;
      if (record.outcome === "error") counts.errors += 1;
      else if (record.outcome === "clientError") counts.clientErrors += 1;
      else if (record.outcome === "limited") counts.limited += 1;
      if (!isTimed(record)) return;
      counts.sumMs += record.durationMs;
      if (record.durationMs > counts.maxMs) counts.maxMs = record.durationMs;
      sketch.record(record.durationMs);
    },
    addGauges: (added) => {
      gauges = mergeGauges(gauges, added);
    },
    freeze: () => toFrozenCell({ nodeId, startMs, path, ...counts, gauges, sketch: sketch.toCounts() }),
  };
  return cell;
}

/**
 * Whether a call says something about speed. A refusal is fast because nothing was done, and a stream lasts as long as its
 * listener likes: either would hide how slow the rest is.
 */
export function isTimed(record: CallRecord): boolean {
  return record.outcome !== "limited" && !isWaiting(record.call);
}

export function toFrozenCell({
  sketch,
  ...figures
}: Omit<Cell, "sketchCounts"> & { readonly sketch: SketchCounts }): Cell {
  return { ...figures, sketchCounts: () => sketch };
}

/** Several cells added up: of all processes, of a window, of all procedures. */
export interface CellSum {
  calls: number;
  errors: number;
  clientErrors: number;
  limited: number;
  sumMs: number;
  maxMs: number;
  gauges: CellGauges | null;
  readonly sketch: Sketch;
}

export function createCellSum(): CellSum {
  return { calls: 0, errors: 0, clientErrors: 0, limited: 0, sumMs: 0, maxMs: 0, gauges: null, sketch: createSketch() };
}

export function addCell(sum: CellSum, cell: Cell): void {
  sum.calls += cell.calls;
  sum.errors += cell.errors;
  sum.clientErrors += cell.clientErrors;
  sum.limited += cell.limited;
  sum.sumMs += cell.sumMs;
  sum.maxMs = Math.max(sum.maxMs, cell.maxMs);
  if (cell.gauges) sum.gauges = mergeGauges(sum.gauges, cell.gauges);
  sum.sketch.merge(cell.sketchCounts());
}

function mergeGauges(one: CellGauges | null, other: CellGauges): CellGauges {
  if (!one) return { ...other };
  const ages = [one.oldestReadyAgeMs, other.oldestReadyAgeMs].filter((age) => age !== null);
  return {
    oldestReadyAgeMs: ages.length > 0 ? Math.max(...ages) : null,
    cacheHits: one.cacheHits + other.cacheHits,
    cacheMisses: one.cacheMisses + other.cacheMisses,
  };
}
