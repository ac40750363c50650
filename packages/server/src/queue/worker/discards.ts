import type { Pool } from "pg";
import type { EnqueueFromJob, JobDefinition, JobLog } from "../../define.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Json } from "../../trpc/wire.ts";
import type { JobError } from "../engine.ts";
import { isAppError } from "../../platform/errors.ts";
import { delayDiscard, dropDiscards, takeDiscards, type DueDiscard } from "../store/discards.store.ts";
import type { Envelope } from "../store/job-row.ts";
import { isPermanent } from "./job-error.ts";

/** Calls the `onDiscard` of discarded jobs. */
export interface Discards {
  /** Looks for calls to make, until there are none. */
  kick(): void;
  /** Begins no further call; resolves once none is under way. */
  stop(): Promise<void>;
}

export interface DiscardsOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly definitions: readonly JobDefinition[];
  readonly enqueuing: (discarded: { readonly id: string; readonly data: Envelope }) => EnqueueFromJob;
}

const BATCH = 20;
/** A call that takes longer may be made a second time, by this process or another. */
const LEASE_MS = 60_000;
const TRIES_MAX = 5;

/** The row of a call goes after it: when the process dies in between, the call is made again. */
export function createDiscards({ pool, logger, definitions, enqueuing }: DiscardsOptions): Discards {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  let isStopped = false;
  let isDue = false;
  let working: Promise<void> | undefined;

  const call = async ({ id, name, tries, data, output }: DueDiscard): Promise<void> => {
    const definition = byName.get(name);
    try {
      if (definition?.hasDiscardHook && data) {
        await definition.onDiscard({
          input: definition.input.parse(data.input),
          jobId: id,
          error: toError(output),
          enqueue: enqueuing({ id, data }),
          log: toLog(logger, name, id),
        });
      }
    } catch (error) {
      const isLast = tries >= TRIES_MAX || isPermanent(error) || (isAppError(error) && error.kind === "BAD_REQUEST");
      logger.warn("queue.discard-hook.failed", { name, jobId: id, tries, isLast, err: error });
      if (!isLast) return delayDiscard(pool, id, 1000 * 2 ** tries);
    }
    await dropDiscards(pool, [id]);
  };

  const work = async (): Promise<void> => {
    try {
      while (isDue && !isStopped) {
        isDue = false;
        const due = await takeDiscards(pool, [...byName.keys()], { most: BATCH, leaseMs: LEASE_MS });
        if (due.length === BATCH) isDue = true;
        await Promise.all(due.map(call));
      }
    } catch (error) {
      logger.warn("queue.discard-hook.look-failed", { err: error });
    } finally {
      working = undefined;
    }
  };

  return {
    kick: () => {
      isDue = true;
      if (byName.size > 0) working ??= work();
    },
    stop: async () => {
      isStopped = true;
      await working;
    },
  };
}

function toError(output: Json | null): JobError {
  const { name, message, stack } = (output ?? {}) as Partial<Record<keyof JobError, unknown>>;
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "",
    stack: typeof stack === "string" ? stack : null,
  };
}

function toLog(logger: Logger, name: string, jobId: string): JobLog {
  const write =
    (level: "info" | "warn" | "error") =>
    (message: string): void =>
      logger[level]("queue.discard-hook.log", { name, jobId, message });
  return { info: write("info"), warn: write("warn"), error: write("error") };
}
