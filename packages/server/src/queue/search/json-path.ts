import type { Where } from "../queue.schema.ts";

/**
 * Conditions as jsonpath. Nothing of what was asked for gets into it but keys and literals, written as JSON: jsonpath reads strings,
 * numbers, true, false and null as JSON does, and what stands in quotes is a key whatever it says. The text itself is bound to the
 * statement as a parameter.
 */
export function toJsonPath({ path, op, value }: Where): string {
  const place = `$.${["input", ...path].map(toLiteral).join(".")}`;
  switch (op) {
    case "exists":
      return `exists(${place})`;
    case "contains":
      // `q`: no regular expression, the letters themselves. `i`: in either case.
      return `${place} like_regex ${toLiteral(value)} flag "iq"`;
    case "=":
      return `${place} == ${toLiteral(value)}`;
    default:
      return `${place} ${op} ${toLiteral(value)}`;
  }
}

/** A field of the document beside the input: the name, the key, one of the tags. */
export function toFieldPath(field: "name" | "key" | "tags", value: string): string {
  return `$.${toLiteral(field)} == ${toLiteral(value)}`;
}

/** All of them must hold. */
export function joinPaths(paths: readonly string[]): string {
  return paths.map((path) => `(${path})`).join(" && ");
}

/** Whether the index on the documents answers it: it knows which values there are, and where, and nothing else. */
export function isIndexable({ op }: Where): boolean {
  return op === "=";
}

function toLiteral(value: Where["value"]): string {
  return JSON.stringify(value ?? null);
}
