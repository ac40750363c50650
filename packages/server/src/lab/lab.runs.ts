import type { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import { createSketch, type Sketch } from "../platform/sketch.ts";
import { labRunActive, labRunNotFound } from "./lab.errors.ts";
import type { runSchema, runStartInput } from "./lab.schema.ts";

export type Run = z.output<typeof runSchema>;

export interface RunsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly baseUrl: () => string;
  readonly fetch?: typeof globalThis.fetch;
}

/** Load runs of this process: at most one at a time, the last 20 in memory. */
export interface Runs {
  /** Raises 409 `LAB_RUN_ACTIVE`. */
  start(input: z.output<typeof runStartInput>, startedBy: string): Run;
  /** Resolves once its last call has ended. Does nothing to a run that is over. Raises 404 `LAB_RUN_NOT_FOUND`. */
  stop(id: string): Promise<Run>;
  /** Newest first. */
  list(): Run[];
  /** The run each second until it is over, and once more then. Raises 404 `LAB_RUN_NOT_FOUND`. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<Run, void>;
  stopAll(): Promise<void>;
}

/** A run as it goes. */
interface LiveRun {
  readonly id: string;
  readonly input: z.output<typeof runStartInput>;
  readonly startedBy: string;
  readonly startedAt: Date;
  readonly latencies: Sketch;
  readonly stopping: AbortController;
  state: Run["state"];
  finishedAt: Date | undefined;
  sent: number;
  ok: number;
  limited: number;
  failed: number;
  ended: Promise<void>;
}

const KEEP_RUNS = 20;
const WATCH_MS = 1000;
const CALL_TIMEOUT_MS = 15_000;

export function createRuns(options: RunsOptions): Runs {
  const { clock, ids } = options;
  const runs: LiveRun[] = [];

  const find = (id: string): LiveRun => {
    const run = runs.find((candidate) => candidate.id === id);
    if (!run) throw labRunNotFound();
    return run;
  };

  const stop = async (run: LiveRun): Promise<void> => {
    if (run.state === "running") run.state = "stopped";
    run.stopping.abort();
    await run.ended;
  };

  return {
    start: (input, startedBy) => {
      const active = runs.find((run) => run.finishedAt === undefined);
      if (active) throw labRunActive(active.id);
      const run: LiveRun = {
        id: ids.uuid(),
        input,
        startedBy,
        startedAt: clock.now(),
        latencies: createSketch(),
        stopping: new AbortController(),
        state: "running",
        finishedAt: undefined,
        sent: 0,
        ok: 0,
        limited: 0,
        failed: 0,
        ended: Promise.resolve(),
      };
      runs.unshift(run);
      runs.splice(KEEP_RUNS);
      run.ended = drive(run, options).then(() => {
        if (run.state === "running") run.state = "finished";
        run.finishedAt = clock.now();
      });
      return toRun(run);
    },
    stop: async (id) => {
      const run = find(id);
      await stop(run);
      return toRun(run);
    },
    list: () => runs.map(toRun),
    watch: (id, signal) => {
      // Looked up at once: a generator would raise when the first value is asked for, after the stream has begun.
      const run = find(id);
      return watchRun(run, clock, signal);
    },
    stopAll: async () => void (await Promise.all(runs.map(stop))),
  };
}

async function* watchRun(run: LiveRun, clock: Clock, signal: AbortSignal): AsyncGenerator<Run, void> {
  while (!signal.aborted) {
    yield toRun(run);
    if (run.finishedAt !== undefined) return;
    const waiting = new AbortController();
    const second = clock.sleep(WATCH_MS, AbortSignal.any([signal, waiting.signal]));
    // The sleep rejects when the listener leaves or the run ends; the loop sees both for itself.
    await Promise.race([second.catch(() => undefined), run.ended]);
    waiting.abort();
  }
}

/**
 * Sends the calls of a run: as many senders as it may have in flight, which share one schedule. When answers come too slowly
 * for the rate, the senders are all busy and the rate falls: never more in flight than asked for.
 */
async function drive(run: LiveRun, options: RunsOptions): Promise<void> {
  const { clock } = options;
  const { ratePerSecond, concurrency, durationSeconds } = run.input;
  const { signal } = run.stopping;
  const startMs = clock.monotonicMs();
  const endMs = startMs + durationSeconds * 1000;
  const intervalMs = 1000 / ratePerSecond;
  let nextMs = startMs;

  const send = async (): Promise<void> => {
    while (!signal.aborted) {
      // A schedule that was missed is not made up for: the calls after a stall would come as one burst.
      const dueMs = Math.max(nextMs, clock.monotonicMs());
      nextMs = dueMs + intervalMs;
      if (dueMs >= endMs) return;
      try {
        await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), signal);
      } catch {
        // Stopped: the only reason for which a sleep rejects.
        return;
      }
      await sendOne(run, options);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, send));
}

async function sendOne(run: LiveRun, { clock, baseUrl, fetch = globalThis.fetch }: RunsOptions): Promise<void> {
  const { signal } = run.stopping;
  const startMs = clock.monotonicMs();
  run.sent += 1;
  try {
    const response = await fetch(new URL(`/trpc/${run.input.procedure}`, baseUrl()), {
      headers: { "x-switchboard-run": run.id },
      signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
    });
    await response.arrayBuffer();
    if (response.ok) run.ok += 1;
    else if (response.status === 429 || response.status === 503) run.limited += 1;
    else run.failed += 1;
    run.latencies.record(clock.monotonicMs() - startMs);
  } catch {
    // A call that the stop cut off was not answered, which is no failure of the server.
    if (signal.aborted) run.sent -= 1;
    else run.failed += 1;
  }
}

function toRun(run: LiveRun): Run {
  const { id, startedBy, state, sent, ok, limited, failed, latencies } = run;
  return {
    id,
    ...run.input,
    state,
    startedAt: run.startedAt.toISOString(),
    startedBy,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    sent,
    ok,
    limited,
    failed,
    latencyMs: { p50: latencies.quantile(0.5), p95: latencies.quantile(0.95), p99: latencies.quantile(0.99) },
  };
}
