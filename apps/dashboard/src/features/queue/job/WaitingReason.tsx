import { Hourglass } from "lucide-react";
import { useNow } from "../../../lib/clock.ts";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { JobDetail, QueueRow } from "../job.ts";
import classes from "./WaitingReason.module.css";

interface WaitingReasonProps {
  readonly job: JobDetail;
  readonly queue: QueueRow | undefined;
}

/** Why a job does not run: in the reader's language and zone, from the facts behind the server's own sentence. */
export function WaitingReason(props: WaitingReasonProps) {
  return (
    <p className={classes.reason} data-warn={props.queue?.paused || undefined}>
      <Hourglass size={14} aria-hidden />
      <span>
        <Sentence {...props} />
      </span>
    </p>
  );
}

function Sentence({ job, queue }: WaitingReasonProps) {
  const t = useT();
  const format = useFormat();
  const now = useNow(1000);
  const due = Date.parse(job.scheduledFor);
  const time = format.time(due);
  const left = due > now ? format.clock(due - now + 999) : format.clock(0);
  if (queue?.paused) {
    return queue.pausedBy === null
      ? t("queue.waiting.paused", { queue: queue.name })
      : t("queue.waiting.pausedBy", { queue: queue.name, who: queue.pausedBy });
  }
  if (job.state === "scheduled")
    return t("queue.waiting.scheduled", { time: format.dateTime(due), in: format.relative(due, now) });
  if (job.state === "retryable") {
    return t("queue.waiting.retry", { number: job.attempts + 1, total: job.maxAttempts, time, in: left });
  }
  if (!queue) return job.waitingReason;
  if (queue.slots.total === 0) return t("queue.waiting.noWorker");
  return queue.slots.used >= queue.slots.total
    ? t("queue.waiting.busy", { queue: queue.name, count: queue.slots.total })
    : t("queue.waiting.slot");
}
