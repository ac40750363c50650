import { AppError } from "../platform/errors.ts";

export function auditEventNotFound(): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "AUDIT_EVENT_NOT_FOUND",
    publicMessage: "The audit log has no event with this id.",
  });
}

/** Nothing takes back this kind of act, or the event does not say enough of it: it holds a secret, or more than the log keeps. */
export function noInverse(action: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "NO_INVERSE",
    publicMessage: `This ${action} cannot be undone from the log.`,
    details: { action },
  });
}

/** The act was refused or failed: it changed nothing that could be taken back. */
export function notOk(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "NOT_OK",
    publicMessage: "This act was refused or failed. There is nothing to undo.",
  });
}

export function alreadyUndone(by: string | null): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "ALREADY_UNDONE",
    publicMessage: "This event was undone already.",
    details: { by },
  });
}

/** Something has changed what the event was about since. Nothing was undone. */
export function undoStale(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "UNDO_STALE",
    publicMessage: "This is no longer as the event left it. Look at what came after, and change it by hand.",
  });
}
