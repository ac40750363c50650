import { expect, test } from "vitest";
import { z } from "zod";
import { toAuditJson } from "./redact.ts";
import { findSecrets } from "./secrets.ts";

const read = (value: unknown, ...schemas: z.ZodType[]): unknown =>
  JSON.parse(toAuditJson(value, findSecrets(schemas)) ?? "null");

const secret = () => z.string().meta({ secret: true });

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

test.each<[string, z.ZodType, unknown, unknown]>([
  [
    "an object",
    z.object({ pin: secret(), name: z.string() }),
    { pin: "1", name: "n" },
    { pin: "[redacted]", name: "n" },
  ],
  [
    "a list",
    z.object({ cards: z.array(z.object({ pin: secret() })) }),
    { cards: [{ pin: "1" }] },
    { cards: [{ pin: "[redacted]" }] },
  ],
  ["an optional", z.object({ pin: secret().optional() }), { pin: "1" }, { pin: "[redacted]" }],
  ["a nullable default", z.object({ pin: secret().nullable().default(null) }), { pin: "1" }, { pin: "[redacted]" }],
  [
    "a mark on the wrapper",
    z.object({ pin: z.string().optional().meta({ secret: true }) }),
    { pin: "1" },
    { pin: "[redacted]" },
  ],
  ["a check after the mark", z.object({ pin: secret().min(1) }), { pin: "1" }, { pin: "[redacted]" }],
  ["a transform", z.object({ pin: secret().transform(Number) }), { pin: 1 }, { pin: "[redacted]" }],
  ["a pipe", z.object({ pin: z.string().pipe(secret()) }), { pin: "1" }, { pin: "[redacted]" }],
  ["a preprocess", z.preprocess((value) => value, z.object({ pin: secret() })), { pin: "1" }, { pin: "[redacted]" }],
  [
    "a branch of a union",
    z.union([z.object({ pin: z.number() }), z.object({ pin: secret() })]),
    { pin: 1 },
    { pin: "[redacted]" },
  ],
  [
    "a discriminated union",
    z.discriminatedUnion("by", [
      z.object({ by: z.literal("a"), x: secret() }),
      z.object({ by: z.literal("b"), y: z.string() }),
    ]),
    { by: "a", x: "1" },
    { by: "a", x: "[redacted]" },
  ],
  [
    "an intersection",
    z.object({ a: z.string() }).and(z.object({ pin: secret() })),
    { a: "a", pin: "1" },
    { a: "a", pin: "[redacted]" },
  ],
  [
    "a record",
    z.object({ headers: z.record(z.string(), secret()) }),
    { headers: { a: "1" } },
    { headers: { a: "[redacted]" } },
  ],
  [
    "a tuple",
    z.object({ pair: z.tuple([z.string(), z.object({ pin: secret() })]) }),
    { pair: ["a", { pin: "1" }] },
    { pair: ["a", { pin: "[redacted]" }] },
  ],
  ["a set of secrets", z.object({ pins: z.set(secret()) }), { pins: ["1"] }, { pins: "[redacted]" }],
  [
    "whatever else an object holds",
    z.looseObject({ a: z.string() }).catchall(secret()),
    { a: "a", b: "1" },
    { a: "a", b: "[redacted]" },
  ],
  [
    "a whole object",
    z.object({ card: z.object({ n: z.string() }).meta({ secret: true }) }),
    { card: { n: "1" } },
    { card: "[redacted]" },
  ],
])("what a schema marks as secret is replaced in %s", (_name, schema, value, kept) => {
  expect(read(value, schema)).toEqual(kept);
  // Unmarked, the same value is kept: it is the mark that does it.
  expect(read(value)).not.toEqual(kept);
});

test("a secret within a schema that holds itself is replaced at any depth", () => {
  const node: z.ZodType = z.object({ pin: secret(), name: z.string(), children: z.array(z.lazy(() => node)) });
  const value = {
    pin: "1",
    name: "a",
    children: [{ pin: "2", name: "b", children: [{ pin: "3", name: "c", children: [] }] }],
  };
  const text = JSON.stringify(read(value, node));
  expect(text.match(/\[redacted\]/g)).toHaveLength(3);
  expect(text.match(/"name":"[abc]"/g)).toHaveLength(3);
});

test("a schema that makes itself anew without end is taken for secret where its end is given up", () => {
  const make = (): z.ZodType => z.object({ name: z.string(), next: z.lazy(make), pin: secret() });
  expect(read({ name: "a", pin: "1" }, make())).toEqual({ name: "a", pin: "[redacted]" });
});

test("a field that shares the name of a secret is kept where the schema says that it is none", () => {
  const schema = z.object({ card: z.object({ code: secret() }), promotion: z.object({ code: z.string() }) });
  const value = { card: { code: "1" }, promotion: { code: "2" } };
  expect(read(value, schema)).toEqual({ card: { code: "[redacted]" }, promotion: { code: "2" } });
});

test("a note that shows a part of the input hides what is secret in it by name", () => {
  const schema = z.object({
    card: z.object({ code: secret(), owner: z.string() }),
    headers: z.record(z.string(), secret()),
  });
  expect(read({ code: "1", owner: "Ann" }, schema)).toEqual({ code: "[redacted]", owner: "Ann" });
  expect(read({ request: { headers: { a: "1" } } }, schema)).toEqual({ request: { headers: "[redacted]" } });
});

test("what is secret as a whole leaves nothing", () => {
  expect(toAuditJson("1234", findSecrets([secret()]))).toBeNull();
});

test("a schema that marks nothing costs nothing", () => {
  expect(findSecrets([z.object({ a: z.string(), b: z.json() })])).toBeUndefined();
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
