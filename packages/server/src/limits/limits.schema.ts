import { z } from "zod";
import { limitOverrideSchema } from "./overrides/overrides.schema.ts";
import { cursorSchema, limitSchema as pageLimitSchema, pageOf, timestampSchema } from "../trpc/wire.ts";

/** A policy as configured: for a class, or for one procedure by its path. */
export const policySchema = z.object({
  ratePerSecond: z.number().positive().max(1_000_000),
  burst: z.number().int().positive().max(1_000_000),
  concurrency: z.number().int().positive().max(100_000),
  /** Calls that may wait for a slot. */
  queue: z.number().int().min(0).max(1_000_000),
});
export type Policy = z.infer<typeof policySchema>;
/** `SWITCHBOARD_LIMITS`: a class or a procedure path to the values that differ from its default. */
export const policyOverrides = z.record(z.string(), policySchema.partial().strict());

/** What can be set of a limit at run time; null where the limit has no such thing. */
export const limitValuesSchema = z.object({
  /** Rate: calls per `windowMs`, which stays. Concurrency: slots of each process. */
  limit: z.number(),
  burst: z.number().nullable(),
  queueLimit: z.number().nullable(),
});
export type LimitValues = z.infer<typeof limitValuesSchema>;
export type LimitField = keyof LimitValues;

const boundSchema = z.object({ min: z.number(), max: z.number() });
/** Smallest and largest value of each thing that can be set. */
export const limitBoundsSchema = z.object({
  limit: boundSchema,
  burst: boundSchema.nullable(),
  queueLimit: boundSchema.nullable(),
});
export type Bound = z.infer<typeof boundSchema>;
export type LimitBounds = z.infer<typeof limitBoundsSchema>;

export const limitChangeSchema = z.object({
  /** Grows with every change of any limit. */
  revision: z.number().int(),
  /** E-mail address, or the name of an API key. */
  by: z.string(),
  at: timestampSchema,
  reason: z.string().nullable(),
  /** When the limit goes back by itself; null when the change is kept until somebody makes another. */
  revertAt: timestampSchema.nullable(),
  /** What it goes back to: what was kept last, or as configured. Null when the change is kept. */
  revertTo: limitValuesSchema.nullable(),
});
export type LimitChange = z.infer<typeof limitChangeSchema>;

/** One limit as the Limits page shows it. Counters are of this process since it started. */
export const limitSchema = z.object({
  /** `read.rate`, `read.concurrency`, `address.rate`, or with a procedure path in place of the class. */
  name: z.string(),
  kind: z.enum(["rate", "concurrency"]),
  /** Whose calls share one allowance. */
  scope: z.enum(["address", "principal", "global"]),
  algorithm: z.enum(["gcra", "sliding-log", "bulkhead"]),
  /** Rate: calls per window. Concurrency: slots. */
  limit: z.number(),
  windowMs: z.number().nullable(),
  burst: z.number().nullable(),
  /** Rate: allowance used by the busiest caller, 0 to 1. Concurrency: slots held over slots. */
  usage: z.number(),
  inFlight: z.number().int().nullable(),
  waiting: z.number().int().nullable(),
  queueLimit: z.number().int().nullable(),
  allowed: z.number().int(),
  rejected: z.number().int(),
  /** Over the last 10 s. */
  rejectedPerSecond: z.number(),
  /** Closest to its limit first, at most five. `of`: what the caller may use up, which is its own where it has an override. */
  top: z.array(z.object({ key: z.string(), used: z.number(), of: z.number() })),
  /** As at start: built in, or of `SWITCHBOARD_LIMITS`. */
  configured: limitValuesSchema,
  /** What anybody may set. */
  bounds: limitBoundsSchema,
  /** What an operator may set: half to five times what is configured. */
  operatorBounds: limitBoundsSchema,
  /** Null while it runs as configured. */
  change: limitChangeSchema.nullable(),
  /** Callers with an allowance of their own. Always 0 at slots, which know no callers. */
  overrideCount: z.number().int(),
});
export type LimitRow = z.infer<typeof limitSchema>;
/** One limit, with the callers that have an allowance of their own: at most 200, the newest first. */
export const limitDetailSchema = limitSchema.extend({ overrides: z.array(limitOverrideSchema) });
export type LimitDetail = z.infer<typeof limitDetailSchema>;
export const limitsOutput = z.object({ items: z.array(limitSchema), asOf: timestampSchema });
/** Name as `limits.list` shows it. An unknown one is 404 `LIMIT_NOT_FOUND`. */
export const limitGetInput = z.object({ name: z.string().min(1).max(200) });

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * One of three: `values`, for `forMs` or until the next change; `restore`, to what a change for a time goes back to or to what is
 * configured; or `forMs: null` alone, which keeps what would go back. Raises 404 `LIMIT_NOT_FOUND`, 400 `LIMIT_FIELD`, 400
 * `LIMIT_NOT_TEMPORARY`, 400 `LIMIT_OUT_OF_BOUNDS`, 403 `LIMIT_NEEDS_ADMIN` and 409 `LIMIT_CHANGED`.
 */
export const limitUpdateInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    /** What is not named stays as it is. */
    values: z
      .strictObject({
        limit: z.number().positive().optional(),
        burst: z.number().int().positive().optional(),
        queueLimit: z.number().int().min(0).optional(),
      })
      .refine((values) => Object.values(values).some((value) => value !== undefined), "Name at least one value.")
      .optional(),
    /** Milliseconds until the limit goes back by itself. Default null: it is kept. */
    forMs: z.number().int().min(MINUTE_MS).max(DAY_MS).nullable().optional(),
    restore: z.enum(["configured", "previous"]).optional(),
    reason: z.string().trim().min(1).max(500).optional(),
    /** Refuses with 409 `LIMIT_CHANGED` when the limit has another revision by now; 0 stands for no change. */
    expectedRevision: z.number().int().min(0).optional(),
  })
  .refine(({ values, restore }) => !(values && restore), "Send values or restore, not both.")
  .refine(({ restore, forMs }) => !restore || forMs == null, "What is restored has no end: send restore without forMs.")
  .refine(
    ({ values, restore, forMs }) => values || restore || forMs === null,
    "Send values, restore, or forMs: null to keep what would go back.",
  );
export type LimitUpdate = z.output<typeof limitUpdateInput>;

export const limitCauseSchema = z.enum(["update", "keep", "restore", "revert", "undo", "override", "override-end"]);
export type LimitCause = z.infer<typeof limitCauseSchema>;

export const limitHistoryInput = z.object({
  name: z.string().min(1).max(200).optional(),
  cursor: cursorSchema.optional(),
  limit: pageLimitSchema,
});
export const limitHistoryItemSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Whose own allowance began, changed or ended; null for the limit itself. `before` and `after` are what the caller has. */
  caller: z.string().nullable(),
  at: timestampSchema,
  /** Whoever made the change; of a `revert`, which no one makes, whoever had set the time. */
  by: z.string(),
  cause: limitCauseSchema,
  before: limitValuesSchema,
  after: limitValuesSchema,
  reason: z.string().nullable(),
  revertAt: timestampSchema.nullable(),
});
export type LimitHistoryItem = z.infer<typeof limitHistoryItemSchema>;
export const limitHistoryPage = pageOf(limitHistoryItemSchema);
