import type { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Service } from "../platform/lifecycle.ts";
import { parseCursor, toCursor, type Json } from "../trpc/wire.ts";
import { cacheValueTooLarge } from "./cache.errors.ts";
import { firstKeys } from "./cache.keys.ts";
import {
  cacheCursorSchema,
  VALUE_MAX_BYTES,
  type cacheEntrySchema,
  type cacheGetOutput,
  type cacheListInput,
  type cachePage,
  type cacheSetOutput,
  type cacheStatsSchema,
  type invalidatePreviewInput,
  type invalidatePreviewOutput,
  type namespacesOutput,
} from "./cache.schema.ts";
import { createMemoryStore, type StoredEntry } from "./cache.store.ts";

export type CacheEntry = z.output<typeof cacheEntrySchema>;
export type CacheStats = z.output<typeof cacheStatsSchema>;
export type CacheFound = z.output<typeof cacheGetOutput>;
/** What an invalidation is about: all keys with a prefix or all entries with a tag. */
export type InvalidationTarget = z.output<typeof invalidatePreviewInput>;

export interface EntryOptions {
  /** Seconds until it expires. Default: the cache's. */
  readonly ttlSeconds?: number;
  readonly tags?: readonly string[];
}

export interface Loaded<Value> {
  readonly value: Value;
  readonly source: "cache" | "load";
}

export interface CacheOptions {
  readonly clock: Clock;
  /** Bytes of keys, values and tags, with 200 per entry for its bookkeeping. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 600. */
  readonly defaultTtlSeconds?: number;
}

/**
 * JSON values under keys, with time to live and tags, in the memory of this process. Answers are promises although memory
 * needs none: a tier that does can be put under it without touching a caller.
 */
export interface Cache extends Service {
  get(key: string): Promise<CacheFound>;
  /** Like `get`, without counting a read. */
  inspect(key: string): Promise<CacheFound>;
  /** Raises 413 `CACHE_VALUE_TOO_LARGE`. */
  set(key: string, value: Json, options?: EntryOptions): Promise<z.output<typeof cacheSetOutput>>;
  /** Answers whether there was an entry. */
  delete(key: string): Promise<boolean>;
  /**
   * The cached value, or what `load` answers, which is then kept. Callers that miss one key together share one load and its
   * error. A key that is written or invalidated during a load keeps that: the loaded value goes to those who waited for it
   * and is not stored, nor is one above 512 KiB. Each caller gets a copy of its own, as it comes out of JSON.
   */
  getOrLoad<Value extends Json>(
    key: string,
    load: () => Promise<Value>,
    options?: EntryOptions,
  ): Promise<Loaded<Value>>;
  list(input: z.output<typeof cacheListInput>): Promise<z.output<typeof cachePage>>;
  /** Removes what the target names and answers how many entries that were. */
  invalidate(target: InvalidationTarget): Promise<number>;
  preview(target: InvalidationTarget): Promise<z.output<typeof invalidatePreviewOutput>>;
  stats(): CacheStats;
  namespaces(): z.output<typeof namespacesOutput>;
}

