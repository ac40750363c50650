import { useT } from "../../../lib/i18n/i18n.tsx";
import { jobStatus, StatusBadge } from "../../../ui/StatusBadge.tsx";
import { isFinal, type Job } from "../job.ts";

/** The state with how many tries it took: "Failed 5/5". */
export function JobBadge({ job }: { job: Job }) {
  const t = useT();
  const word = t(`status.${jobStatus[job.state]}`);
  const hasTries = isFinal(job.state) ? job.state === "discarded" : job.attempts > 0;
  return (
    <StatusBadge status={jobStatus[job.state]} soft>
      {hasTries ? t("queue.badge", { word, tries: `${job.attempts}/${job.maxAttempts}` }) : word}
    </StatusBadge>
  );
}
