import { z } from "zod";
import { cursorSchema, jsonSchema, limitSchema, pageOf, timestampSchema } from "../trpc/wire.ts";

export const VALUE_MAX_BYTES = 512 * 1024;
export const cacheKeySchema = z.string().min(1).max(512);
export const tagSchema = z.string().min(1).max(100);

export const cacheEntrySchema = z.object({
  key: cacheKeySchema,
  /** What it counts for in the bound: key, value and tags as text, and 200 for its bookkeeping. */
  sizeBytes: z.number().int(),
  tags: z.array(z.string()),
  createdAt: timestampSchema,
  expiresAt: timestampSchema.nullable(),
  /** Milliseconds left; null when the entry does not expire. */
  ttlMs: z.number().nullable(),
  hits: z.number().int(),
});
export const cacheGetInput = z.object({ key: cacheKeySchema });
/** `found: false` for a key that is absent or expired; that is no error. */
export const cacheGetOutput = z.object({
  found: z.boolean(),
  value: jsonSchema.nullable(),
  entry: cacheEntrySchema.nullable(),
});
export const cacheSetInput = z.object({
  key: cacheKeySchema,
  value: jsonSchema,
  /** Seconds until it expires. Default 600. */
  ttlSeconds: z
    .number()
    .positive()
    .max(30 * 24 * 3600)
    .default(600),
  tags: z.array(tagSchema).max(20).default([]),
});
export const cacheSetOutput = z.object({ key: cacheKeySchema, expiresAt: timestampSchema.nullable() });
export const cacheDeleteInput = z.object({ key: cacheKeySchema });
export const cacheDeleteOutput = z.object({ deleted: z.boolean() });
export const cacheListInput = z.object({
  prefix: z.string().max(512).default(""),
  limit: limitSchema,
  cursor: cursorSchema.optional(),
});
export const cacheCursorSchema = z.tuple([cacheKeySchema]);
export const cachePage = pageOf(cacheEntrySchema);
export const invalidateTagInput = z.object({ tag: tagSchema });
export const invalidatePrefixInput = z.object({ prefix: z.string().min(1).max(512) });
export const invalidatedOutput = z.object({ removed: z.number().int() });
/** What `invalidatePrefix` or `invalidateTag` would remove at this moment. */
export const invalidatePreviewInput = z.union([invalidatePrefixInput, invalidateTagInput]);
export const invalidatePreviewOutput = z.object({
  keys: z.number().int(),
  sizeBytes: z.number().int(),
  sample: z.array(z.string()),
});
export const cacheStatsSchema = z.object({
  entries: z.number().int(),
  sizeBytes: z.number().int(),
  maxBytes: z.number().int(),
  hits: z.number().int(),
  misses: z.number().int(),
  /** 0 to 1; null before the first read. */
  hitRate: z.number().nullable(),
  evictions: z.number().int(),
  expired: z.number().int(),
  /** Reads that waited for a load already under way instead of starting one. */
  coalesced: z.number().int(),
  asOf: timestampSchema,
});
/** A namespace is the part of a key before its first `:`. */
export const namespacesOutput = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      keys: z.number().int(),
      sizeBytes: z.number().int(),
      hits: z.number().int(),
      misses: z.number().int(),
    }),
  ),
});
