import type { Logger } from "../platform/logger.ts";
import type { Sql } from "../platform/sql.ts";
import { deleteOldErrors, deleteOldSlowCalls, insertSlowCalls, upsertErrors } from "./calls.store.ts";
import type { Recorder } from "./stats.recorder.ts";
import { deleteOldCells, foldNodes, upsertCells } from "./stats.store.ts";
import type { Timeline } from "./stats.timeline.ts";

const HOUR_MS = 3_600_000;
const KEEP_ERRORS_MS = 6 * HOUR_MS;
const KEEP_SLOW_MS = 24 * HOUR_MS;
/** Its calls stay in the total; only the row goes. */
const KEEP_NODES_MS = 24 * HOUR_MS;

export interface FlushOptions {
  readonly sql: Sql;
  readonly logger: Logger;
  readonly nodeId: string;
  readonly recorder: Recorder;
  readonly timelines: readonly Timeline[];
}

/**
 * Stores what changed since the last flush. Rejects with the first error; what was not stored is kept and stored by the next
 * flush, together with what came meanwhile.
 */
export async function flushCalls({ sql, logger, nodeId, recorder, timelines }: FlushOptions): Promise<void> {
  for (const timeline of timelines) {
    const cells = timeline.takeChanged();
    if (cells.size === 0) continue;
    await upsertCells(sql, nodeId, timeline.stepMs, cells).catch(rethrowAfter(() => timeline.giveBack(cells)));
  }
  const errors = recorder.takeErrors();
  if (errors.size > 0)
    await upsertErrors(sql, nodeId, errors).catch(rethrowAfter(() => recorder.giveBackErrors(errors)));
  const { calls, dropped } = recorder.takeSlow();
  if (dropped > 0) logger.warn("stats.slow-calls-dropped", { dropped });
  if (calls.length > 0)
    await insertSlowCalls(sql, nodeId, calls).catch(rethrowAfter(() => recorder.giveBackSlow(calls)));
}

/** Forgets what is older than the longest range that can be asked for. Each process does so: it is cheap, and any may die. */
export async function prune(sql: Sql, nowMs: number, timelines: readonly Timeline[]): Promise<void> {
  for (const timeline of timelines) {
    timeline.prune(nowMs);
    await deleteOldCells(sql, timeline.stepMs, timeline.keepMs);
  }
  await deleteOldErrors(sql, KEEP_ERRORS_MS);
  await deleteOldSlowCalls(sql, KEEP_SLOW_MS);
  await foldNodes(sql, { unseenMs: KEEP_NODES_MS });
}

function rethrowAfter(undo: () => void): (error: unknown) => never {
  return (error) => {
    undo();
    throw error;
  };
}
