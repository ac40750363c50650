/** JSON Schema (draft 2020-12), as far as a form can show it. Whatever is not understood is edited as JSON. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export type FieldShape =
  | { readonly kind: "object"; readonly fields: readonly ObjectField[] }
  | { readonly kind: "array"; readonly item: JsonSchema; readonly minItems: number; readonly maxItems: number }
  | { readonly kind: "string"; readonly isLong: boolean; readonly inputType: "text" | "email" | "url" | "password" }
  | { readonly kind: "number"; readonly isInteger: boolean }
  | { readonly kind: "boolean" }
  | { readonly kind: "enum"; readonly values: readonly EnumValue[] }
  | { readonly kind: "json" };

export interface ObjectField {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}
export type EnumValue = string | number | boolean | null;

/** A recursive schema has no end: deeper than this it is edited as JSON. */
const DEPTH_MAX = 6;
const LONG_TEXT_FROM = 200;

export function shapeOf(schema: JsonSchema, root: JsonSchema, depth = 0): FieldShape {
  const plain = resolve(schema, root);
  if (depth > DEPTH_MAX) return { kind: "json" };
  const values = enumValuesOf(plain, root);
  if (values) return { kind: "enum", values };
  const alternatives = alternativesOf(plain);
  if (alternatives.length > 0) {
    // "X or null" is an X that may be left out; other unions have no form.
    const [only, ...others] = alternatives.filter((each) => resolve(each, root).type !== "null");
    return only && others.length === 0 ? shapeOf(only, root, depth + 1) : { kind: "json" };
  }
  switch (typeOf(plain)) {
    case "object":
      return objectShape(plain);
    case "array":
      return arrayShape(plain);
    case "string":
      return stringShape(plain);
    case "integer":
      return { kind: "number", isInteger: true };
    case "number":
      return { kind: "number", isInteger: false };
    case "boolean":
      return { kind: "boolean" };
    default:
      return { kind: "json" };
  }
}

/** Follows `#/$defs/x` once per step; another reference, or a circle of nothing but references, stays unresolved. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema;
  for (let step = 0; step < DEPTH_MAX; step += 1) {
    const name =
      typeof current.$ref === "string" ? /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(current.$ref)?.[1] : undefined;
    if (name === undefined) return current;
    const target = recordOf(recordOf(root.$defs ?? root.definitions)[decodeURIComponent(name)]);
    const { $ref: _followed, ...beside } = current;
    current = { ...target, ...beside };
  }
  return {};
}

export function titleOf(schema: JsonSchema, name: string): string {
  return typeof schema.title === "string" ? schema.title : name;
}

export function textOf(schema: JsonSchema, keyword: string): string | undefined {
  const value = schema[keyword];
  return typeof value === "string" ? value : undefined;
}

export function numberOf(schema: JsonSchema, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === "number" ? value : undefined;
}

/** A value to begin with: defaults, and the required parts. Optional parts are left out until somebody sets them. */
export function emptyValueOf(schema: JsonSchema, root: JsonSchema = schema, depth = 0): unknown {
  const plain = resolve(schema, root);
  if ("default" in plain) return plain.default;
  const shape = shapeOf(plain, root, depth);
  switch (shape.kind) {
    case "object": {
      const entries = shape.fields
        .filter((field) => field.isRequired || "default" in resolve(field.schema, root))
        .map((field) => [field.name, emptyValueOf(field.schema, root, depth + 1)] as const);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    }
    case "array":
      return Array.from({ length: shape.minItems }, () => emptyValueOf(shape.item, root, depth + 1) ?? null);
    case "string":
      return "";
    case "boolean":
      return false;
    case "enum":
      return shape.values[0];
    case "number":
    case "json":
      return undefined;
  }
}

function objectShape(schema: JsonSchema): FieldShape {
  const properties = recordOf(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required : [];
  // Keys that the caller invents have no field to type them into.
  const isOpen = typeof schema.additionalProperties === "object" || Object.keys(properties).length === 0;
  if (isOpen && schema.additionalProperties !== false) return { kind: "json" };
  return {
    kind: "object",
    fields: Object.entries(properties).map(([name, property]) => ({
      name,
      schema: recordOf(property),
      isRequired: required.includes(name),
    })),
  };
}

function arrayShape(schema: JsonSchema): FieldShape {
  if (Array.isArray(schema.prefixItems) || typeof schema.items !== "object" || schema.items === null)
    return { kind: "json" };
  return {
    kind: "array",
    item: recordOf(schema.items),
    minItems: numberOf(schema, "minItems") ?? 0,
    maxItems: numberOf(schema, "maxItems") ?? Number.POSITIVE_INFINITY,
  };
}

function stringShape(schema: JsonSchema): FieldShape {
  const format = textOf(schema, "format");
  const inputType =
    schema.secret === true ? "password" : format === "email" ? "email" : format === "uri" ? "url" : "text";
  const isLong = inputType === "text" && format === undefined && (numberOf(schema, "maxLength") ?? 0) > LONG_TEXT_FROM;
  return { kind: "string", isLong, inputType };
}

function enumValuesOf(schema: JsonSchema, root: JsonSchema): readonly EnumValue[] | undefined {
  if (Array.isArray(schema.enum) && schema.enum.every(isEnumValue)) return schema.enum;
  if ("const" in schema && isEnumValue(schema.const)) return [schema.const];
  const alternatives = alternativesOf(schema).map((each) => resolve(each, root));
  const constants = alternatives.map((each) => each.const);
  const isOnlyConstants = alternatives.length > 0 && alternatives.every((each) => "const" in each);
  return isOnlyConstants && constants.every(isEnumValue) ? constants : undefined;
}

function isEnumValue(value: unknown): value is EnumValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  const list = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(list)) return list.map(recordOf);
  if (Array.isArray(schema.type)) return schema.type.map((type) => ({ ...schema, type: String(type) }));
  return [];
}

function typeOf(schema: JsonSchema): string | undefined {
  if (typeof schema.type === "string") return schema.type;
  return schema.properties ? "object" : undefined;
}

function recordOf(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {};
}
