import type { Job } from "../job.ts";

const columns = [
  "id",
  "name",
  "queue",
  "state",
  "attempts",
  "maxAttempts",
  "priority",
  "key",
  "tags",
  "createdAt",
  "scheduledFor",
  "startedAt",
  "finishedAt",
  "durationMs",
  "fingerprint",
  "errorMessage",
] as const satisfies readonly (keyof Job)[];

export function toJson(jobs: readonly Job[]): string {
  return JSON.stringify(jobs, null, 2);
}

/** RFC 4180. A cell that a spreadsheet would run as a formula gets an apostrophe in front: an error's text is anybody's. */
export function toCsv(jobs: readonly Job[]): string {
  const lines = jobs.map((job) => columns.map((column) => toCell(job[column])));
  return [columns.join(","), ...lines.map((cells) => cells.join(","))].join("\r\n");
}

function toCell(value: Job[(typeof columns)[number]]): string {
  const text = value === null ? "" : Array.isArray(value) ? value.join(" ") : String(value);
  const safe = typeof value !== "number" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
