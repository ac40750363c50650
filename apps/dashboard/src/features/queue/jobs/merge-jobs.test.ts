import { describe, expect, it } from "vitest";
import type { Job } from "../job.ts";
import { mergeJobs } from "./merge-jobs.ts";

function jobOf(second: number, state: Job["state"] = "available"): Job {
  const at = `2026-11-24T06:00:${String(second).padStart(2, "0")}.000Z`;
  return {
    id: `job-${second}`,
    name: "email.send",
    queue: "email",
    state,
    priority: 0,
    attempts: 0,
    maxAttempts: 5,
    createdAt: at,
    scheduledFor: at,
    startedAt: null,
    finishedAt: null,
    durationMs: null,
    errorMessage: null,
    progress: null,
    tags: [],
    key: null,
    fingerprint: null,
    isQuarantined: false,
  };
}

describe("mergeJobs", () => {
  it("keeps rows in their places and shows each as the newest answer has it", () => {
    const { rows } = mergeJobs([jobOf(3), jobOf(2)], {
      items: [jobOf(4), jobOf(3, "completed"), jobOf(2)],
      nextCursor: null,
    });
    expect(rows?.map(({ id, state }) => `${id} ${state}`)).toEqual(["job-3 completed", "job-2 available"]);
  });

  it("counts only jobs that are newer than the first row", () => {
    const latest = { items: [jobOf(5), jobOf(4), jobOf(3), jobOf(1)], nextCursor: null };
    expect(mergeJobs([jobOf(3), jobOf(2)], latest).newCount).toBe(2);
  });

  it("says which rows have left the list, and nothing about rows beyond the reach of the answer", () => {
    const latest = { items: [jobOf(4), jobOf(2)], nextCursor: "more" };
    expect([...mergeJobs([jobOf(4), jobOf(3), jobOf(2), jobOf(1)], latest).goneIds]).toEqual(["job-3"]);
  });

  it("takes a row for gone when the answer is the whole list without it", () => {
    expect([...mergeJobs([jobOf(2), jobOf(1)], { items: [jobOf(2)], nextCursor: null }).goneIds]).toEqual(["job-1"]);
  });
});
