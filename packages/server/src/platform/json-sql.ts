import { jsonIsoOf } from "./sql.ts";

/**
 * A value as a statement writes it in JSON: an expression of a text, and what stands before and after it. The names of columns and fields
 * are constants of ours.
 */
export interface JsonValue {
  readonly before: string;
  readonly sql: string;
  readonly after: string;
}

/** A column whose values have nothing to escape: an id, or one of a few words, which only code of ours stores. */
export const jsonWord = (column: string): JsonValue => ({ before: '"', sql: `(${column})`, after: '"' });

/** Any text, or JSON. */
export const jsonText = (column: string): JsonValue => ({ before: "", sql: `to_json(${column})::text`, after: "" });

/** A `timestamptz(3)`, as `isoOf` makes it. */
export const jsonTime = (column: string): JsonValue => ({ before: "", sql: jsonIsoOf(column), after: 'Z"' });

/** NULL becomes null. Without it a NULL makes the whole text NULL. */
export function jsonNullable({ before, sql, after }: JsonValue): JsonValue {
  return { before: "", sql: `coalesce(${join([`'${before}'`, sql, `'${after}'`])}, 'null')`, after: "" };
}

/**
 * An object with these fields in their order, as an expression of its text. Written out: `json_build_object` and `row_to_json` look up
 * the type of each value in each row, and take up to twice as long.
 */
export function toJsonObject(fields: Readonly<Record<string, JsonValue>>): string {
  return toJson(
    "{",
    "}",
    Object.entries(fields).map(([name, value]) => [`"${name}":`, value]),
  );
}

export function toJsonArray(values: readonly JsonValue[]): string {
  return toJson(
    "[",
    "]",
    values.map((value) => ["", value]),
  );
}

/** What is constant between two values becomes one text: each `||` is a copy. */
function toJson(open: string, close: string, values: readonly (readonly [label: string, value: JsonValue])[]): string {
  const parts: string[] = [];
  let constant = open;
  for (const [index, [label, { before, sql, after }]] of values.entries()) {
    parts.push(`'${constant}${index === 0 ? "" : ","}${label}${before}'`, sql);
    constant = after;
  }
  return join([...parts, `'${constant}${close}'`]);
}

const join = (parts: readonly string[]): string => parts.filter((part) => part !== "''").join(" || ");
