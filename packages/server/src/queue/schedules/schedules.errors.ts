import { AppError } from "../../platform/errors.ts";
import type { InputIssue } from "../queue.errors.ts";

/** No schedule has this id. */
export function scheduleNotFound(id: string): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "SCHEDULE_NOT_FOUND",
    publicMessage: "There is no such schedule.",
    details: { id },
  });
}

/** The timing is none: the cron expression or the time zone cannot be read. Nothing was stored; `details.issues` names the fields. */
export function scheduleInvalid(issues: readonly InputIssue[]): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "SCHEDULE_INVALID",
    publicMessage: issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(" "),
    details: { issues, count: issues.length },
  });
}

/** Another schedule has the name. Nothing was stored. */
export function scheduleNameTaken(name: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "SCHEDULE_NAME_TAKEN",
    publicMessage: `There is a schedule named ${name} already. Choose another name.`,
    details: { issues: [{ path: ["name"], message: "Another schedule has this name." }], count: 1 },
  });
}

/** The schedule comes with the definition of its job: here it can be paused, and run by hand. Nothing changed. */
export function scheduleOfDefinition(jobName: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "SCHEDULE_OF_DEFINITION",
    publicMessage: `This schedule comes from the code of ${jobName}. Change it there, or pause it here.`,
    details: { jobName },
  });
}
