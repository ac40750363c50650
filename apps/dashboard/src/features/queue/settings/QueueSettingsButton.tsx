import { SlidersHorizontal } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import "../../../lib/i18n/en/queue-settings.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { IconAction } from "../../../ui/ActionButton.tsx";
import type { QueueRow } from "../job.ts";

const QueueSettingsDialog = lazy(async () => ({
  default: (await import("./QueueSettingsDialog.tsx")).QueueSettingsDialog,
}));

/** Opens the limits of a queue. */
export function QueueSettingsButton({ queue, size }: { queue: QueueRow; size?: "xs" | undefined }) {
  const t = useT();
  const gate = useGate();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconAction
        {...(size ? { size } : {})}
        label={t("queueSettings.open", { name: queue.name })}
        disabledReason={gate("queue.queues.configure")}
        onClick={() => setOpen(true)}
      >
        <SlidersHorizontal size={14} />
      </IconAction>
      {isOpen ? (
        <Suspense>
          <QueueSettingsDialog queue={queue} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
