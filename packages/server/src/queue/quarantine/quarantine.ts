import { createHash } from "node:crypto";
import type { Pool } from "pg";
import { z } from "zod";
import type { JobDefinition } from "../../define.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Json } from "../../trpc/wire.ts";
import type { QueueBus } from "../bus.ts";
import { toFingerprint } from "../errors/fingerprint.ts";
import type { QueueRecorder } from "../recorder.ts";
import { parseStored } from "./misfit.ts";
import {
  listWaiting,
  quarantineWaiting,
  readCheckedSchema,
  saveCheckedSchema,
  type StoredError,
} from "./quarantine.store.ts";

/**
 * Looks at what waits when a release changes what a job takes: inputs that fit no longer are set aside with the reason, before their time
 * comes. Behind the start, in chunks, and only for jobs whose schema is another one than at the last look. What is missed, for example what
 * an older release stores meanwhile, is found when the job is about to run.
 */
export interface Quarantine {
  start(): void;
  /** Resolves once the look is over. */
  checked(): Promise<void>;
  stop(): Promise<void>;
}

export interface QuarantineOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly bus: Pick<QueueBus, "publish">;
  readonly recorder: Pick<QueueRecorder, "ended">;
  readonly definitions: readonly JobDefinition[];
  readonly version: string;
}

/** An input may have 256 KiB. */
const CHUNK = 500;
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

export function createQuarantine({ pool, logger, bus, recorder, definitions, version }: QuarantineOptions): Quarantine {
  const life = new AbortController();
  let checking: Promise<void> = Promise.resolve();

  const judgeOf =
    (definition: JobDefinition) =>
    (input: Json): StoredError | undefined => {
      const parsed = parseStored(definition, input);
      if ("value" in parsed) return undefined;
      return { ...parsed.error, fingerprint: toFingerprint(definition.name, parsed.error).fingerprint };
    };

  /** Answers how many were looked at and set aside; undefined when it was broken off. */
  const checkWaiting = async (
    definition: JobDefinition,
  ): Promise<{ readonly looked: number; readonly aside: number } | undefined> => {
    const { queue, name } = definition;
    const judge = judgeOf(definition);
    let looked = 0;
    let aside = 0;
    for (let afterId: string | undefined = BEFORE_ALL; afterId !== undefined;) {
      if (life.signal.aborted) return undefined;
      const chunk = await listWaiting(pool, { queue, name, afterId, limit: CHUNK });
      const suspects = chunk.filter(({ input }) => judge(input) !== undefined).map(({ id }) => id);
      const misfits = suspects.length === 0 ? [] : await quarantineWaiting(pool, queue, suspects, judge);
      for (const { id, error } of misfits)
        recorder.ended({ queue, name, jobId: id, outcome: "discarded", durationMs: 0, error, version });
      if (misfits.length > 0) bus.publish({ type: "ended", ids: misfits.map(({ id }) => id) });
      looked += chunk.length;
      aside += misfits.length;
      afterId = chunk.length < CHUNK ? undefined : chunk.at(-1)?.id;
    }
    return { looked, aside };
  };

  const check = async (definition: JobDefinition): Promise<void> => {
    const { name } = definition;
    try {
      const hash = toSchemaHash(definition);
      if ((await readCheckedSchema(pool, name)) === hash) return;
      const found = await checkWaiting(definition);
      if (!found) return;
      await saveCheckedSchema(pool, name, hash);
      if (found.aside > 0) logger.warn("queue.quarantined", { name, ...found });
    } catch (error) {
      // The next start looks again, and each run does for its own job.
      logger.warn("queue.quarantine.failed", { name, err: error });
    }
  };

  return {
    start: () => {
      checking = (async () => {
        for (const definition of definitions) if (!life.signal.aborted) await check(definition);
      })();
    },
    checked: () => checking,
    stop: async () => {
      life.abort();
      await checking;
    },
  };
}

function toSchemaHash({ input }: JobDefinition): string {
  const schema = z.toJSONSchema(input, { io: "input", unrepresentable: "any" });
  return createHash("sha256").update(JSON.stringify(schema)).digest("hex").slice(0, 32);
}
