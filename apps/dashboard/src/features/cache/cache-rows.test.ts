import { describe, expect, it } from "vitest";
import { toTreeRows } from "./cache-rows.ts";
import type { CacheEntry, Namespace } from "./entry.ts";

const spaceOf = (name: string, keys: number): Namespace => ({ name, keys, sizeBytes: keys * 10, hits: 0, misses: 0 });
const entryOf = (key: string): CacheEntry => ({
  key,
  sizeBytes: 10,
  tags: [],
  createdAt: "2026-11-24T06:00:00.000Z",
  expiresAt: null,
  ttlMs: null,
  hits: 0,
});
const byKeys = { columnId: "keys", direction: "desc" } as const;

describe("toTreeRows", () => {
  it("puts the keys of an open namespace under it", () => {
    const rows = toTreeRows(
      [spaceOf("job", 1), spaceOf("user", 9)],
      byKeys,
      new Map([["job", { items: [entryOf("job:1")], hasMore: false }]]),
    );
    expect(rows.map(({ id }) => id)).toEqual(["namespace user", "namespace job", "key job:1"]);
  });

  it("says how many keys are not drawn", () => {
    const rows = toTreeRows(
      [spaceOf("job", 30)],
      byKeys,
      new Map([["job", { items: [entryOf("job:1")], hasMore: true }]]),
    );
    expect(rows.at(-1)).toMatchObject({ kind: "more", prefix: "job:", count: 29 });
  });

  it("orders by name where figures are equal, whatever the direction", () => {
    const rows = toTreeRows([spaceOf("b", 1), spaceOf("a", 1)], byKeys, new Map());
    expect(rows.map(({ id }) => id)).toEqual(["namespace a", "namespace b"]);
  });

  it("shows that the keys of a namespace are being read", () => {
    const rows = toTreeRows([spaceOf("a", 1)], byKeys, new Map([["a", { items: undefined, hasMore: false }]]));
    expect(rows.at(-1)?.kind).toBe("reading");
  });
});
