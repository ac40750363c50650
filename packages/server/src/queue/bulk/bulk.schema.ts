import { z } from "zod";
import { cursorSchema, idSchema, limitSchema, pageOf, timestampSchema } from "../../trpc/wire.ts";
import { jobFilterSchema, jobStateSchema, jobSummarySchema } from "../queue.schema.ts";

/** More than this must be narrowed first. */
export const BULK_MAX_JOBS = 1_000_000;
/** How long what has not started can be taken back, from the end of the act. */
export const UNDO_MS = 10 * 60_000;

export const bulkActs = ["retry", "cancel", "delete", "runNow"] as const;
export const bulkActSchema = z.enum(bulkActs);
export type BulkAct = z.infer<typeof bulkActSchema>;

/** `stopped`: a staged retry ended itself because its jobs kept failing. `failed`: the act itself could not go on. */
export const bulkStates = ["running", "paused", "done", "aborted", "stopped", "failed", "undoing", "undone"] as const;
export const bulkStateSchema = z.enum(bulkStates);
export type BulkState = z.infer<typeof bulkStateSchema>;

/** Either a filter, frozen at `asOf`, or a list of ids. */
export const bulkTargetSchema = z.union([
  z.object({ filter: jobFilterSchema, asOf: timestampSchema.optional() }),
  z.object({ ids: z.array(idSchema).min(1).max(10_000) }),
]);

export const bulkPreviewInput = z.object({ act: bulkActSchema, target: bulkTargetSchema });
export const bulkPreviewOutput = z.object({
  /** Jobs stored later are not touched. Give it back to `bulk.start`. */
  asOf: timestampSchema,
  /** Exact: those the act is for. */
  matching: z.number().int(),
  /** Those the filter finds and the act is not for, by state. */
  skipped: z.partialRecord(jobStateSchema, z.number().int()),
  byState: z.partialRecord(jobStateSchema, z.number().int()),
  /** Five of those the act is for, newest first. */
  sample: z.array(jobSummarySchema),
  /** Whether what has not started can be taken back. */
  isUndoable: z.boolean(),
});

export const bulkStartInput = z.object({
  act: bulkActSchema,
  target: bulkTargetSchema,
  /** What the preview said; with another count in the meantime nothing starts (409 `BULK_CHANGED`). */
  expected: z.number().int().min(1),
  /** Jobs per second, 1 to 1,000; null: as fast as it goes. */
  perSecond: z.number().int().min(1).max(1000).nullable().default(null),
  /** Of a retry only: 3 first, then a tenth, then the rest, each after the one before has gone well. */
  isStaged: z.boolean().default(false),
  reason: z.string().trim().max(500).optional(),
});

export const bulkSummarySchema = z.object({
  id: idSchema,
  act: bulkActSchema,
  state: bulkStateSchema,
  /** In words of the filter, `queue=mail state=discarded`, or `12 chosen jobs`. */
  target: z.string(),
  filter: jobFilterSchema.nullable(),
  asOf: timestampSchema,
  total: z.number().int(),
  done: z.number().int(),
  /** Refused one by one: a job that changed in between, for example. */
  failed: z.number().int(),
  undone: z.number().int(),
  perSecond: z.number().int().nullable(),
  /** Measured over the last seconds; null when it does not run. */
  ratePerSecond: z.number().nullable(),
  etaMs: z.number().nullable(),
  /** Of a staged retry: where it stands, and how the jobs that it retried came out. */
  stage: z
    .object({
      number: z.number().int(),
      of: z.number().int(),
      sizes: z.array(z.number().int()),
      succeeded: z.number().int(),
      failedAgain: z.number().int(),
      waiting: z.number().int(),
    })
    .nullable(),
  reason: z.string().nullable(),
  /** Why it stopped or failed. */
  problem: z.string().nullable(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  finishedAt: timestampSchema.nullable(),
  /** Null when it cannot be undone, or not any more. */
  undoUntil: timestampSchema.nullable(),
});
export type BulkSummary = z.infer<typeof bulkSummarySchema>;
export const bulkListInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  state: z.array(bulkStateSchema).min(1).optional(),
});
export const bulkPage = pageOf(bulkSummarySchema);
export const bulkIdInput = z.object({ id: idSchema });

export const bulkItemStates = ["pending", "done", "failed", "undone", "kept"] as const;
export const bulkItemSchema = z.object({
  jobId: idSchema,
  name: z.string(),
  state: z.enum(bulkItemStates),
  /** Why it failed, or why it was kept at an undo. */
  problem: z.string().nullable(),
  jobState: jobStateSchema.nullable(),
});
export const bulkItemsInput = z.object({
  id: idSchema,
  state: z.enum(bulkItemStates).optional(),
  limit: limitSchema,
  cursor: cursorSchema.optional(),
});
export const bulkItemsPage = pageOf(bulkItemSchema);
