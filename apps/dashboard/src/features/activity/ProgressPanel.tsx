import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Time } from "../../ui/Time.tsx";
import classes from "./Activity.module.css";
import { type BulkSummary, isMoving, progressOf } from "./bulk-state.ts";

/** How far the server is: the share, the jobs, how fast, how long still, and what was refused. */
export function ProgressPanel({ item }: { item: BulkSummary }) {
  const t = useT();
  const format = useFormat();
  const { done, total, share } = progressOf(item);
  const title = t(`activity.state.${item.state}`);
  const left = Math.max(0, item.total - item.done - item.failed);
  const hasLeft = left > 0 && !isMoving(item);
  return (
    <Panel title={t("queue.progress")} end={<span className="num strong">{format.percent(share, 0)}</span>}>
      <Meter
        share={share}
        label={t("queue.progress")}
        height={8}
        tone={isMoving(item) ? "accent" : "warn"}
        isProgress
      />
      <p className={classes.figures}>
        <span className="num medium">
          {t("activity.progress", { done: format.number(done), total: format.number(total) })}
        </span>
        {item.ratePerSecond === null ? null : (
          <span className="num muted">{t("activity.perSecond", { rate: format.rate(item.ratePerSecond) })}</span>
        )}
        {item.etaMs === null || !isMoving(item) ? null : (
          <span className="num muted">{t("activity.left", { time: format.duration(item.etaMs) })}</span>
        )}
        <span className="num">{t(`activity.did.${item.act}`, { count: item.done })}</span>
        {item.failed > 0 ? <span className="num bad">{t("activity.refused", { count: item.failed })}</span> : null}
        {hasLeft ? <span className="num muted">{t("activity.untouched", { count: left })}</span> : null}
        {item.undone > 0 ? <span className="num">{t("activity.undoneCount", { count: item.undone })}</span> : null}
      </p>
      {item.undoUntil === null ? null : (
        <p className="muted">{t.rich("activity.undo.until", { until: <Time at={item.undoUntil} as="dateTime" /> })}</p>
      )}
      {/* Said at each tenth: a status that speaks with every batch is noise. */}
      <p role="status" className="visually-hidden">
        {title} {format.percent(Math.floor(share * 10) / 10, 0)}
      </p>
    </Panel>
  );
}
