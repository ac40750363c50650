import { JsonText } from "@switchboard/trpc-fast-lane";
import type { z } from "zod";

/**
 * The output of a procedure that may answer a `JsonText` where `ctx.carriesJsonText` says so. The text goes out as it is: a test must hold
 * it against the schema, and against what the procedure answers otherwise. Anything else is checked as ever, for clients and in OpenAPI
 * it is the same schema.
 */
export function orJsonText<Schema extends z.ZodType>(
  schema: Schema,
): z.ZodType<z.output<Schema>, z.input<Schema> | JsonText> {
  const output = parseAtOnce(schema);
  const { parseAsync } = output;
  // A text is no value of the schema; tRPC sends on what comes back.
  output.parseAsync = async (value) => (value instanceof JsonText ? (value as never) : parseAsync(value));
  return output as z.ZodType<z.output<Schema>, z.input<Schema> | JsonText>;
}

/** What was made to fit the schema, with its fields in that order and no others: sent without a look at each value. */
export function toJsonText(value: unknown): JsonText {
  return new JsonText(JSON.stringify(value));
}

/**
 * The schema with a `parseAsync`, which is what tRPC calls, that takes no turns: the code that zod makes for objects runs only then, and is
 * several times as fast on long lists. For schemas that wait for nothing; one that does raises an Error at its first value.
 */
export function parseAtOnce<Schema extends z.ZodType>(schema: Schema): Schema {
  const atOnce = schema.clone();
  atOnce.parseAsync = async (value, params) => schema.parse(value, params);
  return atOnce;
}
