import { Link } from "@tanstack/react-router";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { trpc } from "../../../lib/trpc.ts";
import type { JobDetail } from "../job.ts";
import classes from "./SameError.module.css";

/** How many others end like this one, and the way to all of them. */
export function SameError({ job }: { job: JobDetail }) {
  const t = useT();
  const format = useFormat();
  const { fingerprint } = job;
  const group = trpc.queue.errors.get.useQuery({ fingerprint: fingerprint ?? "" }, { enabled: fingerprint !== null });
  if (fingerprint === null || !group.data) return null;
  const { discarded, retryable, isCapped, firstSeenAt } = group.data;
  const isOne = job.state === "discarded" || job.state === "retryable";
  const others = Math.max(0, discarded + retryable - (isOne ? 1 : 0));
  return (
    <div className={classes.same}>
      <p className="muted">
        {others === 0
          ? t("queue.same.none")
          : t(isCapped ? "queue.same.many" : "queue.same", { count: others, time: format.dateTime(firstSeenAt) })}
      </p>
      {others > 0 ? (
        <Link to="/queue/jobs" search={{ fingerprint }}>
          {t("queue.same.jobs")}
        </Link>
      ) : null}
      <Link
        to="/queue/errors"
        search={{ peek: fingerprint, ...(others === 0 && !isOne ? { show: "all" as const } : {}) }}
      >
        {t("queue.same.group")}
      </Link>
    </div>
  );
}
