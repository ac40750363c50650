import { describe, expect, test } from "vitest";
import type { CallOutcome, CallRecord } from "../middleware/chain.ts";
import { toFrozenCell, type Cell } from "./stats.cells.ts";
import { toProcedures, toSeries } from "./stats.figures.ts";
import { createTimeline, type Timeline } from "./stats.timeline.ts";

const START_MS = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number): number => START_MS + seconds * 1000;

function recordOf(
  path: string,
  durationMs: number,
  outcome: CallOutcome = "ok",
  type: "query" | "subscription" = "query",
): CallRecord {
  const call = { path, type, meta: { access: "viewer", limit: "read", description: "" } } as const;
  return {
    call,
    outcome,
    code: outcome === "ok" ? "OK" : "X",
    durationMs,
    queuedMs: 0,
    requestId: "r",
    principal: undefined,
  };
}

function createTestTimeline(): Timeline {
  return createTimeline({ nodeId: "own", stepMs: 10_000, keepMs: 60_000 });
}

function foreignCell(startMs: number, path: string, calls: number): Cell {
  return toFrozenCell({
    nodeId: "other",
    startMs,
    path,
    calls,
    errors: 0,
    clientErrors: 0,
    limited: 0,
    sumMs: 0,
    maxMs: 0,
    gauges: null,
    sketch: [],
  });
}

describe("timeline", () => {
  test("calls land in the step of their time, and a closed step stays closed", () => {
    const timeline = createTestTimeline();
    timeline.record(at(1), recordOf("a", 5));
    timeline.record(at(9), recordOf("a", 5));
    timeline.record(at(10), recordOf("a", 5));
    // The database's time was corrected backwards.
    timeline.record(at(9.9), recordOf("a", 5));
    const cells = [...timeline.cells(at(0), at(20))];
    expect(cells.map((cell) => [cell.startMs, cell.calls])).toEqual([
      [at(0), 2],
      [at(10), 2],
    ]);
  });

  test("only what changed since is taken, and what is given back is taken again once", () => {
    const timeline = createTestTimeline();
    timeline.record(at(1), recordOf("a", 5));
    timeline.record(at(1), recordOf("b", 5));
    const taken = timeline.takeChanged();
    expect(Array.from(taken, (cell) => cell.path)).toEqual(["a", "b"]);
    expect(timeline.takeChanged().size).toBe(0);
    timeline.record(at(2), recordOf("a", 5));
    timeline.record(at(11), recordOf("a", 5));
    timeline.giveBack(taken);
    const again = Array.from(
      timeline.takeChanged(),
      (cell) => `${(cell.startMs - at(0)) / 1000} s ${cell.path}: ${cell.calls}`,
    );
    expect(again.toSorted((one, other) => one.localeCompare(other))).toEqual(["0 s a: 2", "0 s b: 1", "10 s a: 1"]);
  });

  test("old cells are forgotten, unsent ones too", () => {
    const timeline = createTestTimeline();
    timeline.record(at(1), recordOf("a", 5));
    timeline.record(at(80), recordOf("a", 5));
    timeline.prune(at(80));
    expect([...timeline.cells(at(0), at(100))]).toHaveLength(1);
    expect(Array.from(timeline.takeChanged(), (cell) => cell.startMs)).toEqual([at(80)]);
  });

  test("a later version of another process's cell replaces the earlier one", () => {
    const timeline = createTestTimeline();
    timeline.put(foreignCell(at(0), "a", 3));
    timeline.put(foreignCell(at(0), "a", 5));
    expect([...timeline.cells(at(0), at(10))].map((cell) => cell.calls)).toEqual([5]);
  });
});

describe("latency", () => {
  test("refused calls and streams count as calls and say nothing about speed", () => {
    const timeline = createTestTimeline();
    timeline.record(at(1), recordOf("a", 100));
    timeline.record(at(1), recordOf("a", 0.1, "limited"));
    timeline.record(at(1), recordOf("a", 3_600_000, "ok", "subscription"));
    const [cell] = timeline.cells(at(0), at(10));
    expect(cell).toMatchObject({ calls: 3, limited: 1, sumMs: 100, maxMs: 100 });
    expect(cell?.sketchCounts()).toHaveLength(2);
  });
});

describe("series", () => {
  test("a step in which nobody reported is a gap, one without calls a zero", () => {
    const timeline = createTestTimeline();
    timeline.record(at(5), recordOf("a", 10));
    timeline.record(at(5), recordOf("a", 10, "error"));
    timeline.record(at(5), recordOf("a", 10, "limited"));
    timeline.recordGauges(at(25), { oldestReadyAgeMs: 700, cacheHits: 3, cacheMisses: 1 });
    timeline.record(at(35), recordOf("a", 10));
    const series = toSeries(timeline, at(35), 60_000, undefined);
    expect(series).toMatchObject({ stepMs: 10_000, asOf: new Date(at(35)).toISOString() });
    expect(series.points.map((point) => point.ok)).toEqual([null, null, null, 1, null, 0]);
    expect(series.points[3]).toMatchObject({
      at: new Date(at(0)).toISOString(),
      errors: 1,
      limited: 1,
      oldestReadyAgeMs: null,
    });
    expect(series.points[5]).toMatchObject({ errors: 0, p50: null, oldestReadyAgeMs: 700, cacheHitRate: 0.75 });
  });

  test("a series of one path has zeros where only others were called", () => {
    const timeline = createTestTimeline();
    timeline.record(at(5), recordOf("a", 10));
    timeline.record(at(15), recordOf("b", 10));
    const { points } = toSeries(timeline, at(20), 20_000, "a");
    expect(points.map((point) => point.ok)).toEqual([1, 0]);
  });
});

test("procedures are listed with the calls of all processes, called or not", () => {
  const timeline = createTestTimeline();
  timeline.record(at(30), recordOf("a", 10));
  timeline.record(at(30), recordOf("a", 30, "error"));
  timeline.put(foreignCell(at(30), "a", 8));
  const catalog = ["a", "b"].map((path) => recordOf(path, 0).call);
  const lastErrors = new Map([["a", { code: "X", at: new Date(at(30)).toISOString() }]]);
  const [called, silent] = toProcedures({ nowMs: at(35), rangeMs: 60_000, timeline, catalog, nodes: [], lastErrors });
  expect(called).toMatchObject({
    path: "a",
    calls: 10,
    errors: 1,
    errorRate: 0.1,
    avgMs: 20,
    maxMs: 30,
    lastError: { code: "X" },
  });
  expect(called?.trend.reduce((sum, calls) => sum + calls, 0)).toBe(10);
  expect(called?.trend).toHaveLength(30);
  expect(silent).toMatchObject({ path: "b", calls: 0, errorRate: null, avgMs: null, maxMs: null, lastError: null });
});
