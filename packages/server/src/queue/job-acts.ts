import type { QueueBus } from "./bus.ts";
import type { ActResult, Engine } from "./engine.ts";
import { actRefused, jobDuplicate, jobNotFound, type JobAct } from "./queue.errors.ts";
import type { JobState } from "./queue.schema.ts";

export interface JobChange {
  readonly id: string;
  readonly state: JobState;
  readonly before: JobState;
}

/** What an operator does to one job. Each raises `JOB_NOT_FOUND` for an unknown id. */
export interface JobActs {
  /** Waiting and running jobs; the handler's signal aborts wherever it runs. Raises `JOB_NOT_CANCELLABLE`. Safe twice. */
  cancel(id: string): Promise<JobChange>;
  /** Discarded and cancelled jobs, which get at least one more attempt. Raises `JOB_NOT_RETRYABLE`, `JOB_DUPLICATE`. */
  retry(id: string): Promise<JobChange>;
  /** Waiting jobs: no more waiting for their time. Raises `JOB_NOT_WAITING`. */
  runNow(id: string): Promise<JobChange>;
  /** Any job that does not run, with its history. Raises `JOB_RUNNING`. */
  remove(id: string): Promise<{ readonly before: JobState }>;
}

export function createJobActs({ engine, bus }: { readonly engine: Engine; readonly bus: QueueBus }): JobActs {
  const wake = (id: string, { queue }: ActResult): void => {
    bus.publish({ type: "ready", queue });
    bus.publish({ type: "changed", ids: [id] });
  };

  return {
    cancel: async (id) => {
      const found = requireFound(id, await engine.cancel(id));
      if (found.before === "cancelled") return { id, before: "cancelled", state: "cancelled" };
      const change = toChange("cancel", id, found);
      if (change.before === "executing") bus.publish({ type: "cancelled", ids: [id] });
      bus.publish({ type: "ended", ids: [id] });
      return change;
    },
    retry: async (id) => {
      const found = requireFound(id, await refuseDuplicate(id, engine.retry(id)));
      const change = toChange("retry", id, found);
      wake(id, found);
      return change;
    },
    runNow: async (id) => {
      const found = requireFound(id, await engine.runNow(id));
      const change = toChange("runNow", id, found);
      wake(id, found);
      return change;
    },
    remove: async (id) => {
      const { before, after } = requireFound(id, await engine.remove(id));
      if (after === undefined) throw actRefused("remove", id, before);
      bus.publish({ type: "ended", ids: [id] });
      return { before };
    },
  };
}

function requireFound(id: string, found: ActResult | undefined): ActResult {
  if (!found) throw jobNotFound(id);
  return found;
}

function toChange(act: JobAct, id: string, { before, after }: ActResult): JobChange {
  if (after === undefined || after === "removed") throw actRefused(act, id, before);
  return { id, before, state: after };
}

/** A job that is retried takes its dedupe key again, which another job may hold by then. */
async function refuseDuplicate<Value>(id: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "23505") throw jobDuplicate(id);
    throw error;
  }
}
