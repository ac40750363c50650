import { AppError } from "../../platform/errors.ts";
import type { BulkState } from "./bulk.schema.ts";

export function bulkNotFound(id: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "BULK_NOT_FOUND",
    publicMessage: "There is no such bulk act.",
    details: { id },
  });
}

/** The target is another one than at the preview. Nothing was started. */
export function bulkChanged(expected: number, matching: number): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "BULK_CHANGED",
    publicMessage: `The preview said ${expected} jobs, and there are ${matching} by now. Look at a new preview.`,
    details: { expected, matching },
  });
}

/** More jobs than one act may have. Nothing was started. */
export function bulkTooLarge(matching: number, max: number): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "BULK_TOO_LARGE",
    publicMessage: `A bulk act has at most ${max.toLocaleString("en")} jobs, and these are more. Narrow the filter.`,
    details: { matching, max },
  });
}

/** Only a retry is done in stages. Nothing was started. */
export function bulkNotStageable(): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "BULK_NOT_STAGEABLE",
    publicMessage: "Only a retry can be done in stages.",
  });
}

/** The act is in a state that this is not for. Nothing was changed. */
export function bulkState(id: string, state: BulkState, what: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "BULK_STATE",
    publicMessage: `This bulk act cannot be ${what}: it is ${state}.`,
    details: { id, state },
  });
}

/** The time for an undo is over. Nothing was changed. */
export function bulkTooOld(id: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "BULK_TOO_OLD",
    publicMessage: "A bulk act can be undone for 10 minutes after its end. Choose the jobs and act on them again.",
    details: { id },
  });
}
