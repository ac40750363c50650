import type { Pool } from "pg";
import type { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { createSharedRead } from "../platform/shared-read.ts";
import type { Engine } from "./engine.ts";
import { toPace, type Pace } from "./pace.ts";
import { jobStates, type JobState, type queueSchema } from "./queue.schema.ts";
import { listQueueStates, NO_SETTINGS, sumSlots } from "./store/fleet.store.ts";
import { listPaces, listReadyEstimates, type QueuePace } from "./store/rates.store.ts";

/** Of all queues together; the counts stop at 10,000 per queue and state. */
export interface QueueFigures {
  readonly ready: number;
  readonly running: number;
  readonly retrying: number;
  readonly scheduled: number;
  readonly failed: number;
  readonly completed: number;
  readonly oldestReadyAgeMs: number | null;
  readonly slots: { readonly used: number; readonly total: number };
}

export type QueueRow = z.infer<typeof queueSchema>;

export interface Figures {
  queues(): Promise<{ items: QueueRow[]; asOf: string }>;
  total(): Promise<QueueFigures>;
}

const UNTOUCHED = { ...NO_SETTINGS, pausedAt: null, pausedBy: null };
const COUNT_CAP = 10_000;
const MAX_AGE_MS = 1000;

/** Counted at most once a second per process and only while somebody asks; what it costs is said at `countJobs`. */
export function createFigures(options: { engine: Engine; pool: Pool; clock: Clock; staleMs: number }): Figures {
  const { engine, pool, clock, staleMs } = options;
  const read = createSharedRead({
    clock,
    maxAgeMs: MAX_AGE_MS,
    load: async () => {
      // One above the cap: that is how a count says that there are more.
      const [queues, totals, paces, estimates] = await Promise.all([
        engine.count(COUNT_CAP + 1),
        sumSlots(pool, staleMs),
        listPaces(pool),
        listReadyEstimates(pool),
      ]);
      const rows = queues.map(({ name, counts, oldestReadyAgeMs }) => ({
        name,
        oldestReadyAgeMs,
        counts: cap(counts),
        approximate: jobStates.some((state) => counts[state] > COUNT_CAP),
        slots: { used: counts.executing, total: totals.get(name)?.slots ?? 0 },
        processes: totals.get(name)?.processes ?? 0,
        flow: toFlow(paces.get(name)),
        drainMs: toDrainMs(
          counts.available > COUNT_CAP ? Math.max(counts.available, estimates.get(name) ?? 0) : counts.available,
          toPace(paces.get(name), totals.get(name)?.slots ?? 0),
        ),
      }));
      return { asOf: clock.now().toISOString(), rows };
    },
  });

  return {
    queues: async () => {
      const [{ rows, asOf }, states] = await Promise.all([read(), listQueueStates(pool)]);
      const items = rows.map((row) => {
        const { pausedAt, pausedBy, slots, globalConcurrency, keyConcurrency, rateLimit } =
          states.get(row.name) ?? UNTOUCHED;
        return {
          ...row,
          paused: pausedAt !== null,
          pausedAt: pausedAt?.toISOString() ?? null,
          pausedBy,
          settings: { slots, globalConcurrency, keyConcurrency, rateLimit },
          // It will not go on by itself.
          drainMs: pausedAt === null ? row.drainMs : null,
        };
      });
      return { items, asOf };
    },
    total: async () => {
      const { rows } = await read();
      const sum = (pick: (row: (typeof rows)[number]) => number): number =>
        rows.reduce((total, row) => total + pick(row), 0);
      const ages = rows.flatMap(({ oldestReadyAgeMs }) => (oldestReadyAgeMs === null ? [] : [oldestReadyAgeMs]));
      return {
        ready: sum(({ counts }) => counts.available),
        running: sum(({ counts }) => counts.executing),
        retrying: sum(({ counts }) => counts.retryable),
        scheduled: sum(({ counts }) => counts.scheduled),
        failed: sum(({ counts }) => counts.discarded),
        completed: sum(({ counts }) => counts.completed),
        oldestReadyAgeMs: ages.length === 0 ? null : Math.max(...ages),
        slots: { used: sum(({ slots }) => slots.used), total: sum(({ slots }) => slots.total) },
      };
    },
  };
}

function toFlow(pace: QueuePace | undefined): QueueRow["flow"] {
  if (!pace) return null;
  const { enqueuedPerSecond, finishedPerSecond, failedPerSecond } = pace;
  return { enqueuedPerSecond, finishedPerSecond, failedPerSecond };
}

function toDrainMs(ready: number, pace: Pace | undefined): QueueRow["drainMs"] {
  if (ready === 0) return { low: 0, expected: 0, high: 0 };
  if (!pace) return null;
  const toMs = (perSecond: number): number => Math.round((ready / perSecond) * 1000);
  return { low: toMs(pace.high), expected: toMs(pace.expected), high: toMs(pace.low) };
}

function cap(counts: Readonly<Record<JobState, number>>): Record<JobState, number> {
  return Object.fromEntries(jobStates.map((state) => [state, Math.min(counts[state], COUNT_CAP)])) as Record<
    JobState,
    number
  >;
}
