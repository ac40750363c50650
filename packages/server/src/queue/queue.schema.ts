import { z } from "zod";
import {
  cursorSchema,
  idSchema,
  jsonSchema,
  limitSchema,
  pageOf,
  searchSchema,
  timestampSchema,
} from "../trpc/wire.ts";

/** `discarded` is the dead letter: the attempts are used up and nothing runs the job again by itself. */
export const jobStates = [
  "scheduled",
  "available",
  "executing",
  "retryable",
  "completed",
  "cancelled",
  "discarded",
] as const;
export const jobStateSchema = z.enum(jobStates);
export type JobState = z.infer<typeof jobStateSchema>;

export const JOB_INPUT_MAX_BYTES = 256 * 1024;
export const jobNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/)
  .max(100);
export const queueNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9.-]*$/)
  .max(100);

export const jobErrorSchema = z.object({ name: z.string(), message: z.string(), stack: z.string().nullable() });

export const jobSummarySchema = z.object({
  id: idSchema,
  name: jobNameSchema,
  queue: queueNameSchema,
  state: jobStateSchema,
  priority: z.number().int(),
  attempts: z.number().int(),
  maxAttempts: z.number().int(),
  createdAt: timestampSchema,
  /** When it may start: in the future for scheduled and retryable jobs. */
  scheduledFor: timestampSchema,
  startedAt: timestampSchema.nullable(),
  finishedAt: timestampSchema.nullable(),
  durationMs: z.number().nullable(),
  errorMessage: z.string().nullable(),
  /** 0 to 1, or null when the job reports none. */
  progress: z.number().nullable(),
});
export type JobSummary = z.infer<typeof jobSummarySchema>;

export const attemptSchema = z.object({
  number: z.number().int(),
  startedAt: timestampSchema,
  finishedAt: timestampSchema.nullable(),
  durationMs: z.number().nullable(),
  outcome: z.enum(["running", "completed", "failed", "cancelled", "lost"]),
  processId: z.string(),
  error: jobErrorSchema.nullable(),
  logs: z.array(z.object({ at: timestampSchema, level: z.enum(["info", "warn", "error"]), message: z.string() })),
});

export const jobDetailSchema = jobSummarySchema.extend({
  input: jsonSchema,
  output: jsonSchema.nullable(),
  error: jobErrorSchema.nullable(),
  attemptLog: z.array(attemptSchema),
  enqueuedBy: z.string().nullable(),
  requestId: z.string().nullable(),
  /** One sentence for a job that is waiting; null otherwise. */
  waitingReason: z.string().nullable(),
});
export type JobDetail = z.infer<typeof jobDetailSchema>;

export const definitionSchema = z.object({
  name: jobNameSchema,
  queue: queueNameSchema,
  description: z.string(),
  maxAttempts: z.number().int(),
  timeoutMs: z.number().int(),
  concurrency: z.number().int(),
  /** JSON Schema (draft 2020-12) of the input. */
  inputSchema: z.record(z.string(), jsonSchema),
});
export const definitionsOutput = z.object({ items: z.array(definitionSchema) });

const enqueueOptions = {
  /** Milliseconds to wait before the first attempt; at most 365 days. */
  delayMs: z
    .number()
    .int()
    .min(0)
    .max(365 * 24 * 3600 * 1000)
    .optional(),
  /** Higher goes first. Default 0. */
  priority: z.number().int().min(-100).max(100).optional(),
  /** At most one waiting or running job of this name has this key; a second enqueue answers the first one's id. */
  dedupeKey: z.string().min(1).max(200).optional(),
};
export const enqueueOptionsSchema = z.object(enqueueOptions);
export const enqueueInput = z.object({ name: jobNameSchema, input: jsonSchema.default({}), ...enqueueOptions });
export const enqueueOutput = z.object({ id: idSchema, deduplicated: z.boolean() });
export const enqueueManyInput = z.object({
  name: jobNameSchema,
  inputs: z.array(jsonSchema).min(1).max(10_000),
  delayMs: enqueueOptions.delayMs,
  priority: enqueueOptions.priority,
});
/** Ids in the order of the inputs. All are stored, or none. */
export const enqueueManyOutput = z.object({ ids: z.array(idSchema) });

export const jobsListInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  state: z.array(jobStateSchema).min(1).max(jobStates.length).optional(),
  queue: queueNameSchema.optional(),
  name: jobNameSchema.optional(),
  /** A whole id, or text that the last error contains. */
  search: searchSchema.optional(),
});
export const jobPage = pageOf(jobSummarySchema);

export const jobIdInput = z.object({ id: idSchema });
export const resultInput = z.object({
  id: idSchema,
  /** Milliseconds to wait for the end of the job, at most 25,000. Default 0: answer at once. */
  waitMs: z.number().int().min(0).max(25_000).default(0),
});
/** `done` is false while the job may still change; then `output` and `error` are null. */
export const resultOutput = z.object({
  id: idSchema,
  state: jobStateSchema,
  done: z.boolean(),
  output: jsonSchema.nullable(),
  error: jobErrorSchema.nullable(),
});
/** The state after the act. */
export const jobStateOutput = z.object({ id: idSchema, state: jobStateSchema });

export const queueSchema = z.object({
  name: queueNameSchema,
  paused: z.boolean(),
  pausedAt: timestampSchema.nullable(),
  pausedBy: z.string().nullable(),
  /** Jobs per state. Approximate above 10,000; `approximate` says so. */
  counts: z.record(jobStateSchema, z.number().int()),
  approximate: z.boolean(),
  oldestReadyAgeMs: z.number().nullable(),
  slots: z.object({ used: z.number().int(), total: z.number().int() }),
});
export const queuesOutput = z.object({ items: z.array(queueSchema), asOf: timestampSchema });
export const queueNameInput = z.object({ name: queueNameSchema });
export const queuePausedOutput = z.object({ name: queueNameSchema, paused: z.boolean() });
