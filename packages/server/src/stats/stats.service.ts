import { tracked, type TrackedEnvelope } from "@trpc/server";
import type { z } from "zod";
import type { Call, CallRecorder } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { createProcessGauges, type ProcessGauges } from "../platform/process-gauges.ts";
import { createSharedRead } from "../platform/shared-read.ts";
import type { Sql } from "../platform/sql.ts";
import { parseCursor, toCursor } from "../trpc/wire.ts";
import { readErrors, readLastErrors, readSlowCalls } from "./calls.store.ts";
import { toIso, toProcedures, toSeries, toSummary, type Series, type Snapshot } from "./stats.figures.ts";
import { flushCalls, prune } from "./stats.flush.ts";
import { createRecorder, type ProcedureTotals } from "./stats.recorder.ts";
import {
  slowCursorSchema,
  type errorsOutput,
  type nodesOutput,
  type proceduresOutput,
  type seriesInput,
  type slowInput,
  type slowPage,
  type Summary,
} from "./stats.schema.ts";
import { beat, foldNodes, readCells, readMark, readNodes, type NodeFigures, type NodeIdentity } from "./stats.store.ts";
import { createTimeline, type Timeline } from "./stats.timeline.ts";

export interface StatsOptions {
  readonly database: { readonly pool: Sql };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** This process. The id is new with each start. */
  readonly node: NodeIdentity;
  readonly catalog: () => readonly Call[];
  readonly queue: { figures(): Promise<Summary["queue"]> | Summary["queue"] };
  readonly cache: { stats(): Pick<Summary["cache"], "hits" | "misses" | "entries" | "sizeBytes"> };
}

/**
 * Counts the calls of this process and answers for all processes on one database: each stores its counts every 5 s and reads the
 * others' at most every 2 s. Own calls count at once.
 */
export interface Stats extends Service, CallRecorder {
  /** `requests` never falls, whichever process is asked. Raises when the database does not answer. */
  summary(input: { readonly rangeMs: number }): Promise<Summary>;
  procedures(input: { readonly rangeMs: number }): Promise<z.output<typeof proceduresOutput>>;
  series(input: z.output<typeof seriesInput>): Promise<Series>;
  slow(input: z.output<typeof slowInput>): Promise<z.output<typeof slowPage>>;
  errors(input: { readonly rangeMs: number }): Promise<z.output<typeof errorsOutput>>;
  nodes(): Promise<z.output<typeof nodesOutput>>;
  /** A summary each second until the signal aborts. All listeners of a process share one reading of the database. */
  live(input: { readonly rangeMs: number }, signal: AbortSignal): AsyncGenerator<TrackedEnvelope<Summary>, void>;
  /** Counters of this process since it started. */
  totals(): ProcedureTotals[];
  /** Stores what was counted, as the timer does every 5 s. Never rejects: what could not be stored is kept for the next time. */
  flush(): Promise<void>;
}

const FLUSH_MS = 5000;
const PRUNE_MS = 60_000;
const READ_CELLS_MS = 2000;
const LIVE_MS = 1000;
/** Three heartbeats missed: the process is gone. */
const ALIVE_MS = 15_000;
const FINE_RANGE_MS = 30 * 60_000;
const ERRORS_MAX = 200;
const SLOW_LIST = "stats.slow";

