import { createFakeClock } from "@switchboard/testing";
import { describe, expect, test } from "vitest";
import { VALUE_MAX_BYTES } from "./cache.schema.ts";
import { createCache, type CacheOptions } from "./cache.service.ts";

function setup(options: Partial<CacheOptions> = {}) {
  const clock = createFakeClock();
  return { clock, cache: createCache({ clock, ...options }) };
}

/** A load that waits until it is told what to answer. */
function createLoad<Value>() {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  let calls = 0;
  return { load: () => ((calls += 1), promise), resolve, reject, calls: () => calls };
}

describe("entries", () => {
  test("what is set is found, as a copy", async () => {
    const { cache } = setup();
    const value = { list: [1, 2], text: "é" };
    await cache.set("a", value, { tags: ["t", "t"] });
    value.list.push(3);
    const found = await cache.get("a");
    expect(found).toMatchObject({
      found: true,
      value: { list: [1, 2], text: "é" },
      entry: { key: "a", tags: ["t"], hits: 1 },
    });
  });

  test("null is a value", async () => {
    const { cache } = setup();
    await cache.set("a", null);
    expect(await cache.get("a")).toMatchObject({ found: true, value: null });
  });

  test("an absent key is not found, which is no error", async () => {
    expect(await setup().cache.get("nothing")).toEqual({ found: false, value: null, entry: null });
  });

  test("an entry lives as long as it was given, whatever the wall clock does", async () => {
    const { clock, cache } = setup();
    await cache.set("a", 1, { ttlSeconds: 10 });
    clock.jump(3_600_000);
    await clock.advance(9999);
    expect(await cache.get("a")).toMatchObject({ found: true, entry: { ttlMs: 1 } });
    await clock.advance(1);
    expect(await cache.get("a")).toMatchObject({ found: false });
    expect(cache.stats()).toMatchObject({ entries: 0, expired: 1, hits: 1, misses: 1, hitRate: 0.5 });
  });

  test("the sweep frees what nobody asks for, and stopping ends it", async () => {
    const { clock, cache } = setup();
    await cache.start(new AbortController().signal);
    await cache.set("a", 1, { ttlSeconds: 10 });
    await cache.set("b", 1, { ttlSeconds: 100 });
    await clock.advance(30_000);
    expect(cache.stats()).toMatchObject({ entries: 1, expired: 1 });
    await cache.stop();
    await cache.stop();
    expect(clock.pendingCount()).toBe(0);
  });

  test("a value above 512 KiB is refused and the old one stays", async () => {
    const { cache } = setup();
    await cache.set("a", "old");
    await expect(cache.set("a", "x".repeat(VALUE_MAX_BYTES))).rejects.toMatchObject({
      code: "CACHE_VALUE_TOO_LARGE",
      kind: "PAYLOAD_TOO_LARGE",
    });
    expect(await cache.get("a")).toMatchObject({ value: "old" });
  });

  test("the bytes are bounded and the least recently used go first", async () => {
    const { cache } = setup({ maxBytes: 10_000 });
    for (let key = 0; key < 8; key += 1) await cache.set(`key-${key}`, "x".repeat(800));
    await cache.get("key-0");
    for (let key = 8; key < 12; key += 1) await cache.set(`key-${key}`, "x".repeat(800));
    const stats = cache.stats();
    expect(stats.sizeBytes).toBeLessThanOrEqual(10_000);
    expect(stats.entries + stats.evictions).toBe(12);
    expect(await cache.get("key-0")).toMatchObject({ found: true });
    expect(await cache.get("key-1")).toMatchObject({ found: false });
  });

  test("writing a key again keeps its size and its tags right", async () => {
    const { cache } = setup();
    await cache.set("a", 1, { tags: ["kept", "dropped"] });
    await cache.set("a", 2, { tags: ["kept"] });
    expect(await cache.invalidate({ tag: "dropped" })).toBe(0);
    expect(cache.namespaces().items).toMatchObject([{ name: "", keys: 1, sizeBytes: cache.stats().sizeBytes }]);
    expect(await cache.invalidate({ tag: "kept" })).toBe(1);
    expect(cache.stats()).toMatchObject({ entries: 0, sizeBytes: 0 });
  });
});

