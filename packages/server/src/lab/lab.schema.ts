import { z } from "zod";
import { idSchema, timestampSchema } from "../trpc/wire.ts";

export const fastOutput = z.object({ message: z.string(), at: timestampSchema });
export const slowInput = z.object({ delayMs: z.number().int().min(0).max(10_000).default(1500) });
export const slowOutput = z.object({ waitedMs: z.number() });
export const fanOutInput = z.object({
  branches: z.number().int().min(1).max(50).default(5),
  delayMs: z.number().int().min(0).max(5000).default(100),
  /** All branches are cancelled together when it passes. */
  deadlineMs: z.number().int().min(1).max(10_000).default(2000),
});
export const fanOutOutput = z.object({
  results: z.array(z.object({ branch: z.number().int(), tookMs: z.number() })),
  totalMs: z.number(),
});
export const limitedInput = z.object({
  tasks: z.number().int().min(1).max(200).default(15),
  delayMs: z.number().int().min(0).max(2000).default(50),
});
export const limitedOutput = z.object({
  limit: z.number().int(),
  peak: z.number().int(),
  results: z.array(z.object({ task: z.number().int(), waitedMs: z.number(), tookMs: z.number() })),
});
export const flakyInput = z.object({
  /** Share of attempts that fail, 0 to 1. */
  failureRate: z.number().min(0).max(1).default(0.5),
  attempts: z.number().int().min(1).max(6).default(3),
});
export const flakyOutput = z.object({ attempts: z.number().int(), ok: z.literal(true) });
export const cachedInput = z.object({ key: z.string().min(1).max(100).default("lab") });
export const cachedOutput = z.object({
  data: z.object({ key: z.string(), loadedAt: timestampSchema }),
  source: z.enum(["cache", "database"]),
});
export const pooledInput = z.object({ queries: z.number().int().min(1).max(200).default(20) });
export const pooledOutput = z.object({
  queries: z.number().int(),
  limit: z.number().int(),
  peak: z.number().int(),
  totalMs: z.number(),
});
export const rateLimitedOutput = z.object({ remaining: z.number().int(), resetMs: z.number() });

export const runSchema = z.object({
  id: idSchema,
  procedure: z.string(),
  ratePerSecond: z.number(),
  concurrency: z.number().int(),
  durationSeconds: z.number(),
  state: z.enum(["running", "finished", "stopped"]),
  startedAt: timestampSchema,
  startedBy: z.string(),
  finishedAt: timestampSchema.nullable(),
  sent: z.number().int(),
  ok: z.number().int(),
  limited: z.number().int(),
  failed: z.number().int(),
  latencyMs: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() }),
});
/** Procedures that a run may call: all of them are harmless however often they are called. */
export const runTargets = [
  "lab.fast",
  "lab.slow",
  "lab.fanOut",
  "lab.limited",
  "lab.cached",
  "lab.pooledQueries",
  "lab.rateLimited",
] as const;
export const runStartInput = z.object({
  procedure: z.enum(runTargets),
  ratePerSecond: z.number().min(1).max(500).default(50),
  concurrency: z.number().int().min(1).max(50).default(10),
  durationSeconds: z.number().min(1).max(120).default(10),
});
export const runIdInput = z.object({ id: idSchema });
export const runsOutput = z.object({ items: z.array(runSchema) });
