import type { JobState } from "../queue.schema.ts";
import type { BulkAct } from "./bulk.schema.ts";
import type { JobFilterInput, Where } from "../queue.schema.ts";

/** The states that an act is for: the same as for one job. */
export const STATES_OF: Readonly<Record<BulkAct, readonly JobState[]>> = {
  retry: ["discarded", "cancelled"],
  cancel: ["scheduled", "available", "executing", "retryable"],
  delete: ["scheduled", "available", "retryable", "completed", "cancelled", "discarded"],
  runNow: ["scheduled", "available", "retryable"],
};

const FIRST_STAGE = 3;

/** Three jobs, a tenth of all, the rest. */
export function toStages(total: number): number[] {
  const first = Math.min(FIRST_STAGE, total);
  const second = Math.min(Math.ceil(total / 10), total - first);
  return [first, second, total - first - second].filter((size) => size > 0);
}

/** A filter in the words in which it is typed: `queue=mail state=discarded`. */
export function describeFilter(filter: JobFilterInput): string {
  const { where = [], state, ...fields } = filter;
  const words = [
    ...(state === undefined ? [] : [`state=${state.join(",")}`]),
    ...Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
    ...where.map(describeWhere),
  ];
  return words.join(" ") || "all jobs";
}

function describeWhere({ path, op, value }: Where): string {
  const place = `input.${path.join(".")}`;
  return op === "exists" ? `${place} exists` : `${place} ${op} ${JSON.stringify(value ?? null)}`;
}
