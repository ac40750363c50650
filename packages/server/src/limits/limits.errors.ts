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

/** Slots belong to the process and know no callers. Nothing was changed. */
export function limitNotARate(name: string): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "LIMIT_NOT_A_RATE",
    publicMessage: `The limit ${name} is of slots, which know no callers. Name a rate, such as read.rate.`,
  });
}

/** The limit counts no caller of that name. `expected`: what to send instead. Nothing was changed. */
export function limitCaller(caller: string, expected: string): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "LIMIT_CALLER",
    publicMessage: `${caller} is no caller of this limit. Send ${expected}.`,
    details: { caller, expected },
  });
}

/** The caller has no allowance of its own at this limit, or it has ended. Nothing was changed. */
export function limitOverrideNotFound(name: string, caller: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "LIMIT_OVERRIDE_NOT_FOUND",
    publicMessage: `${caller} has no allowance of its own at ${name}.`,
    details: { caller },
  });
}

/** The limit has as many overrides as it may. Nothing was changed; delete one first. */
export function limitOverridesFull(name: string, max: number): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "LIMIT_OVERRIDES_FULL",
    publicMessage: `${max} callers have an allowance of their own at ${name}. Delete one of them first.`,
    details: { max },
  });
}
