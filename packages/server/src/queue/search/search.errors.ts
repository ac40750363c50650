import { AppError } from "../../platform/errors.ts";

/** The search would read too many jobs. `details.narrowBy` names the conditions that would help. */
export function searchTooBroad(narrowBy: readonly string[]): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "SEARCH_TOO_BROAD",
    publicMessage: `This search takes too long. Narrow it: ${narrowBy.join(", ")}.`,
    details: { narrowBy },
  });
}

/** The field is not shown of these jobs, and a search by its value would tell it. */
export function searchRedacted(path: readonly string[], name: string | undefined): AppError {
  const advice = name === undefined ? " Name the kind of job if you mean another one." : "";
  return new AppError({
    kind: "BAD_REQUEST",
    code: "SEARCH_REDACTED",
    publicMessage: `The field ${path.join(".")} is not shown and cannot be searched by its value.${advice}`,
    details: { path },
  });
}

/** A condition that no value can fit. */
export function searchConditionInvalid(path: readonly string[], problem: string): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "SEARCH_CONDITION_INVALID",
    publicMessage: `The condition on ${path.join(".")}: ${problem}`,
    details: { path },
  });
}
