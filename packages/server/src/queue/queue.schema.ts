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
  tags: z.array(z.string()),
  /** What `concurrency.perKey` counts by. */
  key: z.string().nullable(),
  /** The group of errors that the last failure belongs to; null without one. */
  fingerprint: z.string().nullable(),
  /** Its input does not fit the job any more: it was set aside without a run. Edit the input, then retry. */
  isQuarantined: z.boolean(),
});
export type JobSummary = z.infer<typeof jobSummarySchema>;

export const attemptSchema = z.object({
  number: z.number().int(),
  startedAt: timestampSchema,
  finishedAt: timestampSchema.nullable(),
  durationMs: z.number().nullable(),
  outcome: z.enum(["running", "completed", "failed", "cancelled", "lost"]),
  processId: z.string(),
  /** Of the code that ran it; null for attempts made before versions were kept. */
  version: z.string().nullable(),
  fingerprint: z.string().nullable(),
  error: jobErrorSchema.nullable(),
  /** 0 to 1. */
  progress: z.number().nullable(),
  /** What the job reported beside the share, after its `progress` schema. */
  progressData: jsonSchema.nullable(),
  logs: z.array(z.object({ at: timestampSchema, level: z.enum(["info", "warn", "error"]), message: z.string() })),
});

export const jobHolderSchema = z.object({
  jobId: idSchema,
  name: jobNameSchema,
  processId: z.string(),
  since: timestampSchema,
});

/** Why a job waits, from the scheduler's own state. The first that applies, in this order. */
export const waitingSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("paused"), queue: queueNameSchema, by: z.string().nullable(), since: timestampSchema }),
  /** No definition of this name in the processes that were seen lately. */
  z.object({ kind: z.literal("undefined"), name: jobNameSchema }),
  /** Nobody runs jobs of the queue: none is up, or all that could are quiet. */
  z.object({ kind: z.literal("unserved"), queue: queueNameSchema, quiet: z.number().int() }),
  z.object({ kind: z.literal("delayed"), until: timestampSchema }),
  z.object({ kind: z.literal("retry"), attempt: z.number().int(), of: z.number().int(), until: timestampSchema }),
  /** `scope`: of the queue, of the job's name, or of its key. At most five holders. */
  z.object({
    kind: z.literal("limit"),
    scope: z.enum(["queue", "name", "key"]),
    of: z.string(),
    limit: z.number().int(),
    holders: z.array(jobHolderSchema),
  }),
  z.object({
    kind: z.literal("rate"),
    of: z.string(),
    limit: z.number().int(),
    perMs: z.number().int(),
    until: timestampSchema,
  }),
  z.object({
    kind: z.literal("slots"),
    used: z.number().int(),
    total: z.number().int(),
    holders: z.array(jobHolderSchema),
    position: z.number().int(),
    isPositionExact: z.boolean(),
    expectedStartAt: timestampSchema.nullable(),
  }),
  z.object({
    kind: z.literal("position"),
    position: z.number().int(),
    isPositionExact: z.boolean(),
    expectedStartAt: timestampSchema.nullable(),
  }),
]);
export type Waiting = z.infer<typeof waitingSchema>;

export const timelineKinds = [
  "enqueued",
  "started",
  "completed",
  "failed",
  "lost",
  "discarded",
  "cancelled",
  "retried",
  "ranNow",
  "edited",
  "quarantined",
] as const;
export const timelineEntrySchema = z.object({
  at: timestampSchema,
  kind: z.enum(timelineKinds),
  /** Who did it; null for what the queue did by itself. */
  by: z.string().nullable(),
  attempt: z.number().int().nullable(),
  /** One line: an error's message, a reason, the fields that were edited. */
  note: z.string().nullable(),
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
  /** The same in parts, for those who say it in another language. */
  waiting: waitingSchema.nullable(),
  /** Oldest first. */
  timeline: z.array(timelineEntrySchema),
  /** Paths in the input and the output that are shown as `[redacted]`. */
  redacted: z.array(z.string()),
  /** The job that stored this one, and those that this one stored (the first 20). */
  parentId: idSchema.nullable(),
  children: z.array(z.object({ id: idSchema, name: jobNameSchema, state: jobStateSchema })),
  scheduleId: idSchema.nullable(),
  dedupeKey: z.string().nullable(),
  /** Not started by then, it is discarded. */
  expiresAt: timestampSchema.nullable(),
});
export type JobDetail = z.infer<typeof jobDetailSchema>;

export const definitionSchema = z.object({
  name: jobNameSchema,
  queue: queueNameSchema,
  description: z.string(),
  maxAttempts: z.number().int(),
  timeoutMs: z.number().int(),
  concurrency: z.number().int(),
  globalConcurrency: z.number().int().nullable(),
  keyConcurrency: z.number().int().nullable(),
  rateLimit: z.object({ limit: z.number().int(), perMs: z.number().int() }).nullable(),
  /** Paths that are shown as `[redacted]`. */
  redacted: z.array(z.string()),
  /** Stored by the server's own code; nothing to choose in a form. */
  isInternal: z.boolean(),
  /** JSON Schema (draft 2020-12) of the input. */
  inputSchema: z.record(z.string(), jsonSchema),
});
export const definitionsOutput = z.object({ items: z.array(definitionSchema) });

