import { TriangleAlert } from "lucide-react";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { StatusBadge } from "../../../ui/StatusBadge.tsx";
import { Tag } from "../../../ui/Tag.tsx";
import { isOdd, stateOf, type WorkerRow } from "./worker.ts";
import classes from "./Workers.module.css";

/** From here on jobs and heartbeats of the process are late. */
const LATE_LOOP_MS = 100;

export function WorkerBadge({ worker, soft }: { worker: WorkerRow; soft?: boolean }) {
  const t = useT();
  const look = soft ? { soft } : {};
  switch (stateOf(worker)) {
    case "stale":
      return (
        <StatusBadge status="lost" {...look}>
          {t("queueWorkers.state.stale")}
        </StatusBadge>
      );
    case "quiet":
      return (
        <StatusBadge status="paused" {...look}>
          {t("queueWorkers.state.quiet")}
        </StatusBadge>
      );
    case "running":
      return (
        <StatusBadge status="active" {...look}>
          {t("queueWorkers.state.running")}
        </StatusBadge>
      );
  }
}

/** With a sign where it is not the version that most processes run. */
export function Version({ worker, versions }: { worker: WorkerRow; versions: readonly string[] }) {
  const t = useT();
  return (
    <span className={classes.version}>
      <Tag mono>{worker.version}</Tag>
      {isOdd(worker, versions) ? (
        <span className={`warn ${classes.skew}`} title={t("queueWorkers.skew.why", { version: versions[0] ?? "" })}>
          <TriangleAlert size={12} aria-hidden />
          {t("queueWorkers.skew")}
        </span>
      ) : null}
    </span>
  );
}

/** How long ago it was heard of. Both times are the server's, so a wrong clock of this machine does not show. */
export function Heartbeat({ worker, asOf }: { worker: WorkerRow; asOf: string }) {
  const format = useFormat();
  const ageMs = Math.max(0, Date.parse(asOf) - Date.parse(worker.seenAt));
  return <span className={`num ${worker.isStale ? "bad" : ""}`}>{format.duration(ageMs)}</span>;
}

export function LoopDelay({ worker }: { worker: WorkerRow }) {
  const format = useFormat();
  const { eventLoopDelayMs } = worker;
  if (eventLoopDelayMs === null) return <span className="muted">—</span>;
  return (
    <span className={`num ${eventLoopDelayMs >= LATE_LOOP_MS ? "warn" : ""}`}>{format.duration(eventLoopDelayMs)}</span>
  );
}

/** For a quiet process: when it will have ended what it runs. */
export function Drain({ worker }: { worker: WorkerRow }) {
  const t = useT();
  const format = useFormat();
  if (stateOf(worker) !== "quiet") return null;
  if (worker.jobs.length === 0) return <span className="ok">{t("queueWorkers.drained")}</span>;
  return (
    <span className="muted">
      {worker.drainMs === null
        ? t("queueWorkers.draining", { count: worker.jobs.length })
        : t("queueWorkers.drainIn", { time: format.duration(worker.drainMs) })}
    </span>
  );
}
