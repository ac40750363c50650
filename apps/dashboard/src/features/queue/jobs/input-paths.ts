import { type JsonSchema, resolve, shapeOf } from "../../../ui/form/schema.ts";
import { writeWhere } from "./where-text.ts";

/** A schema may hold itself; deeper than this nobody filters by. */
const DEPTH_MAX = 5;

/** Where an input may hold a value, as a filter names it: `input.user.id`. A path goes through lists. */
export function inputPaths(schema: JsonSchema): readonly string[] {
  const found = new Set<string>();
  collect(schema, schema, [], found);
  return [...found];
}

function collect(schema: JsonSchema, root: JsonSchema, path: readonly string[], found: Set<string>): void {
  if (path.length > DEPTH_MAX) return;
  const shape = shapeOf(resolve(schema, root), root, path.length);
  if (shape.kind === "object") {
    for (const field of shape.fields) collect(field.schema, root, [...path, field.name], found);
  } else if (shape.kind === "array") collect(shape.item, root, path, found);
  else if (path.length > 0) found.add(writeWhere({ path: [...path], op: "exists" }).replace(/ exists$/, ""));
}
