import { ShieldAlert } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import type { JobDetail } from "../job.ts";

/** It was set aside without a run. What is wrong, and what to do about it. */
export function Quarantine({
  job,
  onEdit,
  offBecause,
}: {
  job: JobDetail;
  onEdit(): void;
  offBecause: string | undefined;
}) {
  const t = useT();
  if (!job.isQuarantined) return null;
  return (
    <Notice
      tone="warn"
      icon={ShieldAlert}
      title={t("queue.quarantine.title")}
      end={
        <ActionButton disabledReason={offBecause} onClick={onEdit}>
          {t("queue.act.edit")}
        </ActionButton>
      }
    >
      {t("queue.quarantine.body")}
    </Notice>
  );
}
