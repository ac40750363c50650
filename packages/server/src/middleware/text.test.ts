import { describe, expect, it } from "vitest";
import { isAppError } from "../platform/errors.ts";
import { NESTING_MAX, requireStorableText } from "./text.ts";

function pathOf(value: unknown): unknown {
  try {
    requireStorableText(value);
    return "accepted";
  } catch (error) {
    if (!isAppError(error)) throw error;
    return (error.details?.["issues"] as { path: string[] }[] | undefined)?.[0]?.path;
  }
}

describe("requireStorableText", () => {
  it("accepts any text that Postgres can store", () => {
    expect(pathOf({ a: ["é", "简体", "🙂", 1, null, true], b: { "": "" } })).toBe("accepted");
    expect(pathOf(undefined)).toBe("accepted");
  });

  it("names the field that holds a NUL character or half of a pair", () => {
    expect(pathOf({ users: [{ name: "ok" }, { name: "a\0b" }] })).toEqual(["users", "1", "name"]);
    expect(pathOf({ name: "\ud800" })).toEqual(["name"]);
    expect(pathOf("\0")).toEqual([]);
  });

  it("looks at keys as well", () => {
    expect(pathOf({ value: { "a\0": 1 } })).toEqual(["value"]);
  });

  it("refuses nesting that a recursive schema could not follow, and survives looking", () => {
    const nest = (levels: number): unknown => {
      let value: unknown = "x";
      for (let depth = 0; depth < levels; depth += 1) value = [value];
      return value;
    };
    expect(pathOf(nest(NESTING_MAX))).toBe("accepted");
    expect(pathOf(nest(100_000))).toHaveLength(NESTING_MAX);
  });
});
