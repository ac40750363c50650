import type { Pool } from "pg";
import type { z } from "zod";
import type { QueueBus } from "../bus.ts";
import { workerNotFound } from "../queue.errors.ts";
import { listDurations } from "../store/rates.store.ts";
import type { workersOutput, WorkerRow } from "./fleet.schema.ts";
import {
  JOBS_MAX,
  listHeld,
  listProcesses,
  listUndefined,
  listUnserved,
  setQuiet,
  type HeldJob,
  type ProcessRow,
} from "./fleet.store.ts";

/** The processes that run jobs. */
export interface Fleet {
  list(): Promise<z.infer<typeof workersOutput>>;
  /** It claims nothing more, from the next claim on; what it runs goes on. Raises `WORKER_NOT_FOUND`. */
  quiet(id: string, by?: string): Promise<{ readonly wasQuiet: boolean }>;
  resume(id: string): Promise<{ readonly wasQuiet: boolean }>;
}

export interface FleetOptions {
  readonly pool: Pool;
  readonly bus: Pick<QueueBus, "publish">;
  readonly staleMs: number;
}

export function createFleet({ pool, bus, staleMs }: FleetOptions): Fleet {
  const change = async (id: string, isQuiet: boolean, by: string | null): Promise<{ readonly wasQuiet: boolean }> => {
    const changed = await setQuiet(pool, id, { isQuiet, by });
    if (!changed) throw workerNotFound(id);
    // Its loops sleep: one that may claim again is to look at once.
    for (const queue of changed.queues) bus.publish({ type: "ready", queue });
    return { wasQuiet: changed.wasQuiet };
  };

  return {
    list: async () => {
      const [{ rows, asOf }, held, durations, unserved, undefinedNames] = await Promise.all([
        listProcesses(pool, staleMs),
        listHeld(pool),
        listDurations(pool),
        listUnserved(pool, staleMs),
        listUndefined(pool, staleMs),
      ]);
      const byProcess = Map.groupBy(held, ({ processId }) => processId);
      return {
        items: rows.map((row) => toWorker(row, byProcess.get(row.id) ?? [], durations, Date.parse(asOf))),
        asOf,
        unserved,
        undefinedNames,
      };
    },
    quiet: (id, by) => change(id, true, by ?? null),
    resume: (id) => change(id, false, null),
  };
}

function toWorker(
  { slots, names: _names, memoryBytes, ...row }: ProcessRow,
  held: readonly HeldJob[],
  durations: ReadonlyMap<string, number>,
  nowMs: number,
): WorkerRow {
  const queues = Object.entries(slots).map(([name, total]) => ({
    name,
    slots: total,
    used: held.filter(({ queue }) => queue === name).length,
  }));
  return {
    ...row,
    memoryBytes: memoryBytes === null ? null : Number(memoryBytes),
    queues,
    jobs: held.slice(0, JOBS_MAX).map(({ processId: _processId, ...job }) => job),
    drainMs: row.quietedAt === null ? null : toDrainMs(held, durations, nowMs),
  };
}

/**
 * The longest of what is left, each job taken for as long as its kind takes on average. One that is over that already is taken for as long
 * again as it has run: jobs that outlast the average tend to.
 */
function toDrainMs(held: readonly HeldJob[], durations: ReadonlyMap<string, number>, nowMs: number): number | null {
  if (held.length === 0) return 0;
  const left = held.map(({ name, startedAt }) => {
    const usual = durations.get(name);
    const ranMs = Math.max(0, nowMs - Date.parse(startedAt));
    return usual === undefined ? undefined : usual > ranMs ? usual - ranMs : ranMs;
  });
  return left.every((ms) => ms !== undefined) ? Math.round(Math.max(...left)) : null;
}