export function createStats(options: StatsOptions): Stats {
  const { clock, ids, logger, node, catalog, queue, cache } = options;
  const sql = options.database.pool;
  // Fine steps for the last half hour, coarse ones for six: fine ones for six hours would be hundreds of megabytes.
  const fine = createTimeline({ nodeId: node.id, stepMs: 10_000, keepMs: FINE_RANGE_MS + 5 * 60_000 });
  const coarse = createTimeline({ nodeId: node.id, stepMs: 60_000, keepMs: 6 * 3_600_000 + 10 * 60_000 });
  const timelines: readonly Timeline[] = [fine, coarse];
  const timelineFor = (rangeMs: number): Timeline => (rangeMs <= FINE_RANGE_MS ? fine : coarse);

  // The database's time on this process's monotonic clock: steps of all processes begin together, whatever their wall clocks say.
  let databaseOffsetMs = clock.now().getTime() - clock.monotonicMs();
  const nowMs = (): number => clock.monotonicMs() + databaseOffsetMs;
  const recorder = createRecorder({ clock, ids, nowMs, timelines });

  let gauges: ProcessGauges | undefined;
  let eventLoopDelayMs: number | null = null;
  let stopping: AbortController | undefined;
  let cacheReads = { hits: 0, misses: 0 };
  let mark = "-infinity";
  let flushing: Promise<void> = Promise.resolve();

  const ownFigures = (): NodeFigures => {
    const { hits, misses, entries, sizeBytes } = cache.stats();
    return {
      inFlight: recorder.inFlight(),
      ratePerSecond: recorder.ratePerSecond(),
      limitedPerSecond: recorder.limitedPerSecond(),
      cache: { hits, misses, entries, sizeBytes },
      eventLoopDelayMs,
      memoryBytes: gauges?.memoryBytes() ?? 0,
    };
  };

  const heartbeat = async (): Promise<number> => {
    const sentMs = clock.monotonicMs();
    const answer = await beat(sql, node, recorder.requests(), ownFigures());
    databaseOffsetMs = answer.nowMs - (sentMs + clock.monotonicMs()) / 2;
    return answer.requests;
  };

  const readOldestReadyAge = async (): Promise<number | null> => {
    try {
      return (await queue.figures()).oldestReadyAgeMs;
    } catch (error) {
      // A gap in one chart: no reason to keep the counts of the calls.
      logger.warn("stats.queue-figures-failed", { err: error });
      return null;
    }
  };

  const sampleGauges = async (): Promise<void> => {
    eventLoopDelayMs = gauges?.eventLoopDelayMs() ?? null;
    const oldestReadyAgeMs = await readOldestReadyAge();
    const { hits, misses } = cache.stats();
    recorder.recordGauges({
      oldestReadyAgeMs,
      cacheHits: hits - cacheReads.hits,
      cacheMisses: misses - cacheReads.misses,
    });
    cacheReads = { hits, misses };
  };

  const store = async (): Promise<void> => {
    try {
      await sampleGauges();
      await flushCalls({ sql, logger, nodeId: node.id, recorder, timelines });
      await heartbeat();
    } catch (error) {
      // Counts are kept: the next flush stores them.
      logger.warn("stats.flush-failed", { err: error });
    }
  };

  /** One after the other: two at once would send the same cells. */
  const flush = (): Promise<void> => (flushing = flushing.then(store));

  const pruneOrLog = async (): Promise<void> => {
    try {
      await prune(sql, nowMs(), timelines);
    } catch (error) {
      logger.warn("stats.prune-failed", { err: error });
    }
  };

  const refreshCells = createSharedRead({
    clock,
    maxAgeMs: READ_CELLS_MS,
    load: async () => {
      const nextMark = await readMark(sql);
      for (const { stepMs, cell } of await readCells(sql, node.id, mark)) {
        timelines.find((timeline) => timeline.stepMs === stepMs)?.put(cell);
      }
      mark = nextMark;
    },
  });

  const aliveFigures = async (): Promise<NodeFigures[]> => {
    const others = (await readNodes(sql, ALIVE_MS)).filter(({ id }) => id !== node.id);
    return [ownFigures(), ...others.map(({ figures }) => figures)];
  };

  const takeSnapshot = async (): Promise<Snapshot> => {
    const [requests, nodes, figures] = await Promise.all([
      heartbeat(),
      aliveFigures(),
      queue.figures(),
      refreshCells(),
    ]);
    return { nowMs: nowMs(), requests, nodes, queue: figures };
  };
  const liveSnapshot = createSharedRead({ clock, maxAgeMs: LIVE_MS / 2, load: takeSnapshot });

  const summaryOf = (snapshot: Snapshot, rangeMs: number): Summary =>
    toSummary(snapshot, { recent: fine, window: timelineFor(rangeMs) }, rangeMs);

  return {
    name: "stats",
    begin: recorder.begin,
    end: recorder.end,
    totals: recorder.totals,
    flush,
    start: async (signal) => {
      signal.throwIfAborted();
      gauges = createProcessGauges();
      stopping = new AbortController();
      // Before the first call: its step is then the database's.
      await heartbeat();
      clock.every(FLUSH_MS, flush, stopping.signal);
      clock.every(PRUNE_MS, pruneOrLog, stopping.signal);
    },
    stop: async () => {
      if (!stopping) return;
      stopping.abort();
      stopping = undefined;
      await flush();
      gauges?.stop();
      gauges = undefined;
      try {
        // Otherwise it would pass for alive until its heartbeats are missed.
        await foldNodes(sql, { id: node.id });
      } catch (error) {
        logger.warn("stats.retire-failed", { err: error });
      }
    },
    summary: async ({ rangeMs }) => summaryOf(await takeSnapshot(), rangeMs),
    procedures: async ({ rangeMs }) => {
      const [nodes, lastErrors] = await Promise.all([aliveFigures(), readLastErrors(sql, rangeMs), refreshCells()]);
      const atMs = nowMs();
      const items = toProcedures({
        nowMs: atMs,
        rangeMs,
        timeline: timelineFor(rangeMs),
        catalog: catalog(),
        nodes,
        lastErrors: new Map(lastErrors.map(({ path, code, at }) => [path, { code, at }])),
      });
      return { items, asOf: toIso(atMs) };
    },
    series: async ({ rangeMs, path }) => {
      await refreshCells();
      return toSeries(timelineFor(rangeMs), nowMs(), rangeMs, path);
    },
    slow: async ({ limit, cursor, path }) => {
      const after = cursor === undefined ? undefined : parseCursor(SLOW_LIST, cursor, slowCursorSchema);
      const rows = await readSlowCalls(sql, { path, after, count: limit + 1 });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: rows.length > limit && last ? toCursor(SLOW_LIST, [last.at, last.id]) : null };
    },
    errors: async ({ rangeMs }) => ({ items: await readErrors(sql, rangeMs, ERRORS_MAX), asOf: toIso(nowMs()) }),
    nodes: async () => {
      const rows = await readNodes(sql, ALIVE_MS);
      const items = rows.map(({ figures: { eventLoopDelayMs: delayMs, memoryBytes }, ...row }) => ({
        ...row,
        eventLoopDelayMs: delayMs,
        memoryBytes,
      }));
      return { items, asOf: toIso(nowMs()) };
    },
    live: async function* ({ rangeMs }, signal) {
      while (!signal.aborted) {
        const summary = await liveSnapshot().then(
          (snapshot) => summaryOf(snapshot, rangeMs),
          (error: unknown) => {
            // The stream outlives a restart of the database: the listener sees the age of what it has.
            logger.warn("stats.live-failed", { err: error });
            return undefined;
          },
        );
        if (summary) yield tracked(summary.asOf, summary);
        // It rejects when the listener leaves, which the loop sees for itself.
        await clock.sleep(LIVE_MS, signal).catch(() => undefined);
      }
    },
  };
}
