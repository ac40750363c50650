import { expect, test } from "vitest";
import { toAuditJson } from "./redact.ts";

const read = (value: unknown, paths: string[] = []): unknown =>
  JSON.parse(toAuditJson(value, new Set(paths)) ?? "null");

test("a field named like a secret is replaced at any depth, and its neighbours are kept", () => {
  const value = {
    name: "ci",
    key: "k",
    deep: [{ passwordHash: "p", accessToken: "t", clientSecret: "s", keyName: "ci" }],
  };
  expect(read(value)).toEqual({
    name: "ci",
    key: "[redacted]",
    deep: [{ passwordHash: "[redacted]", accessToken: "[redacted]", clientSecret: "[redacted]", keyName: "ci" }],
  });
});

test("a field under a secret path is replaced, also inside of lists", () => {
  expect(read({ cards: [{ number: "4111", owner: "Ann" }] }, ["cards.number"])).toEqual({
    cards: [{ number: "[redacted]", owner: "Ann" }],
  });
});

test("a value over 16 KiB keeps its size and its beginning", () => {
  const kept = read({ text: "x".repeat(20_000) }) as { truncated: boolean; sizeBytes: number; preview: string };
  expect(kept).toMatchObject({ truncated: true, sizeBytes: 20_011 });
  expect(kept.preview).toHaveLength(2000);
});

test("what Postgres cannot store is replaced rather than refused", () => {
  expect(read({ "a\0": "b\0\uD800" })).toEqual({ "a\u{FFFD}": "b\u{FFFD}\u{FFFD}" });
});

test("input nested a hundred thousand deep does not overflow the stack", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = { deep };
  expect(toAuditJson(deep)).toContain("[too deep]");
});

test("nothing is kept of nothing", () => {
  expect(toAuditJson(undefined)).toBeNull();
  expect(toAuditJson(() => 1)).toBeNull();
});
