import { defineSearch, instant, many, oneOf, type Param, text } from "../../lib/search.ts";
import { jobStates, type JobState } from "./job.ts";
import { parseWhere, writeWhere } from "./jobs/where-text.ts";

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
export const TAG_PATTERN = /^\w[\w.:/-]{0,63}$/;
/** `input.user.id = 42`, written as it is shown. */
const where: Param<string> = {
  parse: (raw) => {
    const condition = parseWhere(raw);
    return condition && writeWhere(condition);
  },
};

/** Back from now. Kept as a word, so that a saved view still means the last hour tomorrow. */
export const sinceNames = ["15m", "1h", "24h", "7d"] as const;
export type SinceName = (typeof sinceNames)[number];

export const jobsSearch = defineSearch({
  state,
  queue: queueName,
  name: jobName,
  tag: matching(TAG_PATTERN),
  key: text(200),
  /** Of a group of errors. */
  fingerprint: matching(/^[0-9a-f]{16}$/),
  where: many(where),
  since: oneOf(...sinceNames),
  /** Stored at or after, and before. */
  from: instant(),
  to: instant(),
  /** At least so many attempts made. */
  attempts: wholeNumber(1, 1000),
  /** A whole id, or text that the last error contains. */
  q: text(200),
  peek: jobId,
});
export type JobsSearch = ReturnType<typeof jobsSearch>;

export const jobTabs = ["error", "payload", "result", "logs", "timeline"] as const;
export type JobTab = (typeof jobTabs)[number];

export const jobSearch = defineSearch({
  tab: { parse: (raw) => jobTabs.find((tab) => tab === raw) } satisfies Param<JobTab>,
  /** Number of the attempt whose error and log are shown; the last one without it. */
  attempt: wholeNumber(1, 99_999),
});

function matching(pattern: RegExp): Param<string> {
  return { parse: (raw) => (pattern.test(raw) ? raw : undefined) };
}

function wholeNumber(min: number, max: number): Param<number> {
  return {
    parse: (raw) => {
      const number = /^\d{1,6}$/.test(raw) ? Number(raw) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}
