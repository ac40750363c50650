import { AppError } from "../platform/errors.ts";

export function userNotFound(): AppError {
  return new AppError({ kind: "NOT_FOUND", code: "USER_NOT_FOUND", publicMessage: "There is no such person." });
}

/** Another person has this e-mail address. Nothing was stored. */
export function userEmailTaken(email: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "USER_EMAIL_TAKEN",
    publicMessage: `A person with the address ${email} exists already.`,
    details: { email },
  });
}

export interface OffendingRow {
  /** Position in the input, from 0. */
  readonly index: number;
  readonly email: string;
}

/** Rows that repeat an address of an earlier row or of somebody who is there already. None of the rows was stored. */
export function usersDuplicate(rows: readonly OffendingRow[]): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "USERS_DUPLICATE",
    publicMessage: `${rows.length} of the rows have an address that is taken or comes earlier in the input. None was stored.`,
    details: { rows },
  });
}

/** The act would leave nobody who may do everything. Make somebody else an owner first. */
export function lastOwner(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "LAST_OWNER",
    publicMessage: "This is the last owner. Make somebody else an owner first.",
  });
}

/** Nobody changes their own role, suspends or deletes themselves: a slip would lock them out. */
export function notYourself(act: "setRole" | "suspend" | "delete"): AppError {
  const what = { setRole: "change your own role", suspend: "suspend yourself", delete: "delete yourself" }[act];
  return new AppError({
    kind: "FORBIDDEN",
    code: "NOT_YOURSELF",
    publicMessage: `You cannot ${what}. Ask somebody else of your rank or above.`,
  });
}
