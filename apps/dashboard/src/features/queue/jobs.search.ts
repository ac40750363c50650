import { defineSearch, type Param, text } from "../../lib/search.ts";
import { jobStates, type JobState } from "./job.ts";

const words: Readonly<Record<string, JobState>> = {
  ready: "available",
  running: "executing",
  retrying: "retryable",
  done: "completed",
  failed: "discarded",
};

/** The state as the wire says it, or as the dashboard does. */
const state: Param<JobState> = {
  parse: (raw) => jobStates.find((each) => each === raw) ?? words[raw],
};
const queueName = matching(/^[a-z][a-z0-9.-]{0,99}$/);
const jobName = matching(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/);
const jobId = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

export const jobsSearch = defineSearch({
  state,
  queue: queueName,
  name: jobName,
  /** A whole id, or text that the last error contains. */
  q: text(200),
  peek: jobId,
});
export type JobsSearch = ReturnType<typeof jobsSearch>;

export const jobTabs = ["error", "payload", "result", "logs", "attempts"] as const;
export type JobTab = (typeof jobTabs)[number];

export const jobSearch = defineSearch({
  tab: { parse: (raw) => jobTabs.find((tab) => tab === raw) } satisfies Param<JobTab>,
  /** Number of the attempt whose error and log are shown; the last one without it. */
  attempt: {
    parse: (raw) => (/^[1-9]\d{0,4}$/.test(raw) ? Number(raw) : undefined),
  } satisfies Param<number>,
});

function matching(pattern: RegExp): Param<string> {
  return { parse: (raw) => (pattern.test(raw) ? raw : undefined) };
}
