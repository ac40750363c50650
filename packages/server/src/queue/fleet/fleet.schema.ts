import { z } from "zod";
import { idSchema, timestampSchema } from "../../trpc/wire.ts";
import { jobNameSchema, queueNameSchema } from "../queue.schema.ts";

export const workerSchema = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.number().int(),
  version: z.string(),
  role: z.enum(["worker", "all"]),
  startedAt: timestampSchema,
  seenAt: timestampSchema,
  /** Seen too long ago: its jobs were taken, or will be within seconds. */
  isStale: z.boolean(),
  quietedAt: timestampSchema.nullable(),
  quietedBy: z.string().nullable(),
  /** 99th percentile since the heartbeat before, milliseconds; null from an older release. */
  eventLoopDelayMs: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  queues: z.array(z.object({ name: queueNameSchema, slots: z.number().int(), used: z.number().int() })),
  /** The longest running first, at most 50. */
  jobs: z.array(
    z.object({
      id: idSchema,
      name: jobNameSchema,
      queue: queueNameSchema,
      attempt: z.number().int(),
      startedAt: timestampSchema,
      progress: z.number().nullable(),
    }),
  ),
  /** For a quiet process with jobs left: when they will have ended, from how long such jobs take; null without figures. */
  drainMs: z.number().nullable(),
});
export type WorkerRow = z.infer<typeof workerSchema>;
export const workersOutput = z.object({
  items: z.array(workerSchema),
  asOf: timestampSchema,
  /** Queues with due jobs that no process serves. */
  unserved: z.array(z.object({ queue: queueNameSchema, ready: z.number().int(), isCapped: z.boolean() })),
  /** Names that wait and that no process defines. */
  undefinedNames: z.array(
    z.object({ name: jobNameSchema, queue: queueNameSchema, waiting: z.number().int(), isCapped: z.boolean() }),
  ),
});
export const workerIdInput = z.object({ id: z.string().min(1).max(100) });
export const workerQuietOutput = z.object({ id: z.string(), isQuiet: z.boolean() });
