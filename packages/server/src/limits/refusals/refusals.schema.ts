import { z } from "zod";
import { cursorSchema, limitSchema as pageLimitSchema, timestampSchema } from "../../trpc/wire.ts";
import { callerLabelSchema } from "../caller.schema.ts";

export const limitBlockedInput = z.object({
  /** Of one limit only. An unknown one is 404 `LIMIT_NOT_FOUND`. */
  name: z.string().min(1).max(200).optional(),
  cursor: cursorSchema.optional(),
  limit: pageLimitSchema,
});
export type LimitBlockedQuery = z.output<typeof limitBlockedInput>;

/** A caller that a rate refused in the last 15 minutes, in this process. */
export const limitBlockedItemSchema = z.object({
  name: z.string(),
  /** `user:<id>`, `key:<id>` or `address:<ip>`. */
  caller: z.string(),
  label: callerLabelSchema,
  /** Calls refused in the last 15 minutes, to a minute. */
  refused: z.number().int(),
  /** Over the last 10 s. */
  refusedPerSecond: z.number(),
  lastAt: timestampSchema,
  /** Milliseconds until its next call is allowed; 0 when it is now. */
  retryAfterMs: z.number(),
  /** Whether it has an allowance of its own. */
  hasOverride: z.boolean(),
});
export type LimitBlockedItem = z.infer<typeof limitBlockedItemSchema>;

/** Last refused first. At most 1,000 callers of each limit are remembered. */
export const limitBlockedPage = z.object({
  items: z.array(limitBlockedItemSchema),
  nextCursor: z.string().nullable(),
  asOf: timestampSchema,
});
