import type { StoredJob } from "./engine.ts";
import type { JobDetail } from "./queue.schema.ts";

type Entry = JobDetail["timeline"][number];

/**
 * What happened to a job, oldest first. Of what people did there are events; the rest is told from the attempts and the job itself. The
 * database stamps all of it, so the times agree.
 */
export function toTimeline({ detail: job, events }: Pick<StoredJob, "detail" | "events">): Entry[] {
  const entries: Entry[] = [
    { at: job.createdAt, kind: "enqueued", by: job.enqueuedBy, attempt: null, note: null },
    // Before the attempts: what an act started may have started within its millisecond.
    ...events,
  ];
  for (const { number, startedAt, finishedAt, outcome, error } of job.attemptLog) {
    entries.push({ at: startedAt, kind: "started", by: null, attempt: number, note: null });
    if (finishedAt === null) continue;
    if (outcome === "completed" || outcome === "failed" || outcome === "lost")
      entries.push({
        at: finishedAt,
        kind: outcome,
        by: null,
        attempt: number,
        note: error && firstLine(error.message),
      });
  }
  const end = toEnd(job, events);
  if (end) entries.push(end);
  // Stable: what has one time stays in the order above.
  return entries.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** The end of a job that is in no attempt and no event. */
function toEnd(job: StoredJob["detail"], events: StoredJob["events"]): Entry | undefined {
  if (job.finishedAt === null) return undefined;
  const attempt = job.attempts === 0 ? null : job.attempts;
  if (job.state === "discarded" && !job.isQuarantined)
    return {
      at: job.finishedAt,
      kind: "discarded",
      by: null,
      attempt,
      note: job.error && firstLine(job.error.message),
    };
  // Cancelled by a release that kept no events.
  if (job.state === "cancelled" && !events.some(({ kind }) => kind === "cancelled"))
    return { at: job.finishedAt, kind: "cancelled", by: null, attempt, note: null };
  return undefined;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.slice(0, 500) ?? "";
}
