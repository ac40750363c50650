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
export function jobUnknown(name: string, field: "name" | "jobName" = "name"): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "JOB_UNKNOWN",
    publicMessage: `There is no job named ${name}. queue.definitions lists the jobs there are.`,
    details: { issues: [{ path: [field], message: "No job has this name." }], count: 1 },
  });
}

/** Stored by the discard of a job that was stored by the discard of a job, and so on, too often. Nothing was stored. */
export function jobRetryCycle(name: string, limit: number): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "JOB_RETRY_CYCLE",
    publicMessage: `${limit} discarded jobs in a row led to this ${name}: onDiscard goes round in a circle. Mend what fails, then enqueue it anew.`,
    details: { issues: [{ path: ["name"], message: `${limit} discards in a row led to this job.` }], count: 1 },
  });
}

/** No stored job has this id: it never did, it was deleted, or it ended more than 7 days ago, 30 for a discarded one. */
export function jobNotFound(id: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "JOB_NOT_FOUND",
    publicMessage: "There is no such job. Jobs are kept for 7 days after their end, discarded ones for 30.",
    details: { id },
  });
}

/** No failure is known by this fingerprint: there never was one, or it was last seen more than 30 days ago. */
export function errorGroupNotFound(fingerprint: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "ERROR_GROUP_NOT_FOUND",
    publicMessage: "There is no such group of errors. Groups are kept for 30 days after their last failure.",
    details: { fingerprint },
  });
}

/** No process that runs jobs has this id: it has stopped, or was not seen for a day. */
export function workerNotFound(id: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "WORKER_NOT_FOUND",
    publicMessage: "There is no such process. queue.workers.list lists those that run jobs.",
    details: { id },
  });
}

/** Only the input of a job that waits, was discarded or was cancelled can be changed. Nothing changed. */
export function jobNotEditable(id: string, state: JobState): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "JOB_NOT_EDITABLE",
    publicMessage: `The job is ${state}. Only the input of waiting, discarded and cancelled jobs can be changed.`,
    details: { id, state },
  });
}

/** The input was changed by somebody else since it was read. Nothing changed; read it again. */
export function jobChanged(id: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "JOB_CHANGED",
    publicMessage: "The input was changed since you opened it. Look at it again, then edit it.",
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