/** A load under way. Whatever changes its key meanwhile takes it out of the list, and its result is not stored. */
interface Flight {
  readonly text: Promise<string>;
  readonly tags: readonly string[];
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_TTL_SECONDS = 600;
const SWEEP_MS = 30_000;
const SAMPLE_KEYS = 5;
const LIST = "cache";

export function createCache(options: CacheOptions): Cache {
  const { clock, maxBytes = DEFAULT_MAX_BYTES, defaultTtlSeconds = DEFAULT_TTL_SECONDS } = options;
  const store = createMemoryStore(clock, maxBytes);
  const flights = new Map<string, Flight>();
  let coalesced = 0;
  let stopping: AbortController | undefined;

  const toFound = (key: string, entry: StoredEntry | undefined): CacheFound =>
    entry
      ? { found: true, value: JSON.parse(entry.text), entry: toEntry(clock, key, entry) }
      : { found: false, value: null, entry: null };

  const write = (key: string, text: string, { ttlSeconds = defaultTtlSeconds, tags = [] }: EntryOptions): StoredEntry =>
    store.write(key, text, { ttlSeconds, tags });

  const startFlight = (key: string, loader: () => Promise<unknown>, entry: EntryOptions): Flight => {
    const load = async (): Promise<string> => {
      const loaded = toJsonText(await loader());
      if (flights.get(key) === flight && Buffer.byteLength(loaded) <= VALUE_MAX_BYTES) write(key, loaded, entry);
      return loaded;
    };
    // `load` reads `flight` after its await only, when it is there.
    const flight: Flight = { tags: entry.tags ?? [], text: load() };
    flights.set(key, flight);
    return flight;
  };

  const matching = (target: InvalidationTarget): string[] => {
    const keys =
      "tag" in target
        ? store.keysWithTag(target.tag)
        : [...store.keys()].filter((key) => key.startsWith(target.prefix));
    return keys.filter((key) => store.peek(key) !== undefined);
  };

  return {
    name: "cache",
    start: async (signal) => {
      signal.throwIfAborted();
      stopping?.abort();
      stopping = new AbortController();
      clock.every(SWEEP_MS, store.sweep, stopping.signal);
    },
    stop: async () => {
      stopping?.abort();
      stopping = undefined;
    },
    get: async (key) => toFound(key, store.read(key)),
    inspect: async (key) => toFound(key, store.peek(key)),
    set: async (key, value, entryOptions = {}) => {
      const text = toJsonText(value);
      const sizeBytes = Buffer.byteLength(text);
      if (sizeBytes > VALUE_MAX_BYTES) throw cacheValueTooLarge(sizeBytes);
      flights.delete(key);
      return { key, expiresAt: write(key, text, entryOptions).expiresAt.toISOString() };
    },
    delete: async (key) => {
      flights.delete(key);
      return store.remove(key);
    },
    getOrLoad: async (key, loader, entryOptions = {}) => {
      const entry = store.read(key);
      if (entry) return { value: JSON.parse(entry.text), source: "cache" };
      let flight = flights.get(key);
      if (flight) coalesced += 1;
      else flight = startFlight(key, loader, entryOptions);
      try {
        return { value: JSON.parse(await flight.text), source: "load" };
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    },
    list: async ({ prefix, limit, cursor }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, cacheCursorSchema)[0];
      const live = function* (): Generator<string> {
        for (const key of store.keys()) if (store.peek(key)) yield key;
      };
      const keys = firstKeys(live(), prefix, after, limit + 1);
      const page = keys.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.flatMap((key) => {
          const entry = store.peek(key);
          return entry ? [toEntry(clock, key, entry)] : [];
        }),
        nextCursor: keys.length > limit && last !== undefined ? toCursor(LIST, [last]) : null,
      };
    },
    invalidate: async (target) => {
      for (const [key, flight] of flights) {
        if ("tag" in target ? flight.tags.includes(target.tag) : key.startsWith(target.prefix)) flights.delete(key);
      }
      return matching(target).filter((key) => store.remove(key)).length;
    },
    preview: async (target) => {
      const keys = matching(target);
      return {
        keys: keys.length,
        sizeBytes: keys.reduce((sum, key) => sum + (store.peek(key)?.sizeBytes ?? 0), 0),
        sample: firstKeys(keys, "", undefined, SAMPLE_KEYS),
      };
    },
    stats: () => {
      const figures = store.figures();
      const reads = figures.hits + figures.misses;
      return {
        ...figures,
        maxBytes,
        hitRate: reads === 0 ? null : figures.hits / reads,
        coalesced,
        asOf: clock.now().toISOString(),
      };
    },
    namespaces: () => ({ items: store.namespaces() }),
  };
}

function toEntry(clock: Clock, key: string, entry: StoredEntry): CacheEntry {
  return {
    key,
    sizeBytes: entry.sizeBytes,
    tags: [...entry.tags],
    createdAt: entry.createdAt.toISOString(),
    expiresAt: entry.expiresAt.toISOString(),
    ttlMs: Math.max(0, Math.round(entry.expiresMs - clock.monotonicMs())),
    hits: entry.hits,
  };
}

/** Raises TypeError for what JSON has no text for, such as undefined: a defect of the loader. */
function toJsonText(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError("Only JSON values can be cached.");
  return text;
}
