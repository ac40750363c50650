import { CircleDot, Pause, Play } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { StatusBadge } from "../../../ui/StatusBadge.tsx";
import type { QueueRow } from "../job.ts";
import { QueueSettingsButton } from "../settings/QueueSettingsButton.tsx";
import type { QueuePause } from "../use-queue-pause.ts";
import classes from "./QueueHeadline.module.css";

/** The queue the list is filtered by, and its pause button. */
export function QueueHeadline({ queue, pause }: { queue: QueueRow; pause: QueuePause }) {
  const t = useT();
  const { slots } = queue;
  return (
    <>
      <p className={classes.line}>
        <code className="mono">{queue.name}</code>
        {queue.paused ? (
          <>
            <StatusBadge status="paused" />
            {queue.pausedBy === null ? null : (
              <span className="muted">{t("queue.pausedBy", { who: queue.pausedBy })}</span>
            )}
          </>
        ) : (
          <span className={classes.slots} data-busy={slots.used > 0 || undefined}>
            <CircleDot size={14} aria-hidden />
            {t("queue.slots", { used: slots.used, total: slots.total })}
          </span>
        )}
      </p>
      <QueueSettingsButton queue={queue} />
      <ActionButton
        keys="p"
        leftSection={queue.paused ? <Play size={16} /> : <Pause size={16} />}
        disabledReason={pause.offBecause(queue)}
        onClick={() => pause.toggle(queue)}
      >
        {t(queue.paused ? "queue.resume" : "queue.pause")}
      </ActionButton>
    </>
  );
}
