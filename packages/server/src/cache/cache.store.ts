import { LRUCache } from "lru-cache";
import type { Clock } from "../platform/clock.ts";
import { createNamespaces, type NamespaceFigures } from "./cache.namespaces.ts";

/** A stored value. Text, so that what one caller does to its copy no other sees, and so that its size is known. */
export interface StoredEntry {
  readonly text: string;
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Reading of the monotonic clock: an entry lives as long as it was given, whatever is done to the wall clock. */
  readonly expiresMs: number;
  hits: number;
}

/** About what the maps hold for an entry beside its text: without it a million tiny entries would take far more than the bound. */
const ENTRY_OVERHEAD_BYTES = 200;

export interface MemoryStoreFigures {
  readonly entries: number;
  readonly sizeBytes: number;
  readonly evictions: number;
  readonly expired: number;
  readonly hits: number;
  readonly misses: number;
}

/** The memory tier: bounded by bytes, least recently used go first, indexed by tag. Never answers an expired entry. */
export interface MemoryStore {
  /** Counts a hit or a miss. */
  read(key: string): StoredEntry | undefined;
  /** Counts nothing and does not make the entry look used. */
  peek(key: string): StoredEntry | undefined;
  write(
    key: string,
    text: string,
    options: { readonly ttlSeconds: number; readonly tags: readonly string[] },
  ): StoredEntry;
  remove(key: string): boolean;
  /** Every key, expired ones included. */
  keys(): Iterable<string>;
  keysWithTag(tag: string): readonly string[];
  /** Frees what has expired. */
  sweep(): void;
  figures(): MemoryStoreFigures;
  namespaces(): NamespaceFigures[];
}

export function createMemoryStore(clock: Clock, maxBytes: number): MemoryStore {
  const namespaces = createNamespaces();
  const keysByTag = new Map<string, Set<string>>();
  const counts = { evictions: 0, expired: 0, hits: 0, misses: 0 };

  const lru = new LRUCache<string, StoredEntry>({
    maxSize: maxBytes,
    sizeCalculation: (entry) => entry.sizeBytes,
    dispose: (entry, key, reason) => {
      namespaces.removed(key, entry.sizeBytes);
      if (reason === "evict") counts.evictions += 1;
      for (const tag of entry.tags) {
        const keys = keysByTag.get(tag);
        keys?.delete(key);
        if (keys?.size === 0) keysByTag.delete(tag);
      }
    },
  });

  const isExpired = (entry: StoredEntry): boolean => clock.monotonicMs() >= entry.expiresMs;

  const expire = (key: string): void => {
    counts.expired += 1;
    lru.delete(key);
  };

  const peek = (key: string): StoredEntry | undefined => {
    const entry = lru.peek(key);
    return entry && !isExpired(entry) ? entry : undefined;
  };

  return {
    read: (key) => {
      const entry = lru.get(key);
      if (entry && !isExpired(entry)) {
        counts.hits += 1;
        entry.hits += 1;
        namespaces.hit(key);
        return entry;
      }
      if (entry) expire(key);
      counts.misses += 1;
      namespaces.missed(key);
      return undefined;
    },
    peek,
    write: (key, text, { ttlSeconds, tags }) => {
      const ttlMs = ttlSeconds * 1000;
      const createdAt = clock.now();
      const uniqueTags = [...new Set(tags)];
      const entry: StoredEntry = {
        text,
        tags: uniqueTags,
        sizeBytes: ENTRY_OVERHEAD_BYTES + sizeOf([text, key, ...uniqueTags]),
        createdAt,
        expiresAt: new Date(createdAt.getTime() + ttlMs),
        expiresMs: clock.monotonicMs() + ttlMs,
        hits: 0,
      };
      // Deleted rather than overwritten: lru-cache disposes of an overwritten entry after the new one is in, and the tags that
      // both have would be taken away with the old one.
      lru.delete(key);
      lru.set(key, entry);
      // An entry above the whole bound is not kept.
      if (!lru.has(key)) return entry;
      namespaces.added(key, entry.sizeBytes);
      for (const tag of uniqueTags) {
        const keys = keysByTag.get(tag);
        if (keys) keys.add(key);
        else keysByTag.set(tag, new Set([key]));
      }
      return entry;
    },
    remove: (key) => {
      const isThere = peek(key) !== undefined;
      lru.delete(key);
      return isThere;
    },
    keys: () => lru.keys(),
    keysWithTag: (tag) => [...(keysByTag.get(tag) ?? [])],
    sweep: () => {
      for (const [key, entry] of lru.entries()) if (isExpired(entry)) expire(key);
    },
    figures: () => ({ entries: lru.size, sizeBytes: lru.calculatedSize, ...counts }),
    namespaces: () => namespaces.list(),
  };
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
