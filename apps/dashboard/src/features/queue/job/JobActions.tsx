import { Ban, CopyPlus, FastForward, Pencil, RotateCw } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../../lib/keyboard.tsx";
import { useGate } from "../../../lib/session.tsx";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import type { EnqueueStart } from "../enqueue/EnqueueDialog.tsx";
import { isActFor, isEditable, type Job, type JobDetail } from "../job.ts";
import type { JobActs } from "../use-job-acts.tsx";

interface JobActionsProps {
  readonly job: Job;
  /** With the input; a copy needs it. */
  readonly detail: JobDetail | undefined;
  readonly acts: JobActs;
  onEnqueueCopy(start: EnqueueStart): void;
  onEdit(job: JobDetail): void;
  /** The act that fits is filled: on the job's own page. */
  readonly isMain?: boolean;
}

/** The acts for the state the job is in; a new job with its input, where that cannot be changed. `c` is for any. */
export function JobActions({ job, detail, acts, onEnqueueCopy, onEdit, isMain }: JobActionsProps) {
  const t = useT();
  const gate = useGate();
  const offBecause = gate("queue.enqueue");
  const copy = (): void => {
    if (detail && offBecause === undefined) onEnqueueCopy({ name: detail.name, input: detail.input });
  };
  const editOff = gate("queue.jobs.updateInput");
  const canEdit = isEditable(job.state);
  const edit = (): void => {
    if (detail && canEdit && editOff === undefined) onEdit(detail);
  };
  useShortcut("c", t("queue.key.copy"), copy, { active: detail !== undefined });
  useShortcut("e", t("queue.key.edit"), edit, { active: detail !== undefined && canEdit });
  const retry = isActFor("retry", job.state) ? (
    <ActionButton
      keys="r"
      {...(isMain ? { tone: "primary" as const } : {})}
      leftSection={<RotateCw size={16} />}
      disabledReason={acts.offBecause("retry")}
      onClick={() => acts.start("retry", job)}
    >
      {t("queue.act.retry")}
    </ActionButton>
  ) : null;
  const copyButton = (
    <ActionButton
      {...(isMain ? { keys: "c" } : {})}
      leftSection={<CopyPlus size={16} />}
      disabledReason={offBecause}
      onClick={copy}
    >
      {t("queue.act.copy")}
    </ActionButton>
  );
  const editButton = canEdit ? (
    <ActionButton keys="e" leftSection={<Pencil size={16} />} disabledReason={editOff} onClick={edit}>
      {t(isActFor("retry", job.state) ? "queue.act.editRetry" : "queue.act.edit")}
    </ActionButton>
  ) : null;
  return (
    <>
      {isMain && !canEdit ? copyButton : null}
      {isMain ? null : retry}
      {editButton}
      {isActFor("cancel", job.state) ? (
        <ActionButton
          tone="danger"
          leftSection={<Ban size={16} />}
          disabledReason={acts.offBecause("cancel")}
          onClick={() => acts.start("cancel", job)}
        >
          {t(job.state === "executing" ? "queue.act.cancelRunning" : "queue.act.cancel")}
        </ActionButton>
      ) : null}
      {isActFor("runNow", job.state) ? (
        <ActionButton
          {...(isMain ? { tone: "primary" as const } : {})}
          leftSection={<FastForward size={16} />}
          disabledReason={acts.offBecause("runNow")}
          onClick={() => acts.start("runNow", job)}
        >
          {t("queue.act.runNow")}
        </ActionButton>
      ) : null}
      {isMain ? retry : canEdit ? null : copyButton}
    </>
  );
}
