import { z } from "zod";
import { timestampSchema } from "../../trpc/wire.ts";
import { callerLabelSchema, callerSchema } from "../caller.schema.ts";

const MINUTE_MS = 60_000;
const MONTH_MS = 30 * 24 * 60 * MINUTE_MS;

/** An allowance of its own for one caller of one rate, in place of the one that all others have. */
export const limitOverrideSchema = z.object({
  /** Of the limit, as `limits.list` shows it. */
  name: z.string(),
  caller: z.string(),
  label: callerLabelSchema,
  /** Calls per `windowMs` of the limit. */
  limit: z.number(),
  /** Null where the limit has no burst. */
  burst: z.number().nullable(),
  /** Grows with every change of any limit or override. */
  revision: z.number().int(),
  /** E-mail address, or the name of an API key. */
  by: z.string(),
  at: timestampSchema,
  reason: z.string().nullable(),
  /** When it ends by itself; null when it stays until somebody deletes it. */
  until: timestampSchema.nullable(),
});
export type LimitOverride = z.infer<typeof limitOverrideSchema>;

/**
 * Gives a caller an allowance of its own, or changes it. Raises 404 `LIMIT_NOT_FOUND`, 400 `LIMIT_NOT_A_RATE`, 400 `LIMIT_FIELD`, 400
 * `LIMIT_CALLER` (an address limit knows addresses only), 400 `LIMIT_OUT_OF_BOUNDS`, 403 `LIMIT_NEEDS_ADMIN`, 409 `LIMIT_CHANGED` and 409
 * `LIMIT_OVERRIDES_FULL`.
 */
export const limitOverrideSetInput = z.strictObject({
  name: z.string().min(1).max(200),
  caller: callerSchema,
  /** Default: as the caller has it now. */
  values: z
    .strictObject({ limit: z.number().positive().optional(), burst: z.number().int().positive().optional() })
    .refine((values) => Object.values(values).some((value) => value !== undefined), "Name at least one value."),
  /** Milliseconds until it ends by itself. Default null: it stays. */
  forMs: z.number().int().min(MINUTE_MS).max(MONTH_MS).nullable().default(null),
  reason: z.string().trim().min(1).max(500).optional(),
  /** Refuses with 409 `LIMIT_CHANGED` when the override has another revision by now; 0 stands for none. */
  expectedRevision: z.number().int().min(0).optional(),
});
export type LimitOverrideSet = z.output<typeof limitOverrideSetInput>;

/** From then on the caller has what all others have. Raises 404 `LIMIT_NOT_FOUND` and 404 `LIMIT_OVERRIDE_NOT_FOUND`. */
export const limitOverrideDeleteInput = z.strictObject({
  name: z.string().min(1).max(200),
  caller: callerSchema,
  reason: z.string().trim().min(1).max(500).optional(),
});
export type LimitOverrideDelete = z.output<typeof limitOverrideDeleteInput>;
