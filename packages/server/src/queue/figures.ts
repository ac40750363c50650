import type { Pool } from "pg";
import type { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { createSharedRead } from "../platform/shared-read.ts";
import type { Engine } from "./engine.ts";
import { jobStates, type JobState, type queueSchema } from "./queue.schema.ts";
import { listPaused, sumSlots } from "./store/fleet.store.ts";

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
  slotsOf(queue: string): Promise<{ readonly used: number; readonly total: number }>;
}

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
      const [queues, totals] = await Promise.all([engine.count(COUNT_CAP + 1), sumSlots(pool, staleMs)]);
      const rows = queues.map(({ name, counts, oldestReadyAgeMs }) => ({
        name,
        oldestReadyAgeMs,
        counts: cap(counts),
        approximate: jobStates.some((state) => counts[state] > COUNT_CAP),
        slots: { used: counts.executing, total: totals.get(name) ?? 0 },
      }));
      return { asOf: clock.now().toISOString(), rows };
    },
  });

  return {
    queues: async () => {
      const [{ rows, asOf }, paused] = await Promise.all([read(), listPaused(pool)]);
      const byName = new Map(paused.map((queue) => [queue.name, queue]));
      const items = rows.map((row) => {
        const pause = byName.get(row.name);
        return {
          ...row,
          paused: pause !== undefined,
          pausedAt: pause?.pausedAt.toISOString() ?? null,
          pausedBy: pause?.pausedBy ?? null,
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
    slotsOf: async (queue) => (await read()).rows.find(({ name }) => name === queue)?.slots ?? { used: 0, total: 0 },
  };
}

function cap(counts: Readonly<Record<JobState, number>>): Record<JobState, number> {
  return Object.fromEntries(jobStates.map((state) => [state, Math.min(counts[state], COUNT_CAP)])) as Record<
    JobState,
    number
  >;
}
