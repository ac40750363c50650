import type { Outputs } from "../../lib/trpc.ts";

export type Job = Outputs["queue"]["jobs"]["list"]["items"][number];
export type JobDetail = Outputs["queue"]["jobs"]["get"];
export type Attempt = JobDetail["attemptLog"][number];
export type QueueRow = Outputs["queue"]["queues"]["list"]["items"][number];
export type JobState = Job["state"];
export type Waiting = NonNullable<JobDetail["waiting"]>;
export type JobAct = "retry" | "cancel" | "runNow" | "delete";

/** In the order of the tabs: from waiting to ended. */
export const jobStates = [
  "available",
  "executing",
  "retryable",
  "scheduled",
  "discarded",
  "cancelled",
  "completed",
] as const satisfies readonly JobState[];

const waiting: readonly JobState[] = ["available", "scheduled", "retryable"];

/** The states an act is for; the server refuses it in any other. */
const actStates: Readonly<Record<JobAct, readonly JobState[]>> = {
  retry: ["discarded", "cancelled"],
  cancel: [...waiting, "executing"],
  runNow: ["scheduled", "retryable"],
  delete: [...waiting, "discarded", "cancelled", "completed"],
};

export const actRights = {
  retry: "queue.jobs.retry",
  cancel: "queue.jobs.cancel",
  runNow: "queue.jobs.runNow",
  delete: "queue.jobs.delete",
} as const satisfies Readonly<Record<JobAct, string>>;

export function isActFor(act: JobAct, state: JobState): boolean {
  return actStates[act].includes(state);
}

/** Its input may be changed: it waits, or it ended without a result. */
export function isEditable(state: JobState): boolean {
  return waiting.includes(state) || state === "discarded" || state === "cancelled";
}

/** A retry is the way back, and it starts at once: the time a scheduled job waited for is lost. */
export function canUndoCancel(before: JobState): boolean {
  return before !== "scheduled";
}

export function isFinal(state: JobState): boolean {
  return state === "completed" || state === "cancelled" || state === "discarded";
}

/** The last eight digits: the head of a UUIDv7 is a clock, and the same for all jobs of a moment. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/** Frames with the end of their paths: the head is the same for all, and the copy button has the whole. */
export function shortStack(stack: string | null): string | null {
  return stack?.replaceAll(/(?<=[\s(])(?:file:\/\/)?\/[^\s()]*?((?:[^/\s()]+\/){0,2}[^/\s()]+:\d+:\d+)/g, "$1") ?? null;
}

/** Milliseconds of the last attempt; of a running one up to now. Null when none has run to its end. */
export function tookMs(job: Job, nowMs: number): number | null {
  if (job.state === "executing" && job.startedAt !== null) return Math.max(0, nowMs - Date.parse(job.startedAt));
  return job.durationMs;
}
