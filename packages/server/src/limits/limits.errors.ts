import { AppError } from "../platform/errors.ts";
import type { Bound, LimitField } from "./limits.schema.ts";

/** No limit of this server has the name; one of a procedure goes with the procedure. */
export function limitNotFound(name: string): AppError {
  return new AppError({ kind: "NOT_FOUND", code: "LIMIT_NOT_FOUND", publicMessage: `There is no limit ${name}.` });
}

/** The limit has no such value: slots have no burst, and a rate has no queue. Nothing was changed. */
export function limitField(name: string, field: LimitField): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "LIMIT_FIELD",
    publicMessage: `The limit ${name} has no ${field}.`,
    details: { field },
  });
}

/** The limit has no change that goes back by itself: nothing to keep, and nothing before it. Nothing was changed. */
export function limitNotTemporary(name: string): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "LIMIT_NOT_TEMPORARY",
    publicMessage: `The limit ${name} has no change that goes back by itself.`,
  });
}

/** Nobody may set this value. Nothing was changed. */
export function limitOutOfBounds(field: LimitField, { min, max }: Bound, isWhole: boolean): AppError {
  const number = isWhole ? "a whole number" : "a number";
  return new AppError({
    kind: "BAD_REQUEST",
    code: "LIMIT_OUT_OF_BOUNDS",
    publicMessage: `${field} has to be ${number} from ${min} to ${max}.`,
    details: { field, min, max },
  });
}

/** The value is further from what is configured than an operator may go. Nothing was changed. */
export function limitNeedsAdmin(field: LimitField, { min, max }: Bound): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "LIMIT_NEEDS_ADMIN",
    publicMessage: `An operator may set ${field} from ${min} to ${max}. An admin may go further.`,
    details: { field, min, max, needs: "admin" },
  });
}

/** Somebody has changed the limit since it was read. Nothing was changed; read it again. */
export function limitChanged(name: string, last: { readonly by: string; readonly at: string } | undefined): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "LIMIT_CHANGED",
    publicMessage: `${last?.by ?? "Somebody"} has changed the limit ${name} since. Look at it, and change it again.`,
    details: { by: last?.by ?? null, at: last?.at ?? null },
  });
}
