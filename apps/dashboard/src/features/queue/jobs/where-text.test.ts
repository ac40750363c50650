import { describe, expect, test } from "vitest";
import { parseWhere, typedPath, type Where, writeWhere } from "./where-text.ts";

describe("a condition on the payload", () => {
  test("is typed as it is read", () => {
    expect(parseWhere("input.user.id = 42")).toEqual({ path: ["user", "id"], op: "=", value: 42 });
    expect(parseWhere(" input.to contains acme.dev ")).toEqual({ path: ["to"], op: "contains", value: "acme.dev" });
    expect(parseWhere("input.urgent=true")).toEqual({ path: ["urgent"], op: "=", value: true });
    expect(parseWhere("input.total>=10.5")).toEqual({ path: ["total"], op: ">=", value: 10.5 });
    expect(parseWhere("input.note exists")).toEqual({ path: ["note"], op: "exists" });
    expect(parseWhere('input["a b"].c != null')).toEqual({ path: ["a b", "c"], op: "!=", value: null });
  });

  test("keeps a number in quotes as text", () => {
    expect(parseWhere('input.zip = "02134"')).toEqual({ path: ["zip"], op: "=", value: "02134" });
    expect(parseWhere("input.zip = 02134")).toEqual({ path: ["zip"], op: "=", value: "02134" });
    expect(parseWhere("input.zip contains 42")).toEqual({ path: ["zip"], op: "contains", value: "42" });
  });

  test.each([
    "",
    "input",
    "input.",
    "input.a",
    "input.a =",
    "input.a ~ 3",
    "user.id = 42",
    "input.a exists 3",
    "inputs.a = 1",
  ])("%j is none", (text) => expect(parseWhere(text)).toBeUndefined());

  test.each<Where>([
    { path: ["user", "id"], op: "=", value: 42 },
    { path: ["user", "id"], op: "=", value: "42" },
    { path: ["a.b", 'say "x"', "[0]"], op: "!=", value: "true" },
    { path: ["a"], op: "contains", value: "42" },
    { path: ["a"], op: "contains", value: " spaces " },
    { path: ["a"], op: "=", value: "" },
    { path: ["a"], op: "=", value: '"quoted"' },
    { path: ["a"], op: ">", value: -1.5e-7 },
    { path: ["a"], op: "=", value: null },
    { path: ["contains"], op: "exists" },
  ])("%j is read back as the same", (where) => expect(parseWhere(writeWhere(where))).toEqual(where));
});

test("a path is known while it is typed", () => {
  expect(typedPath("input.us")).toBe("input.us");
  expect(typedPath("input")).toBe("input");
  expect(typedPath("input.user.id =")).toBeUndefined();
  expect(typedPath("SMTP")).toBeUndefined();
});
