import { AppError } from "../platform/errors.ts";

/** Every attempt failed, as `lab.flaky` was asked to. */
export function labFlakyFailed(attempts: number): AppError {
  return new AppError({
    kind: "BAD_GATEWAY",
    code: "LAB_FLAKY_FAILED",
    publicMessage: `All ${attempts} attempts failed. That is what lab.flaky is for: call it again.`,
    details: { attempts },
  });
}

/** The deadline that the caller of `lab.fanOut` gave passed; all branches were cancelled. */
export function labDeadlineExceeded(deadlineMs: number): AppError {
  return new AppError({
    kind: "SERVICE_UNAVAILABLE",
    code: "LAB_DEADLINE_EXCEEDED",
    publicMessage: `The branches did not finish within ${deadlineMs} ms and were cancelled together.`,
    details: { deadlineMs },
    retryAfterMs: 1000,
  });
}

export function labRunNotFound(): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "LAB_RUN_NOT_FOUND",
    publicMessage: "There is no such run. Runs are kept in memory: a restart forgets them.",
  });
}

/** One run at a time: two would measure each other. */
export function labRunActive(id: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "LAB_RUN_ACTIVE",
    publicMessage: "A run is under way. Stop it, or wait until it has ended.",
    details: { id },
  });
}
