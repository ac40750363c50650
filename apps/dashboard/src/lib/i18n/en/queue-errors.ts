import { addEnglish } from "../late-english.ts";

/** Words of the page of failing groups. */
export const queueErrorsEn = addEnglish({
  "queueErrors.table": "Groups of errors",
  "queueErrors.search": "Error or message",
  "queueErrors.showResolved": "Resolved too",
  "queueErrors.resolved": "resolved",
  "queueErrors.column.error": "Error",
  "queueErrors.column.name": "Job",
  "queueErrors.column.place": "Place",
  "queueErrors.column.failed": "Failed now",
  "queueErrors.column.retrying": "Retrying",
  "queueErrors.column.attempts": "Attempts",
  "queueErrors.column.firstSeen": "First seen",
  "queueErrors.column.lastSeen": "Last seen",
  "queueErrors.column.trend": "Last hour",

  "queueErrors.retry": "Retry the group…",
  "queueErrors.retryNamed": "Retry the group {name}…",
  "queueErrors.retryKey": "Retry the group",
  "queueErrors.delete": "Delete…",
  "queueErrors.showJobs": "Show jobs",
  "queueErrors.off.none": "No job of this group is failed now.",

  "queueErrors.peek": "Group {name}",
  "queueErrors.oneFailed": "The group could not be read",
  "queueErrors.lastHour": "Failed attempts in the last hour",
  "queueErrors.attemptsCount": { one: "{count} attempt", other: "{count} attempts" },
  "queueErrors.noPlace": "not in the stack",
  "queueErrors.versions": "Code versions",
  "queueErrors.fingerprint": "Fingerprint",
  "queueErrors.sample": "The job that failed last",
  "queueErrors.sampleFailed": "The job could not be read; it may have been deleted",
  "queueErrors.sampleFine": "It has no error any more.",
  "queueErrors.stack": "Stack",

  "queueErrors.empty.now": "No job fails now",
  "queueErrors.empty.nowBody":
    "A group appears here as soon as a job fails, and leaves when none of its jobs is failed or retrying.",
  "queueErrors.empty.never": "No job has ever failed",
  "queueErrors.empty.neverBody": "Failures that look alike are one group: same job, same error, same place.",
  "queueErrors.empty.noneMatch": "No group matches these filters",
  "queueErrors.empty.noneMatchBody": "The text is looked for in the name of the error and in its last message.",
  "queueErrors.empty.noneMatchNow": "Groups without a failed or retrying job are hidden.",
  "queueErrors.empty.showAll": "Show resolved groups",
});
