import { z } from "zod";
import { cursorSchema, idSchema, limitSchema, pageOf, searchSchema, timestampSchema } from "../../trpc/wire.ts";
import { jobNameSchema, queueNameSchema } from "../queue.schema.ts";

/** Failures of one job that look alike: same job, same kind of error, same message but for numbers, ids and quoted text, same place. */
export const errorGroupSchema = z.object({
  fingerprint: z.string(),
  name: jobNameSchema,
  queue: queueNameSchema,
  errorName: z.string(),
  /** Of the last failure, cut at 500 characters. */
  message: z.string(),
  /** The topmost line of the stack that is the application's own; null without a stack. */
  place: z.string().nullable(),
  firstSeenAt: timestampSchema,
  lastSeenAt: timestampSchema,
  /** Failed attempts since `firstSeenAt`. */
  attempts: z.number().int(),
  /** Jobs whose last failure is of this group, by what they are now; each count stops at 10,000. */
  discarded: z.number().int(),
  retryable: z.number().int(),
  isCapped: z.boolean(),
  lastJobId: idSchema,
  versions: z.array(z.string()),
  /** Failed attempts per minute of the last hour, oldest first. */
  trend: z.array(z.number().int()),
});
export type ErrorGroup = z.infer<typeof errorGroupSchema>;
export const errorsListInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  queue: queueNameSchema.optional(),
  name: jobNameSchema.optional(),
  /** Text that the error's name or message contains. */
  search: searchSchema.optional(),
  /** Default: only groups with jobs that are failed or retrying now. */
  includeResolved: z.boolean().default(false),
  order: z.enum(["lastSeen", "jobs"]).default("lastSeen"),
});
export const errorsPage = pageOf(errorGroupSchema);
export const errorGetInput = z.object({ fingerprint: z.string().regex(/^[0-9a-f]{16}$/) });
