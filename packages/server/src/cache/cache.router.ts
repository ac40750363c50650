import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import {
  cacheDeleteInput,
  cacheDeleteOutput,
  cacheGetInput,
  cacheGetOutput,
  cacheListInput,
  cachePage,
  cacheSetInput,
  cacheSetOutput,
  cacheStatsSchema,
  invalidatedOutput,
  invalidatePrefixInput,
  invalidatePreviewInput,
  invalidatePreviewOutput,
  invalidateTagInput,
  namespacesOutput,
} from "./cache.schema.ts";
import type { Cache, CacheFound } from "./cache.service.ts";

/** Values above this are left out of the audit row, which is kept for much longer than the cache keeps them. */
const AUDITED_MAX_BYTES = 16 * 1024;

export function createCacheRouter(cache: Cache) {
  return router({
    get: procedure
      .meta({ access: "viewer", limit: "read", description: "The value of a key; an absent key is no error." })
      .input(cacheGetInput)
      .output(cacheGetOutput)
      .query(({ input }) => cache.get(input.key)),
    set: procedure
      .meta({ access: "operator", limit: "write", description: "Writes a JSON value of at most 512 KiB under a key." })
      .input(cacheSetInput)
      .output(cacheSetOutput)
      .mutation(async ({ ctx, input }) => {
        const { key, value, ...entry } = input;
        const before = await cache.inspect(key);
        const written = await cache.set(key, value, entry);
        const after = await cache.inspect(key);
        ctx.note({ targetType: "cacheKey", targetId: key, before: toAudited(before), after: toAudited(after) });
        return written;
      }),
    delete: procedure
      .meta({ access: "operator", limit: "write", description: "Removes one key." })
      .input(cacheDeleteInput)
      .output(cacheDeleteOutput)
      .mutation(async ({ ctx, input }) => {
        const before = await cache.inspect(input.key);
        const deleted = await cache.delete(input.key);
        ctx.note({ targetType: "cacheKey", targetId: input.key, before: toAudited(before), after: null });
        return { deleted };
      }),
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "Keys with a prefix, in order." })
      .input(cacheListInput.prefault({}))
      .output(cachePage)
      .query(({ input }) => cache.list(input)),
    invalidateTag: procedure
      .meta({ access: "operator", limit: "write", description: "Removes every entry with a tag." })
      .input(invalidateTagInput)
      .output(invalidatedOutput)
      .mutation(async ({ ctx, input }) => {
        const removed = await cache.invalidate(input);
        ctx.note({ targetType: "cacheTag", targetId: input.tag, after: { removed } });
        return { removed };
      }),
    invalidatePrefix: procedure
      .meta({ access: "operator", limit: "write", description: "Removes every key with a prefix." })
      .input(invalidatePrefixInput)
      .output(invalidatedOutput)
      .mutation(async ({ ctx, input }) => {
        const removed = await cache.invalidate(input);
        ctx.note({ targetType: "cachePrefix", targetId: input.prefix, after: { removed } });
        return { removed };
      }),
    invalidatePreview: procedure
      .meta({ access: "viewer", limit: "read", description: "What an invalidation would remove at this moment." })
      .input(invalidatePreviewInput)
      .output(invalidatePreviewOutput)
      .query(({ input }) => cache.preview(input)),
    stats: procedure
      .meta({ access: "viewer", limit: "read", description: "Hits, misses, size and evictions of this process." })
      .output(cacheStatsSchema)
      .query(() => cache.stats()),
    namespaces: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Keys, size and hits by the part of a key before its first colon.",
      })
      .output(namespacesOutput)
      .query(() => cache.namespaces()),
  });
}

function toAudited({ entry, value }: CacheFound): unknown {
  if (!entry) return null;
  const { sizeBytes, tags, expiresAt, ttlMs } = entry;
  return {
    sizeBytes,
    tags,
    expiresAt,
    ttlMs,
    ...(sizeBytes <= AUDITED_MAX_BYTES ? { value } : { isValueLeftOut: true }),
  };
}
