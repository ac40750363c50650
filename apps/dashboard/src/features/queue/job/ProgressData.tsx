import { useT } from "../../../lib/i18n/i18n.tsx";
import { JsonView } from "../../../ui/CodeBlock.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import type { JobDetail } from "../job.ts";

/** What the job reported beside the share, after its own schema. */
export function ProgressData({ job }: { job: JobDetail }) {
  const t = useT();
  const attempt = job.attemptLog.findLast(({ progressData }) => progressData !== null);
  if (!attempt || job.state === "completed") return null;
  return (
    <Panel title={t("queue.progressData")} scope={t("queue.ofAttempt", { number: attempt.number })}>
      <JsonView value={attempt.progressData} label={t("queue.progressData")} maxLines={8} />
    </Panel>
  );
}
