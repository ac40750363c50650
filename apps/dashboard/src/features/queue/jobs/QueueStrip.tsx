import { Button } from "@mantine/core";
import { Pause, Play } from "lucide-react";
import { toAppError } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useIsNarrow } from "../../../lib/layout.ts";
import { IconAction } from "../../../ui/ActionButton.tsx";
import type { QueryView } from "../../../ui/AsyncView.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { StatusBadge } from "../../../ui/StatusBadge.tsx";
import type { QueueRow } from "../job.ts";
import { QueueSettingsButton } from "../settings/QueueSettingsButton.tsx";
import type { QueuePause } from "../use-queue-pause.ts";
import classes from "./QueueStrip.module.css";

interface QueueStripProps {
  readonly query: QueryView<{ readonly items: readonly QueueRow[] }>;
  readonly selected: string | undefined;
  readonly pause: QueuePause;
  onSelect(name: string | undefined): void;
}

/** All queues at a glance: slots, what waits, and whether they are paused. A click filters the list. */
export function QueueStrip({ query, selected, pause, onSelect }: QueueStripProps) {
  const t = useT();
  const isNarrow = useIsNarrow();
  if (!query.data) {
    return query.error ? (
      <Notice
        tone="bad"
        title={t("queue.queues.error")}
        end={
          <Button size="xs" onClick={() => void query.refetch()}>
            {t("ui.retry")}
          </Button>
        }
      >
        {toAppError(query.error).message}
      </Notice>
    ) : (
      <div className={classes.skeleton}>
        <SkeletonLines lines={1} height={46} />
      </div>
    );
  }
  const queues = query.data.items;
  return (
    <ul
      className={classes.strip}
      aria-label={t("queue.queues")}
      data-live
      // On a phone it scrolls sideways, for the keyboard too.
      {...(isNarrow ? { tabIndex: 0 } : {})}
    >
      {queues.map((queue) => (
        <li key={queue.name} className={classes.cell} data-selected={queue.name === selected || undefined}>
          <button
            type="button"
            className={classes.open}
            aria-pressed={queue.name === selected}
            onClick={() => onSelect(queue.name === selected ? undefined : queue.name)}
          >
            <span className={classes.name}>{queue.name}</span>
            <QueueFacts queue={queue} />
          </button>
          <QueueSettingsButton queue={queue} size="xs" />
          <IconAction
            size="xs"
            label={t(queue.paused ? "queue.resumeNamed" : "queue.pauseNamed", { name: queue.name })}
            disabledReason={pause.offBecause(queue)}
            onClick={() => pause.toggle(queue)}
          >
            {queue.paused ? <Play size={14} /> : <Pause size={14} />}
          </IconAction>
        </li>
      ))}
    </ul>
  );
}

function QueueFacts({ queue }: { queue: QueueRow }) {
  const t = useT();
  const format = useFormat();
  const { slots, counts, oldestReadyAgeMs } = queue;
  return (
    <span className={classes.facts}>
      {queue.paused ? (
        <StatusBadge status="paused" />
      ) : slots.total === 0 ? (
        <span className="warn">{t("queue.noWorker")}</span>
      ) : (
        <span className="num">{t("queue.slots", { used: slots.used, total: slots.total })}</span>
      )}
      {counts.available > 0 ? (
        <span className="num">
          {oldestReadyAgeMs === null
            ? t("queue.ready", { count: counts.available })
            : t("queue.readyOldest", { count: counts.available, age: format.clock(oldestReadyAgeMs) })}
        </span>
      ) : (
        <span>{t("queue.nothingReady")}</span>
      )}
    </span>
  );
}
