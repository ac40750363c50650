import type { CallRecord, CallRecorder } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import { createRecentCount } from "../platform/recent-count.ts";
import { isTimed, type CellGauges } from "./stats.cells.ts";
import type { ErrorCount, NewSlowCall } from "./calls.store.ts";
import type { Timeline } from "./stats.timeline.ts";

/** Counters of one procedure in this process since it started. */
export interface ProcedureTotals {
  readonly path: string;
  readonly calls: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly limited: number;
  readonly sumMs: number;
}

type PathTotals = { -readonly [Name in keyof ProcedureTotals]: ProcedureTotals[Name] } & { inFlight: number };

const DEFAULT_SLOW_MS = 1000;
const ERROR_STEP_MS = 60_000;
/** Slow calls kept between two flushes: a server that is slow throughout must not drown in its own log. */
const SLOW_MAX = 500;

export interface RecorderOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** The database's time as this process knows it. */
  readonly nowMs: () => number;
  readonly timelines: readonly Timeline[];
}

/** Counts calls. Called twice per call of the server: it awaits nothing, and only what went wrong makes objects. */
export interface Recorder extends CallRecorder {
  recordGauges(gauges: CellGauges): void;
  totals(): ProcedureTotals[];
  /** Calls answered since the process started. */
  requests(): number;
  ratePerSecond(): number;
  limitedPerSecond(): number;
  /** Calls under way, by path; paths without any are left out. */
  inFlight(): Record<string, number>;
  /** Error counts that changed since they were last taken; give them back when storing failed. */
  takeErrors(): ReadonlySet<ErrorCount>;
  giveBackErrors(errors: ReadonlySet<ErrorCount>): void;
  /** Slow calls since they were last taken, and how many more there were than are kept. */
  takeSlow(): { readonly calls: readonly NewSlowCall[]; readonly dropped: number };
  giveBackSlow(calls: readonly NewSlowCall[]): void;
}

export function createRecorder({ clock, ids, nowMs, timelines }: RecorderOptions): Recorder {
  const byPath = new Map<string, PathTotals>();
  const recent = createRecentCount(clock);
  const recentlyLimited = createRecentCount(clock);
  let requests = 0;
  let errorStepMs = -Infinity;
  let errorsByPath = new Map<string, Map<string, ErrorCount>>();
  let changedErrors = new Set<ErrorCount>();
  let slow: NewSlowCall[] = [];
  let slowDropped = 0;

  const totalsOf = (path: string): PathTotals => {
    let totals = byPath.get(path);
    if (!totals) {
      totals = { path, calls: 0, errors: 0, clientErrors: 0, limited: 0, sumMs: 0, inFlight: 0 };
      byPath.set(path, totals);
    }
    return totals;
  };

  const countTotals = (record: CallRecord): void => {
    const totals = totalsOf(record.call.path);
    totals.inFlight -= 1;
    totals.calls += 1;
    totals.sumMs += record.durationMs;
    if (record.outcome === "error") totals.errors += 1;
    else if (record.outcome === "clientError") totals.clientErrors += 1;
    else if (record.outcome === "limited") totals.limited += 1;
  };

  const countError = ({ call, code, requestId }: CallRecord, atMs: number): void => {
    const startMs = atMs - (atMs % ERROR_STEP_MS);
    if (startMs > errorStepMs) {
      errorStepMs = startMs;
      errorsByPath = new Map();
    }
    let byCode = errorsByPath.get(call.path);
    if (!byCode) errorsByPath.set(call.path, (byCode = new Map()));
    let error = byCode.get(code);
    if (!error)
      byCode.set(
        code,
        (error = { startMs: errorStepMs, path: call.path, code, count: 0, lastAtMs: atMs, lastRequestId: requestId }),
      );
    error.count += 1;
    error.lastAtMs = atMs;
    error.lastRequestId = requestId;
    changedErrors.add(error);
  };

  const noteSlow = (record: CallRecord, atMs: number): void => {
    const thresholdMs = record.call.meta.slowMs ?? DEFAULT_SLOW_MS;
    if (record.durationMs < thresholdMs || !isTimed(record)) return;
    if (slow.length >= SLOW_MAX) {
      slowDropped += 1;
      return;
    }
    const { call, durationMs, queuedMs, code, requestId, principal = null } = record;
    slow.push({ id: ids.uuid(), atMs, path: call.path, durationMs, queuedMs, thresholdMs, code, requestId, principal });
  };

  return {
    begin: (call) => {
      totalsOf(call.path).inFlight += 1;
    },
    end: (record) => {
      const atMs = nowMs();
      requests += 1;
      recent.add();
      if (record.outcome === "limited") recentlyLimited.add();
      countTotals(record);
      for (const timeline of timelines) timeline.record(atMs, record);
      if (record.outcome !== "ok") countError(record, atMs);
      noteSlow(record, atMs);
    },
    recordGauges: (gauges) => {
      for (const timeline of timelines) timeline.recordGauges(nowMs(), gauges);
    },
    totals: () => [...byPath.values()].map(({ inFlight: _inFlight, ...totals }) => totals),
    requests: () => requests,
    ratePerSecond: () => recent.perSecond(),
    limitedPerSecond: () => recentlyLimited.perSecond(),
    inFlight: () =>
      Object.fromEntries(
        [...byPath.values()].filter((totals) => totals.inFlight > 0).map((totals) => [totals.path, totals.inFlight]),
      ),
    takeErrors: () => {
      const taken = changedErrors;
      changedErrors = new Set();
      return taken;
    },
    giveBackErrors: (errors) => {
      for (const error of errors) changedErrors.add(error);
    },
    takeSlow: () => {
      const taken = { calls: slow, dropped: slowDropped };
      slow = [];
      slowDropped = 0;
      return taken;
    },
    giveBackSlow: (calls) => {
      slow = [...calls, ...slow];
      slowDropped += Math.max(0, slow.length - SLOW_MAX);
      slow = slow.slice(0, SLOW_MAX);
    },
  };
}
