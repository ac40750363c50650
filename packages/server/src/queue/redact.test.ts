import { expect, test } from "vitest";
import { z } from "zod";
import { findSecretPaths, mergeRedacted, redact, redactByName, toRedaction } from "./redact.ts";

const secret = z.string().meta({ secret: true });
const paths = (...texts: string[]) => texts.map((text) => text.split("."));

test("replaces what lies at the paths, in each element of an array, and makes nothing up", () => {
  const value = {
    user: { token: "t", name: "Ann" },
    cards: [{ number: "1", cvc: 2 }, { number: "3" }, "text"],
    rest: null,
  };
  expect(redact(value, paths("user.token", "cards.*.number", "rest.deep", "gone"))).toEqual({
    user: { token: "[redacted]", name: "Ann" },
    cards: [{ number: "[redacted]", cvc: 2 }, { number: "[redacted]" }, "text"],
    rest: null,
  });
  expect(redact(value, paths("user"))).toMatchObject({ user: "[redacted]" });
  expect(value.user.token).toBe("t");
});

test("what comes back unchanged is put back as it was stored; what was changed is kept", () => {
  const stored = { user: { token: "t" }, cards: [{ number: "1" }, { number: "3" }], note: "[redacted]" };
  const hidden = paths("user.token", "cards.*.number");
  expect(mergeRedacted(redact(stored, hidden), stored, hidden)).toEqual(stored);
  const edited = { user: { token: "new" }, cards: [{ number: "[redacted]" }], note: "[redacted]" };
  expect(mergeRedacted(edited, stored, hidden)).toEqual({ ...edited, cards: [{ number: "1" }] });
  // Nothing is stored there: the text stands for itself, and the schema decides.
  expect(mergeRedacted({ user: { token: "[redacted]" } }, {}, hidden)).toEqual({ user: { token: "[redacted]" } });
});

test("a whole object that is hidden, with a path inside of it, comes back whole", () => {
  const stored = { user: { token: "t", name: "Ann" } };
  for (const hidden of [paths("user", "user.token"), paths("user.token", "user")])
    expect(mergeRedacted(redact(stored, hidden), stored, hidden)).toEqual(stored);
});

test("a name from an object's prototype is no field of it", () => {
  expect(mergeRedacted({ constructor: "[redacted]" }, {}, paths("constructor"))).toEqual({ constructor: "[redacted]" });
});

test("finds what a schema marks as secret, through wrappers, arrays, records and unions", () => {
  const schema = z.object({
    password: secret.optional(),
    list: z.array(z.object({ pin: secret })),
    byName: z.record(z.string(), z.object({ key: secret })),
    either: z.union([z.object({ a: secret }), z.object({ b: z.string() })]),
    pair: z.tuple([z.string(), secret]),
    piped: secret.transform(Number),
    plain: z.string(),
  });
  expect(findSecretPaths(schema).map((path) => path.join("."))).toEqual([
    "password",
    "list.*.pin",
    "byName.*.key",
    "either.a",
    "pair.1",
    "piped",
  ]);
  expect(findSecretPaths(z.object({ plain: z.string() }))).toEqual([]);
});

test("a schema that holds itself hides what lies below when it marks anything", () => {
  const tree: z.ZodType = z.lazy(() => z.object({ pin: secret, children: z.array(tree) }));
  const hidden = findSecretPaths(tree);
  const value = { pin: "1", children: [{ pin: "2", children: [] }] };
  expect(JSON.stringify(redact(value, hidden))).not.toContain("2");
  const open: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(open) }));
  expect(findSecretPaths(open)).toEqual([]);
});

test("a definition's own list holds for input and output, each schema for its own", () => {
  const redaction = toRedaction({
    input: z.object({ pin: secret }),
    output: z.object({ receipt: secret }),
    progress: undefined,
    redact: ["user.token"],
  });
  expect(redaction).toEqual({
    input: [["user", "token"], ["pin"]],
    output: [["user", "token"], ["receipt"]],
    progress: [["user", "token"]],
    texts: ["pin", "receipt", "user.token"],
  });
});

test("without a definition fields are hidden by their names", () => {
  expect(redactByName({ user: { password: "x", apiKey: "y", name: "Ann" }, list: [{ token: 1 }] })).toEqual({
    user: { password: "[redacted]", apiKey: "[redacted]", name: "Ann" },
    list: [{ token: "[redacted]" }],
  });
});
