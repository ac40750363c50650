import type { Translate } from "../../lib/i18n/i18n.tsx";
import { type JsonSchema, numberOf, resolve, shapeOf, textOf } from "./schema.ts";

/** Messages by the path of the field, parts joined with dots: `address.city`, `tags.0`. */
export type FieldErrors = Readonly<Record<string, string>>;

/**
 * What can be said before the server is asked: required, type, bounds and length. The server's own check is the one that
 * counts; this one only saves the way there. Unions and shapes without a form are left to the server.
 */
export function checkValue(schema: JsonSchema, value: unknown, t: Translate): FieldErrors {
  const errors: Record<string, string> = {};
  check(schema, schema, value, "", true, t, errors);
  return errors;
}

function check(
  schema: JsonSchema,
  root: JsonSchema,
  value: unknown,
  path: string,
  isRequired: boolean,
  t: Translate,
  errors: Record<string, string>,
): void {
  const plain = resolve(schema, root);
  if (value === undefined) {
    if (isRequired && !("default" in plain)) errors[path] = t("form.required");
    return;
  }
  if (value === null) return;
  const shape = shapeOf(plain, root);
  switch (shape.kind) {
    case "object":
      for (const field of shape.fields) {
        const own = (value as Readonly<Record<string, unknown>>)[field.name];
        check(field.schema, root, own, joinPath(path, field.name), field.isRequired, t, errors);
      }
      return;
    case "array": {
      const items = Array.isArray(value) ? value : [];
      if (items.length < shape.minItems) errors[path] = t("form.minItems", { count: shape.minItems });
      if (items.length > shape.maxItems) errors[path] = t("form.maxItems", { count: shape.maxItems });
      for (const [index, item] of items.entries()) {
        check(shape.item, root, item, joinPath(path, String(index)), true, t, errors);
      }
      return;
    }
    case "string": {
      const message = checkText(plain, String(value), isRequired, t);
      if (message) errors[path] = message;
      return;
    }
    case "number": {
      const message = checkNumber(plain, value, shape.isInteger, t);
      if (message) errors[path] = message;
      return;
    }
    case "enum":
      if (!shape.values.some((allowed) => allowed === value)) errors[path] = t("form.enum");
      return;
    case "boolean":
    case "json":
      return;
  }
}

export function joinPath(path: string, part: string): string {
  return path === "" ? part : `${path}.${part}`;
}

function checkText(schema: JsonSchema, value: string, isRequired: boolean, t: Translate): string | undefined {
  const minLength = numberOf(schema, "minLength") ?? 0;
  const maxLength = numberOf(schema, "maxLength") ?? Number.POSITIVE_INFINITY;
  if (value === "" && isRequired && minLength > 0) return t("form.required");
  if (value.length < minLength) return t("form.minLength", { count: minLength });
  if (value.length > maxLength) return t("form.maxLength", { count: maxLength });
  const pattern = textOf(schema, "pattern");
  return pattern !== undefined && !matches(pattern, value) ? t("form.pattern") : undefined;
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    // A pattern of another dialect: the server knows it.
    return true;
  }
}

function checkNumber(schema: JsonSchema, value: unknown, isInteger: boolean, t: Translate): string | undefined {
  if (typeof value !== "number" || Number.isNaN(value)) return t("form.number");
  if (isInteger && !Number.isInteger(value)) return t("form.integer");
  const minimum = numberOf(schema, "minimum");
  const maximum = numberOf(schema, "maximum");
  const above = numberOf(schema, "exclusiveMinimum");
  if (minimum !== undefined && value < minimum) return t("form.min", { min: minimum });
  if (above !== undefined && value <= above) return t("form.above", { min: above });
  if (maximum !== undefined && value > maximum) return t("form.max", { max: maximum });
  return undefined;
}
