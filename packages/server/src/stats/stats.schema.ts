import { z } from "zod";
import { cursorSchema, idSchema, limitSchema, pageOf, timestampSchema } from "../trpc/wire.ts";

const MINUTE_MS = 60_000;
/** Window that a figure covers, in milliseconds back from now: 1 minute to 6 hours, default 15 minutes. */
export const rangeSchema = z
  .number()
  .int()
  .min(MINUTE_MS)
  .max(360 * MINUTE_MS)
  .default(15 * MINUTE_MS);
export const statsRangeInput = z.object({ rangeMs: rangeSchema });

export const latencySchema = z.object({
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
});

/** Figures of all processes together, at most 10 s old. */
export const summarySchema = z.object({
  asOf: timestampSchema,
  /** Calls answered since counting began, refused ones included. Only grows. */
  requests: z.number().int(),
  /** Calls in the window, and those of them that failed (5xx) or were refused by a limit (429, 503). */
  window: z.object({
    rangeMs: z.number().int(),
    calls: z.number().int(),
    errors: z.number().int(),
    clientErrors: z.number().int(),
    limited: z.number().int(),
    latencyMs: latencySchema,
  }),
  /** Over the last 10 s. */
  ratePerSecond: z.number(),
  limitedPerSecond: z.number(),
  /** Failed share of the calls of the last 60 s, 0 to 1; null without calls. */
  errorRate: z.number().nullable(),
  latencyMs: latencySchema,
  inFlight: z.number().int(),
  queue: z.object({
    ready: z.number().int(),
    running: z.number().int(),
    retrying: z.number().int(),
    scheduled: z.number().int(),
    failed: z.number().int(),
    completed: z.number().int(),
    oldestReadyAgeMs: z.number().nullable(),
    slots: z.object({ used: z.number().int(), total: z.number().int() }),
  }),
  cache: z.object({
    hitRate: z.number().nullable(),
    hits: z.number().int(),
    misses: z.number().int(),
    entries: z.number().int(),
    sizeBytes: z.number().int(),
  }),
  nodes: z.number().int(),
});
export type Summary = z.infer<typeof summarySchema>;

export const procedureStatSchema = z.object({
  path: z.string(),
  type: z.enum(["query", "mutation", "subscription"]),
  access: z.string(),
  limit: z.string(),
  description: z.string(),
  calls: z.number().int(),
  errors: z.number().int(),
  clientErrors: z.number().int(),
  limited: z.number().int(),
  /** 0 to 1; null without calls. */
  errorRate: z.number().nullable(),
  latencyMs: latencySchema,
  avgMs: z.number().nullable(),
  maxMs: z.number().nullable(),
  inFlight: z.number().int(),
  lastError: z.object({ code: z.string(), at: timestampSchema }).nullable(),
  /** Calls in 30 equal parts of the window, oldest first. */
  trend: z.array(z.number().int()),
});
export const proceduresOutput = z.object({ items: z.array(procedureStatSchema), asOf: timestampSchema });

/** Points are `stepMs` apart, oldest first, and end with the last step that is over; a step in which no process reported has nulls. */
export const seriesInput = z.object({ rangeMs: rangeSchema, path: z.string().max(200).optional() });
export const seriesOutput = z.object({
  asOf: timestampSchema,
  stepMs: z.number().int(),
  points: z.array(
    z.object({
      at: timestampSchema,
      /** Calls of the step. `ok` are those that neither failed (5xx) nor were refused by a limit. */
      ok: z.number().nullable(),
      errors: z.number().nullable(),
      limited: z.number().nullable(),
      p50: z.number().nullable(),
      p95: z.number().nullable(),
      p99: z.number().nullable(),
      /** Gauges of the step; null for one path, and without a reading. */
      oldestReadyAgeMs: z.number().nullable(),
      cacheHitRate: z.number().nullable(),
    }),
  ),
});

export const slowCallSchema = z.object({
  id: z.string(),
  at: timestampSchema,
  path: z.string(),
  durationMs: z.number(),
  queuedMs: z.number(),
  thresholdMs: z.number(),
  code: z.string(),
  requestId: z.string(),
  principal: z.string().nullable(),
  nodeId: z.string(),
});
export const slowInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  path: z.string().max(200).optional(),
});
export const slowPage = pageOf(slowCallSchema);

export const errorsOutput = z.object({
  items: z.array(
    z.object({
      path: z.string(),
      code: z.string(),
      count: z.number().int(),
      lastAt: timestampSchema,
      lastRequestId: z.string(),
    }),
  ),
  asOf: timestampSchema,
});

export const nodesOutput = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      host: z.string(),
      pid: z.number().int(),
      version: z.string(),
      startedAt: timestampSchema,
      lastSeenAt: timestampSchema,
      eventLoopDelayMs: z.number().nullable(),
      memoryBytes: z.number().int(),
    }),
  ),
  asOf: timestampSchema,
});
export const slowCursorSchema = z.tuple([timestampSchema, idSchema]);
