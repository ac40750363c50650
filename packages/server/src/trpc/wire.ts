import { z } from "zod";
import { AppError } from "../platform/errors.ts";

/** Shapes that several features share on the wire. */

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 200;
const CURSOR_MAX_LENGTH = 512;

export const idSchema = z.uuid();
/** ISO 8601 in UTC, years 1 to 9999: Postgres has no year 0. */
export const timestampSchema = z.iso.datetime().refine((text) => !text.startsWith("0000"), "Years begin with 0001.");
export const limitSchema = z.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE);
export const cursorSchema = z.string().min(1).max(CURSOR_MAX_LENGTH);
export const searchSchema = z.string().trim().max(200);

/** JSON as it travels: no dates, no undefined. */
export const jsonSchema = z.json();
export type Json = z.infer<typeof jsonSchema>;

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Answer of a mutation that has nothing more to say. */
export const doneSchema = z.object({ done: z.literal(true) });

/**
 * An opaque cursor: base64url of JSON `[list, ...keys]`. It names its list, so that a cursor of another list is refused
 * rather than read as a position in this one.
 */
export function toCursor(list: string, keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, ...keys])).toString("base64url");
}

/** Keys of a cursor made by `toCursor` for the same list. Raises `CURSOR_INVALID` (400) for anything else. */
export function parseCursor<Keys>(list: string, cursor: string, schema: z.ZodType<Keys>): Keys {
  const refuse = (): AppError =>
    new AppError({
      kind: "BAD_REQUEST",
      code: "CURSOR_INVALID",
      publicMessage: "This cursor does not belong to this list. Start again without a cursor.",
    });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    throw refuse();
  }
  if (!Array.isArray(value) || value[0] !== list) throw refuse();
  const keys = schema.safeParse(value.slice(1));
  if (!keys.success) throw refuse();
  return keys.data;
}