describe("lists", () => {
  test("pages of a prefix follow each other in order and make up the whole", async () => {
    const { cache } = setup();
    const keys = Array.from({ length: 25 }, (_, index) => `user:${String((index * 7) % 25).padStart(2, "0")}`);
    for (const key of [...keys, "job:1", "users"]) await cache.set(key, 1);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await cache.list({ prefix: "user:", limit: 10, cursor });
      seen.push(...page.items.map((item) => item.key));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(keys.toSorted());
  });

  test("expired keys are not listed and not previewed", async () => {
    const { clock, cache } = setup();
    await cache.set("a", 1, { ttlSeconds: 1, tags: ["t"] });
    await clock.advance(1000);
    expect(await cache.list({ prefix: "", limit: 10 })).toEqual({ items: [], nextCursor: null });
    expect(await cache.preview({ tag: "t" })).toMatchObject({ keys: 0 });
  });

  test("a cursor of another list is refused", async () => {
    const cursor = Buffer.from(JSON.stringify(["users", "a"])).toString("base64url");
    await expect(setup().cache.list({ prefix: "", limit: 10, cursor })).rejects.toMatchObject({
      code: "CURSOR_INVALID",
    });
  });

  test("namespaces count keys, hits and misses", async () => {
    const { cache } = setup();
    await cache.set("user:1", 1);
    await cache.set("user:2", 1);
    await cache.set("plain", 1);
    await cache.get("user:1");
    await cache.get("user:9");
    expect(cache.namespaces().items).toMatchObject([
      { name: "user", keys: 2, hits: 1, misses: 1 },
      { name: "", keys: 1, hits: 0, misses: 0 },
    ]);
  });

  test("made-up keys do not make up namespaces without end", async () => {
    const { cache } = setup();
    for (let name = 0; name < 3000; name += 1) await cache.get(`${name}:x`);
    expect(cache.namespaces().items.length).toBeLessThanOrEqual(1000);
  });
});

describe("invalidation", () => {
  test("a preview says what the invalidation then removes", async () => {
    const { cache } = setup();
    for (const key of ["user:1", "user:2", "job:1"]) await cache.set(key, 1);
    const preview = await cache.preview({ prefix: "user:" });
    expect(preview).toMatchObject({ keys: 2, sample: ["user:1", "user:2"] });
    const before = cache.stats().sizeBytes;
    expect(await cache.invalidate({ prefix: "user:" })).toBe(2);
    expect(before - cache.stats().sizeBytes).toBe(preview.sizeBytes);
  });

  test("deleting says whether there was something", async () => {
    const { cache } = setup();
    await cache.set("a", 1);
    expect(await cache.delete("a")).toBe(true);
    expect(await cache.delete("a")).toBe(false);
  });
});

describe("getOrLoad", () => {
  test("callers that miss together share one load", async () => {
    const { cache } = setup();
    const { load, resolve, calls } = createLoad<string>();
    const reads = [cache.getOrLoad("a", load), cache.getOrLoad("a", load), cache.getOrLoad("a", load)];
    resolve("fresh");
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 3 }, () => ({ value: "fresh", source: "load" })));
    expect(calls()).toBe(1);
    expect(await cache.getOrLoad("a", load)).toEqual({ value: "fresh", source: "cache" });
    expect(cache.stats().coalesced).toBe(2);
  });

  test("each caller gets a copy of its own", async () => {
    const { cache } = setup();
    const { load, resolve } = createLoad<number[]>();
    const reads = [cache.getOrLoad("a", load), cache.getOrLoad("a", load)];
    resolve([1]);
    const [first, second] = await Promise.all(reads);
    first?.value.push(2);
    expect(second?.value).toEqual([1]);
    expect((await cache.getOrLoad("a", load)).value).toEqual([1]);
  });

  test.each([
    ["a delete", (cache: ReturnType<typeof createCache>) => cache.delete("user:1")],
    ["an invalidation of its tag", (cache: ReturnType<typeof createCache>) => cache.invalidate({ tag: "users" })],
    ["an invalidation of its prefix", (cache: ReturnType<typeof createCache>) => cache.invalidate({ prefix: "user:" })],
  ])("%s during a load keeps the stale value out", async (_name, change) => {
    const { cache } = setup();
    const stale = createLoad<string>();
    const fresh = createLoad<string>();
    const early = cache.getOrLoad("user:1", stale.load, { tags: ["users"] });
    await change(cache);
    const late = cache.getOrLoad("user:1", fresh.load, { tags: ["users"] });
    fresh.resolve("fresh");
    expect(await late).toEqual({ value: "fresh", source: "load" });
    stale.resolve("stale");
    expect(await early).toEqual({ value: "stale", source: "load" });
    expect(await cache.get("user:1")).toMatchObject({ value: "fresh" });
  });

  test("a value that was set during a load stays", async () => {
    const { cache } = setup();
    const { load, resolve } = createLoad<string>();
    const read = cache.getOrLoad("a", load);
    await cache.set("a", "set");
    resolve("loaded");
    await read;
    expect(await cache.get("a")).toMatchObject({ value: "set" });
  });

  test("a failed load reaches all who waited and is not remembered", async () => {
    const { cache } = setup();
    const { load, reject, calls } = createLoad<string>();
    const reads = [cache.getOrLoad("a", load), cache.getOrLoad("a", load)];
    reject(new Error("down"));
    for (const read of reads) await expect(read).rejects.toThrow("down");
    expect(calls()).toBe(1);
    expect(await cache.getOrLoad("a", async () => "up")).toEqual({ value: "up", source: "load" });
  });

  test("a value above 512 KiB is answered and not kept", async () => {
    const { cache } = setup();
    const load = async (): Promise<string> => "x".repeat(VALUE_MAX_BYTES);
    expect((await cache.getOrLoad("a", load)).value).toHaveLength(VALUE_MAX_BYTES);
    expect(await cache.get("a")).toMatchObject({ found: false });
  });
});
