import type { z } from "zod";
import type { Call } from "../middleware/chain.ts";
import type { Sketch } from "../platform/sketch.ts";
import { addCell, createCellSum, GAUGES_PATH, type Cell, type CellSum } from "./stats.cells.ts";
import type { latencySchema, procedureStatSchema, seriesOutput, Summary } from "./stats.schema.ts";
import type { NodeFigures } from "./stats.store.ts";
import type { Timeline } from "./stats.timeline.ts";

const TREND_PARTS = 30;
const RECENT_MS = 60_000;

/** What a summary is made of, as read at one moment. */
export interface Snapshot {
  readonly nowMs: number;
  readonly requests: number;
  /** Figures of every process that is alive, this one's own as they are now. */
  readonly nodes: readonly NodeFigures[];
  readonly queue: Summary["queue"];
}

export type ProcedureStat = z.output<typeof procedureStatSchema>;
export type Series = z.output<typeof seriesOutput>;

export function toSummary(
  snapshot: Snapshot,
  timelines: { recent: Timeline; window: Timeline },
  rangeMs: number,
): Summary {
  const { nowMs, nodes, requests, queue } = snapshot;
  const window = sumOf(back(timelines.window, nowMs, rangeMs));
  const recent = sumOf(back(timelines.recent, nowMs, RECENT_MS));
  const total = (read: (node: NodeFigures) => number): number => nodes.reduce((sum, node) => sum + read(node), 0);
  const hits = total((node) => node.cache.hits);
  const misses = total((node) => node.cache.misses);
  const { calls, errors, clientErrors, limited } = window;
  return {
    asOf: toIso(nowMs),
    requests,
    window: { rangeMs, calls, errors, clientErrors, limited, latencyMs: toLatency(window.sketch) },
    ratePerSecond: total((node) => node.ratePerSecond),
    limitedPerSecond: total((node) => node.limitedPerSecond),
    errorRate: share(recent.errors, recent.calls),
    latencyMs: toLatency(recent.sketch),
    inFlight: total((node) => Object.values(node.inFlight).reduce((sum, count) => sum + count, 0)),
    queue,
    cache: {
      hitRate: share(hits, hits + misses),
      hits,
      misses,
      entries: total((node) => node.cache.entries),
      sizeBytes: total((node) => node.cache.sizeBytes),
    },
    nodes: nodes.length,
  };
}

export interface ProceduresInput {
  readonly nowMs: number;
  readonly rangeMs: number;
  readonly timeline: Timeline;
  readonly catalog: readonly Call[];
  readonly nodes: readonly NodeFigures[];
  readonly lastErrors: ReadonlyMap<string, ProcedureStat["lastError"]>;
}

/** One row per procedure of the router, called or not. */
export function toProcedures({
  nowMs,
  rangeMs,
  timeline,
  catalog,
  nodes,
  lastErrors,
}: ProceduresInput): ProcedureStat[] {
  const fromMs = nowMs - rangeMs;
  const sums = new Map<string, { sum: CellSum; trend: number[] }>();
  for (const cell of back(timeline, nowMs, rangeMs)) {
    let entry = sums.get(cell.path);
    if (!entry) {
      entry = { sum: createCellSum(), trend: Array.from({ length: TREND_PARTS }, () => 0) };
      sums.set(cell.path, entry);
    }
    addCell(entry.sum, cell);
    const part = Math.min(TREND_PARTS - 1, Math.max(0, Math.floor(((cell.startMs - fromMs) / rangeMs) * TREND_PARTS)));
    entry.trend[part] = (entry.trend[part] ?? 0) + cell.calls;
  }
  return catalog.map(({ path, type, meta }) => {
    const { sum, trend } = sums.get(path) ?? {
      sum: createCellSum(),
      trend: Array.from({ length: TREND_PARTS }, () => 0),
    };
    return {
      path,
      type,
      access: meta.access,
      limit: meta.limit,
      description: meta.description,
      calls: sum.calls,
      errors: sum.errors,
      clientErrors: sum.clientErrors,
      limited: sum.limited,
      errorRate: share(sum.errors, sum.calls),
      latencyMs: toLatency(sum.sketch),
      avgMs: sum.sketch.count === 0 ? null : sum.sumMs / sum.sketch.count,
      maxMs: sum.sketch.count === 0 ? null : sum.maxMs,
      inFlight: nodes.reduce((count, node) => count + (node.inFlight[path] ?? 0), 0),
      lastError: lastErrors.get(path) ?? null,
      trend,
    };
  });
}

/** Ends with the last step that is over: the step under way would show as a dip. */
export function toSeries(timeline: Timeline, nowMs: number, rangeMs: number, path: string | undefined): Series {
  const { stepMs } = timeline;
  const endMs = nowMs - (nowMs % stepMs);
  const startMs = endMs - Math.ceil(rangeMs / stepMs) * stepMs;
  const steps = new Map<number, CellSum>();
  for (const cell of timeline.cells(startMs, endMs)) {
    let sum = steps.get(cell.startMs);
    if (!sum) steps.set(cell.startMs, (sum = createCellSum()));
    // With a path, the other cells still say that somebody was there to count: no call is then a zero, not a gap.
    if (path === undefined || cell.path === path) addCell(sum, cell);
  }
  const points = Array.from({ length: (endMs - startMs) / stepMs }, (_, index) => {
    const atMs = startMs + index * stepMs;
    return toPoint(atMs, steps.get(atMs));
  });
  return { asOf: toIso(nowMs), stepMs, points };
}

function toPoint(atMs: number, sum: CellSum | undefined): Series["points"][number] {
  const { p50, p95, p99 } = sum ? toLatency(sum.sketch) : { p50: null, p95: null, p99: null };
  const gauges = sum?.gauges;
  return {
    at: toIso(atMs),
    ok: sum ? sum.calls - sum.errors - sum.limited : null,
    errors: sum ? sum.errors : null,
    limited: sum ? sum.limited : null,
    p50,
    p95,
    p99,
    oldestReadyAgeMs: gauges?.oldestReadyAgeMs ?? null,
    cacheHitRate: gauges ? share(gauges.cacheHits, gauges.cacheHits + gauges.cacheMisses) : null,
  };
}

/** Cells of the last `rangeMs`, the step in which that began included. */
function back(timeline: Timeline, nowMs: number, rangeMs: number): Iterable<Cell> {
  return timeline.cells(nowMs - rangeMs - timeline.stepMs, nowMs + timeline.stepMs);
}

function sumOf(cells: Iterable<Cell>): CellSum {
  const sum = createCellSum();
  for (const cell of cells) if (cell.path !== GAUGES_PATH) addCell(sum, cell);
  return sum;
}

function toLatency(sketch: Sketch): z.output<typeof latencySchema> {
  return { p50: sketch.quantile(0.5), p95: sketch.quantile(0.95), p99: sketch.quantile(0.99) };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
