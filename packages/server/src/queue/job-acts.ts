import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { JobDefinition } from "../define.ts";
import type { Json } from "../trpc/wire.ts";
import type { QueueBus } from "./bus.ts";
import type { ActResult, Engine } from "./engine.ts";
import { parseJobInput } from "./enqueue.ts";
import { diffPaths } from "./json-diff.ts";
import {
  actRefused,
  jobChanged,
  jobDuplicate,
  jobNotEditable,
  jobNotFound,
  jobUnknown,
  type JobAct,
} from "./queue.errors.ts";
import type { JobState, updateInputInput } from "./queue.schema.ts";
import { mergeRedacted, redactInput, toRedaction } from "./redact.ts";

export interface JobChange {
  readonly id: string;
  readonly state: JobState;
  readonly before: JobState;
}

export interface InputChange {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  readonly changed: readonly string[];
  /** With what is secret left out. */
  readonly before: { readonly state: JobState; readonly input: Json };
  readonly after: { readonly state: JobState; readonly input: Json };
}

/** What an operator does to one job. Each raises `JOB_NOT_FOUND` for an unknown id. */
export interface JobActs {
  /**
   * The input of a job that waits, was discarded or was cancelled. Raises `JOB_NOT_EDITABLE`, `JOB_INPUT_INVALID`, `JOB_CHANGED`, and with
   * `retry` `JOB_DUPLICATE`.
   */
  updateInput(input: z.infer<typeof updateInputInput>, by?: string): Promise<InputChange>;
  /** Waiting and running jobs; the handler's signal aborts wherever it runs. Raises `JOB_NOT_CANCELLABLE`. Safe twice. */
  cancel(id: string, by?: string): Promise<JobChange>;
  /** Discarded and cancelled jobs, which get at least one more attempt. Raises `JOB_NOT_RETRYABLE`, `JOB_DUPLICATE`. */
  retry(id: string, by?: string): Promise<JobChange>;
  /** Waiting jobs: no more waiting for their time. Raises `JOB_NOT_WAITING`. */
  runNow(id: string, by?: string): Promise<JobChange>;
  /** Any job that does not run, with its history. Raises `JOB_RUNNING`. */
  remove(id: string): Promise<{ readonly before: JobState }>;
}

export interface JobActsOptions {
  readonly engine: Engine;
  readonly bus: QueueBus;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
}

const EDITABLE: ReadonlySet<JobState> = new Set(["scheduled", "available", "retryable", "discarded", "cancelled"]);
const NOTED_PATHS = 20;

/** Paths only: what lies there may be secret. */
function toEditNote(changed: readonly string[]): string {
  if (changed.length === 0) return "Nothing was changed.";
  const more = changed.length - NOTED_PATHS;
  return `Changed ${changed.slice(0, NOTED_PATHS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`.slice(0, 1000);
}

export function createJobActs({ engine, bus, definitions }: JobActsOptions): JobActs {
  const wake = (id: string, { queue }: ActResult): void => {
    bus.publish({ type: "ready", queue });
    bus.publish({ type: "changed", ids: [id] });
  };

  return {
    cancel: async (id, by) => {
      const found = requireFound(id, await engine.cancel(id, by));
      if (found.before === "cancelled") return { id, before: "cancelled", state: "cancelled" };
      const change = toChange("cancel", id, found);
      if (change.before === "executing") bus.publish({ type: "cancelled", ids: [id] });
      bus.publish({ type: "ended", ids: [id] });
      return change;
    },
    retry: async (id, by) => {
      const found = requireFound(id, await refuseDuplicate(id, engine.retry(id, by)));
      const change = toChange("retry", id, found);
      wake(id, found);
      return change;
    },
    runNow: async (id, by) => {
      const found = requireFound(id, await engine.runNow(id, by));
      const change = toChange("runNow", id, found);
      wake(id, found);
      return change;
    },
    updateInput: async ({ id, input, expected, retry }, by) => {
      let changed: readonly string[] = [];
      let after: Json = null;
      const edited = await refuseDuplicate(
        id,
        engine.edit(id, { isRetry: retry, by }, (found) => {
          const definition = definitions.get(found.name);
          if (!EDITABLE.has(found.state)) throw jobNotEditable(id, found.state);
          if (!definition) throw jobUnknown(found.name);
          const { input: hidden } = toRedaction(definition);
          const isExpected =
            expected === undefined || isDeepStrictEqual(mergeRedacted(expected, found.input, hidden), found.input);
          if (!isExpected) throw jobChanged(id);
          after = parseJobInput(definition, mergeRedacted(input, found.input, hidden), ["input"]);
          changed = diffPaths(found.input, after).toSorted();
          return { input: after, note: toEditNote(changed) };
        }),
      );
      if (!edited) throw jobNotFound(id);
      const { queue, before } = edited;
      if (edited.after === "available" || edited.after === "retryable") bus.publish({ type: "ready", queue });
      bus.publish({ type: "changed", ids: [id] });
      const definition = definitions.get(before.name);
      const redaction = definition && toRedaction(definition);
      return {
        id,
        name: before.name,
        state: edited.after,
        changed,
        before: { state: before.state, input: redactInput(before.input, redaction) },
        after: { state: edited.after, input: redactInput(after, redaction) },
      };
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
