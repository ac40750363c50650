import { z } from "zod";
import {
  cursorSchema,
  idSchema,
  jsonSchema,
  limitSchema,
  pageOf,
  searchSchema,
  timestampSchema,
} from "../../trpc/wire.ts";
import { jobNameSchema, jobStateSchema } from "../queue.schema.ts";

/** What becomes of times that passed while nobody was up, or while the schedule was paused: none, one for all, or each (at most 100). */
export const missedPolicies = ["skip", "once", "each"] as const;

/** Five fields, or six with seconds first; `@daily` and the like. */
export const cronSchema = z.string().trim().min(1).max(100);
/** A name of the IANA zone database, `Asia/Shanghai`. */
export const timeZoneSchema = z.string().min(1).max(64);
export const everyMsSchema = z
  .number()
  .int()
  .min(1000)
  .max(366 * 24 * 3600 * 1000);

const timing = {
  /** Exactly one of `cron` and `everyMs`. */
  cron: cronSchema.nullable(),
  everyMs: everyMsSchema.nullable(),
  timeZone: timeZoneSchema,
};

/** `words` in the languages of the dashboard. */
export const scheduleWordsSchema = z.object({ en: z.string(), "zh-CN": z.string() });

const fields = {
  name: z.string().trim().min(1).max(100),
  jobName: jobNameSchema,
  input: jsonSchema,
  ...timing,
  missed: z.enum(missedPolicies),
};

export const scheduleSchema = z.object({
  id: idSchema,
  ...fields,
  /** "Every weekday at 09:00", in English; null when it cannot be said shortly. */
  words: z.string().nullable(),
  wordsByLanguage: scheduleWordsSchema.nullable(),
  /** `definition`: it comes from the code, which is where it is changed; it can be paused here. */
  origin: z.enum(["operator", "definition"]),
  pausedAt: timestampSchema.nullable(),
  pausedBy: z.string().nullable(),
  nextAt: timestampSchema.nullable(),
  last: z
    .object({
      at: timestampSchema,
      jobId: idSchema.nullable(),
      state: jobStateSchema.nullable(),
      durationMs: z.number().nullable(),
    })
    .nullable(),
  /** Why it cannot run: its job is not defined any more, its input does not fit. */
  problem: z.string().nullable(),
  createdBy: z.string().nullable(),
  createdAt: timestampSchema,
});
export type Schedule = z.infer<typeof scheduleSchema>;

export const schedulesListInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  search: searchSchema.optional(),
  jobName: jobNameSchema.optional(),
});
export const schedulesPage = pageOf(scheduleSchema);
export const scheduleIdInput = z.object({ id: idSchema });

export const scheduleCreateInput = z.object({
  name: fields.name,
  jobName: jobNameSchema,
  input: jsonSchema.default({}),
  cron: cronSchema.nullable().default(null),
  everyMs: everyMsSchema.nullable().default(null),
  timeZone: timeZoneSchema.default("UTC"),
  missed: fields.missed.default("once"),
});
/** What is not given stays. */
export const scheduleUpdateInput = z.object({
  id: idSchema,
  name: fields.name.optional(),
  jobName: jobNameSchema.optional(),
  input: jsonSchema.optional(),
  cron: cronSchema.nullable().optional(),
  everyMs: everyMsSchema.nullable().optional(),
  timeZone: timeZoneSchema.optional(),
  missed: fields.missed.optional(),
  isPaused: z.boolean().optional(),
});
export const scheduleRunNowOutput = z.object({ jobId: idSchema });

export const schedulePreviewInput = z.object({
  cron: cronSchema.nullable().default(null),
  everyMs: everyMsSchema.nullable().default(null),
  timeZone: timeZoneSchema.default("UTC"),
  count: z.number().int().min(1).max(50).default(5),
});
/**
 * A change of clocks within the next 365 days that touches the schedule. `skipped`: a time that does not exist that day, and when it runs
 * instead (null: not at all). `doubled`: a time that comes twice, and whether it runs twice.
 */
export const clockChangeSchema = z.object({
  kind: z.enum(["skipped", "doubled"]),
  /** The day in the schedule's zone, `2027-03-14`. */
  day: z.iso.date(),
  /** On the clock, `02:30`. */
  time: z.string(),
  runsAt: z.array(timestampSchema),
});
export const schedulePreviewOutput = z.object({
  words: z.string().nullable(),
  wordsByLanguage: scheduleWordsSchema.nullable(),
  next: z.array(timestampSchema),
  clockChanges: z.array(clockChangeSchema),
});

export const scheduleRunSchema = z.object({
  dueAt: timestampSchema,
  at: timestampSchema,
  outcome: z.enum(["enqueued", "skipped", "failed"]),
  jobId: idSchema.nullable(),
  jobState: jobStateSchema.nullable(),
  durationMs: z.number().nullable(),
  /** Who ran it by hand. */
  by: z.string().nullable(),
  note: z.string().nullable(),
});
export const scheduleRunsInput = z.object({ id: idSchema, limit: limitSchema, cursor: cursorSchema.optional() });
export const scheduleRunsPage = pageOf(scheduleRunSchema);
export type ScheduleRun = z.infer<typeof scheduleRunSchema>;
