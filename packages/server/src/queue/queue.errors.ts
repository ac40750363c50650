import { AppError } from "../platform/errors.ts";
import { JOB_INPUT_MAX_BYTES, type JobState } from "./queue.schema.ts";

export interface InputIssue {
  readonly path: readonly string[];
  readonly message: string;
}

/** The input does not fit the job, or is larger than 256 KiB. Nothing was stored; `details.issues` names the fields. */
export function jobInputInvalid(name: string, issues: readonly InputIssue[]): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "JOB_INPUT_INVALID",
    publicMessage: `The input does not fit the job ${name}: ${issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join(".")}: ${message}`)
      .join("; ")}`,
    details: { issues: issues.slice(0, 50), count: issues.length },
  });
}

export function jobInputTooLarge(name: string, path: readonly string[]): AppError {
  return jobInputInvalid(name, [{ path, message: `Is larger than ${JOB_INPUT_MAX_BYTES / 1024} KiB as JSON.` }]);
}

/** No job has this name. Nothing was stored. */
export function jobUnknown(name: string): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "JOB_UNKNOWN",
    publicMessage: `There is no job named ${name}. queue.definitions lists the jobs there are.`,
    details: { issues: [{ path: ["name"], message: "No job has this name." }], count: 1 },
  });
}

/** No stored job has this id: it never did, it was deleted, or it ended more than 7 days ago. */
export function jobNotFound(id: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "JOB_NOT_FOUND",
    publicMessage: "There is no such job. Jobs are kept for 7 days after their end.",
    details: { id },
  });
}

/** No queue has this name. */
export function queueNotFound(name: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "QUEUE_NOT_FOUND",
    publicMessage: `There is no queue named ${name}.`,
    details: { name },
  });
}

const ACTS = {
  cancel: { code: "JOB_NOT_CANCELLABLE", rule: "Only waiting and running jobs can be cancelled." },
  retry: { code: "JOB_NOT_RETRYABLE", rule: "Only discarded and cancelled jobs can be retried." },
  runNow: { code: "JOB_NOT_WAITING", rule: "Only waiting jobs can be run now." },
  remove: { code: "JOB_RUNNING", rule: "Cancel it first." },
} as const;
export type JobAct = keyof typeof ACTS;

/** The job is in a state that the act is not for. Nothing changed. */
export function actRefused(act: JobAct, id: string, state: JobState): AppError {
  const { code, rule } = ACTS[act];
  return new AppError({
    kind: "CONFLICT",
    code,
    publicMessage: `The job is ${state}. ${rule}`,
    details: { id, state },
  });
}

/** Another waiting or running job holds the dedupe key of this one. Nothing changed. */
export function jobDuplicate(id: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "JOB_DUPLICATE",
    publicMessage: "Another waiting or running job has the same dedupe key. Wait for its end or cancel it.",
    details: { id },
  });
}
