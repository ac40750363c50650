import { toAppError, toFieldErrors } from "../../../lib/errors.ts";
import { type LimitField, limitFields } from "../limit.ts";

/** What the server says of one field. */
const refusals: ReadonlySet<string> = new Set(["LIMIT_OUT_OF_BOUNDS", "LIMIT_NEEDS_ADMIN"]);

/** Of a refusal, what it says of single fields. */
export function refusedFields(error: unknown): Partial<Record<LimitField, string>> {
  const { code, message, details } = toAppError(error);
  const byPath = toFieldErrors(error);
  return Object.fromEntries(
    limitFields.flatMap((field) => {
      const text = refusals.has(code) && details.field === field ? message : byPath[`values.${field}`];
      return text === undefined ? [] : [[field, text]];
    }),
  );
}
