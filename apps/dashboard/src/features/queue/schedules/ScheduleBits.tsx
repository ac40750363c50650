import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { jobStatus, StatusBadge } from "../../../ui/StatusBadge.tsx";
import { Time } from "../../../ui/Time.tsx";
import type { Schedule } from "./schedule.ts";
import classes from "./Schedules.module.css";
import { useZoned } from "./zoned.ts";

/** Whether it runs: paused, unable, or on. */
export function ScheduleBadge({ schedule, soft }: { schedule: Schedule; soft?: boolean }) {
  const t = useT();
  const look = soft ? { soft } : {};
  if (schedule.problem !== null) {
    return (
      <StatusBadge status="failed" {...look}>
        {t("queueSchedules.problem")}
      </StatusBadge>
    );
  }
  return <StatusBadge status={schedule.pausedAt === null ? "active" : "paused"} {...look} />;
}

/** How the job of the last run came out, and how long it took. */
export function LastRun({ schedule }: { schedule: Schedule }) {
  const t = useT();
  const format = useFormat();
  const { last } = schedule;
  if (!last) return <span className="muted">{t("queueSchedules.neverRan")}</span>;
  return (
    <span className={classes.last}>
      {last.state ? (
        <StatusBadge status={jobStatus[last.state]} />
      ) : (
        <span className="muted">{t("queueSchedules.jobGone")}</span>
      )}
      <span className="muted num">
        {last.durationMs === null ? <Time at={last.at} /> : format.duration(last.durationMs)}
      </span>
    </span>
  );
}

/** The next time as the schedule's zone has it; the reader's zone is in the tooltip and on its page. */
export function NextThere({ schedule }: { schedule: Schedule }) {
  const t = useT();
  const zoned = useZoned(schedule.timeZone);
  if (schedule.pausedAt !== null) return <span className="muted">{t("queueSchedules.paused")}</span>;
  if (schedule.nextAt === null) return <span className="warn">{t("queueSchedules.neverRuns")}</span>;
  return <span className="num nowrap">{zoned.moment(schedule.nextAt)}</span>;
}

export function NextHere({ schedule }: { schedule: Schedule }) {
  const format = useFormat();
  const zoned = useZoned(format.timeZone);
  if (schedule.pausedAt !== null || schedule.nextAt === null) return <span className="muted">—</span>;
  return (
    <span className="num nowrap" title={format.zoneLabel}>
      {zoned.short(schedule.nextAt)}
    </span>
  );
}
