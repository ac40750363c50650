import type { CallRecord } from "../middleware/chain.ts";
import { createLiveCell, GAUGES_PATH, type Cell, type CellGauges, type LiveCell } from "./stats.cells.ts";

export interface TimelineOptions {
  readonly nodeId: string;
  readonly stepMs: number;
  /** How long cells are kept, in memory and in the database. */
  readonly keepMs: number;
}

/** The cells of all processes at one step size: this process's own as they are, the others' as last read. */
export interface Timeline {
  readonly stepMs: number;
  readonly keepMs: number;
  record(nowMs: number, record: CallRecord): void;
  recordGauges(nowMs: number, gauges: CellGauges): void;
  /** Stores another process's cell; a later version replaces an earlier one. */
  put(cell: Cell): void;
  /** Own cells that changed since they were last taken. Given back with `giveBack` when storing them failed. */
  takeChanged(): ReadonlySet<Cell>;
  giveBack(cells: ReadonlySet<Cell>): void;
  /** Cells of the steps that start in `[fromMs, toMs)`. */
  cells(fromMs: number, toMs: number): Iterable<Cell>;
  /** Forgets what is older than `keepMs`. */
  prune(nowMs: number): void;
}

export function createTimeline({ nodeId, stepMs, keepMs }: TimelineOptions): Timeline {
  const steps = new Map<number, Map<string, Cell>>();
  let open = new Map<string, LiveCell>();
  let openStartMs = -Infinity;
  let changed = new Set<Cell>();

  const put = (cell: Cell): void => {
    let step = steps.get(cell.startMs);
    if (!step) {
      step = new Map();
      steps.set(cell.startMs, step);
    }
    step.set(`${cell.nodeId} ${cell.path}`, cell);
  };

  /** Closes the open step. Its cells are final: their compact form takes their place, except where they wait to be stored. */
  const roll = (startMs: number): void => {
    for (const live of open.values()) put(live.freeze());
    open = new Map();
    openStartMs = startMs;
  };

  const openCell = (nowMs: number, path: string): LiveCell => {
    const startMs = nowMs - (nowMs % stepMs);
    // Only forward: the database's time is corrected by a few milliseconds now and then, and a closed step stays closed.
    if (startMs > openStartMs) roll(startMs);
    let cell = open.get(path);
    if (!cell) {
      cell = createLiveCell(nodeId, openStartMs, path);
      open.set(path, cell);
      put(cell);
    }
    changed.add(cell);
    return cell;
  };

  return {
    stepMs,
    keepMs,
    record: (nowMs, record) => openCell(nowMs, record.call.path).add(record),
    recordGauges: (nowMs, gauges) => openCell(nowMs, GAUGES_PATH).addGauges(gauges),
    put,
    takeChanged: () => {
      const taken = changed;
      changed = new Set();
      return taken;
    },
    giveBack: (cells) => {
      for (const cell of cells) changed.add(cell);
    },
    *cells(fromMs, toMs) {
      for (let startMs = toStepAtOrAfter(fromMs, stepMs); startMs < toMs; startMs += stepMs) {
        const step = steps.get(startMs);
        if (step) yield* step.values();
      }
    },
    prune: (nowMs) => {
      const oldestMs = nowMs - keepMs;
      for (const startMs of steps.keys()) if (startMs < oldestMs) steps.delete(startMs);
      for (const cell of changed) if (cell.startMs < oldestMs) changed.delete(cell);
    },
  };
}

function toStepAtOrAfter(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs;
}
