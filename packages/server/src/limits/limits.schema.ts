import { z } from "zod";
import { timestampSchema } from "../trpc/wire.ts";

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
  /** Busiest callers first, at most five. */
  top: z.array(z.object({ key: z.string(), used: z.number() })),
});
export type LimitRow = z.infer<typeof limitSchema>;
export const limitsOutput = z.object({ items: z.array(limitSchema), asOf: timestampSchema });
/** Name as `limits.list` shows it. An unknown one is 404 `LIMIT_NOT_FOUND`. */
export const limitGetInput = z.object({ name: z.string().min(1).max(200) });
