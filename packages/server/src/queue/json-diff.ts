import { isDeepStrictEqual } from "node:util";
import type { Json } from "../trpc/wire.ts";

/** Paths of what differs, as `user.name` or `items.0`; `input` for the whole. At most `max`, in the order of the new value. */
export function diffPaths(before: Json, after: Json, max = 50): string[] {
  const paths: string[] = [];
  const visit = (one: Json | undefined, other: Json | undefined, path: readonly string[]): void => {
    if (paths.length >= max || isDeepStrictEqual(one, other)) return;
    if (!isNested(one) || !isNested(other) || Array.isArray(one) !== Array.isArray(other)) {
      paths.push(path.join(".") || "input");
      return;
    }
    for (const name of new Set([...Object.keys(other), ...Object.keys(one)]))
      visit(own(one, name), own(other, name), [...path, name]);
  };
  visit(before, after, []);
  return paths;
}

type Nested = Readonly<Record<string, Json>> | readonly Json[];

function isNested(value: Json | undefined): value is Record<string, Json> | Json[] {
  return typeof value === "object" && value !== null;
}

function own(value: Nested, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, Json>>)[name] : undefined;
}