export const jobTagSchema = z
  .string()
  .regex(/^[\w][\w.:/-]*$/)
  .max(64);

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
  /** Milliseconds within which the job must start; then it is discarded. At most 365 days. Default: it waits for ever. */
  expireInMs: z
    .number()
    .int()
    .min(1)
    .max(365 * 24 * 3600 * 1000)
    .optional(),
  /** Jobs of one key share `concurrency.perKey`: a customer, a tenant. */
  key: z.string().min(1).max(200).optional(),
  /** To find the job by. */
  tags: z.array(jobTagSchema).max(10).optional(),
};
export const enqueueOptionsSchema = z.object(enqueueOptions);
export const enqueueInput = z.object({ name: jobNameSchema, input: jsonSchema.default({}), ...enqueueOptions });
export const enqueueOutput = z.object({ id: idSchema, deduplicated: z.boolean() });
export const enqueueManyInput = z.object({
  name: jobNameSchema,
  inputs: z.array(jsonSchema).min(1).max(10_000),
  delayMs: enqueueOptions.delayMs,
  priority: enqueueOptions.priority,
  expireInMs: enqueueOptions.expireInMs,
  tags: enqueueOptions.tags,
});
/** Ids in the order of the inputs. All are stored, or none. */
export const enqueueManyOutput = z.object({ ids: z.array(idSchema) });

export const whereOps = ["=", "!=", "<", "<=", ">", ">=", "contains", "exists"] as const;
/**
 * A condition on the input: `{ path: ["user", "id"], op: "=", value: 42 }`. Text compares with text, numbers with numbers; `contains` is
 * for text and ignores case. A path goes through arrays: any element may fit. `exists` takes no value.
 */
export const whereSchema = z.object({
  path: z.array(z.string().min(1).max(100)).min(1).max(10),
  op: z.enum(whereOps),
  value: z.union([z.string().max(200), z.number(), z.boolean(), z.null()]).optional(),
});
export type Where = z.infer<typeof whereSchema>;

/** What a list, a preview and a bulk act choose jobs by. All conditions must hold. */
export const jobFilterFields = {
  state: z.array(jobStateSchema).min(1).max(jobStates.length).optional(),
  queue: queueNameSchema.optional(),
  name: jobNameSchema.optional(),
  tag: jobTagSchema.optional(),
  key: z.string().min(1).max(200).optional(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  where: z.array(whereSchema).max(5).optional(),
  /** Stored at or after, and before. */
  from: timestampSchema.optional(),
  to: timestampSchema.optional(),
  /** At least so many attempts made. */
  attempts: z.number().int().min(1).max(1000).optional(),
  /** A whole id, or text that the last error contains. */
  search: searchSchema.optional(),
};
export const jobFilterSchema = z.object(jobFilterFields);
export type JobFilterInput = z.infer<typeof jobFilterSchema>;

export const jobsListInput = z.object({ limit: limitSchema, cursor: cursorSchema.optional(), ...jobFilterFields });
export const jobPage = pageOf(jobSummarySchema);

export const jobIdInput = z.object({ id: idSchema });
export const resultInput = z.object({
  id: idSchema,
  /** Milliseconds to wait for the end of the job, at most 25,000. Default 0: answer at once. */
  waitMs: z.number().int().min(0).max(25_000).default(0),
});
/** `lastEventId`: of the last event that a broken stream brought; the next one goes on from there. */
export const watchInput = z.object({ id: idSchema, lastEventId: z.string().max(64).nullish() });
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

/**
 * The input as it is to be; `[redacted]` stands for what is stored there. `expected`: the input that was edited, so that an edit of
 * somebody else is not overwritten (409 `JOB_CHANGED`). `retry`: a failed or cancelled job gets another attempt with it.
 */
export const updateInputInput = z.object({
  id: idSchema,
  input: jsonSchema,
  expected: jsonSchema.optional(),
  retry: z.boolean().default(false),
});
export const updateInputOutput = z.object({
  id: idSchema,
  state: jobStateSchema,
  /** Paths that changed, as `user.name`. */
  changed: z.array(z.string()),
});

/** Null takes a limit away. What is not given stays. */
export const queueSettingsSchema = z.object({
  /** Jobs of the queue that one process runs at once, instead of what the definitions say. */
  slots: z.number().int().min(1).max(1000).nullable(),
  /** Over all processes. */
  globalConcurrency: z.number().int().min(1).max(100_000).nullable(),
  /** Over all processes, of jobs with the same key. */
  keyConcurrency: z.number().int().min(1).max(100_000).nullable(),
  /** At most `limit` starts within `perMs`, over all processes. */
  rateLimit: z
    .object({
      limit: z.number().int().min(1).max(1_000_000),
      perMs: z
        .number()
        .int()
        .min(100)
        .max(24 * 3600 * 1000),
    })
    .nullable(),
});
export type QueueSettings = z.infer<typeof queueSettingsSchema>;
export const queueConfigureInput = queueSettingsSchema
  .partial()
  .extend({ name: queueNameSchema, reason: z.string().trim().max(500).optional() });
export const queueConfigureOutput = z.object({ name: queueNameSchema, settings: queueSettingsSchema });

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
  settings: queueSettingsSchema,
  /** Of the last minutes, over all processes; null before anything ran. */
  flow: z
    .object({ enqueuedPerSecond: z.number(), finishedPerSecond: z.number(), failedPerSecond: z.number() })
    .nullable(),
  /** When the jobs that are due now will have been run; null without a rate to tell it by. A band, low to high. */
  drainMs: z.object({ low: z.number(), expected: z.number(), high: z.number() }).nullable(),
  /** Processes that run jobs of it and are not quiet. */
  processes: z.number().int(),
});
export const queuesOutput = z.object({ items: z.array(queueSchema), asOf: timestampSchema });
export const queueNameInput = z.object({ name: queueNameSchema });
export const queuePausedOutput = z.object({ name: queueNameSchema, paused: z.boolean() });
