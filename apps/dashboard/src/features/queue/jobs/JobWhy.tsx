import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Meter } from "../../../ui/Meter.tsx";
import type { Job, QueueRow } from "../job.ts";
import classes from "./JobWhy.module.css";

interface JobWhyProps {
  readonly job: Job;
  readonly queue: QueueRow | undefined;
  readonly isGone: boolean;
  readonly now: number;
}

/** Why a job is where it is, in as few words as a row has room for. */
export function JobWhy({ job, queue, isGone, now }: JobWhyProps) {
  const t = useT();
  const format = useFormat();
  const due = Date.parse(job.scheduledFor);
  if (isGone) return t("queue.why.gone");
  if (queue?.paused && (job.state === "available" || job.state === "retryable" || job.state === "scheduled")) {
    return <span className="warn">{t("queue.why.paused")}</span>;
  }
  switch (job.state) {
    case "executing":
      return job.progress === null ? (
        t("queue.why.attempt", { number: job.attempts })
      ) : (
        <span className={classes.progress}>
          <Meter share={job.progress} label={t("queue.progress")} tone="accent" />
          <span className="num">{format.percent(job.progress, 0)}</span>
        </span>
      );
    case "retryable":
      return due > now ? (
        <>
          {t.rich("queue.why.nextTry", { in: <span className="num">{format.clock(due - now + 999)}</span> })}
          {job.errorMessage === null ? null : ` · ${job.errorMessage}`}
        </>
      ) : (
        t("queue.why.tryDue")
      );
    case "scheduled":
      return t("queue.why.starts", { in: format.relative(due, now), time: format.timeShort(due) });
    case "available":
      return queue && queue.slots.total > 0 && queue.slots.used >= queue.slots.total
        ? t("queue.why.slotsBusy", { count: queue.slots.total })
        : t("queue.why.slot");
    case "discarded":
      return job.errorMessage ?? "";
    case "cancelled":
    case "completed":
      return "";
  }
}
