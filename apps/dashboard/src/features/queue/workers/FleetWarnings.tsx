import { Link } from "@tanstack/react-router";
import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import type { Fleet } from "./worker.ts";
import classes from "./Workers.module.css";

interface FleetWarningsProps {
  readonly fleet: Fleet;
  readonly versions: readonly string[];
}

/** What nobody runs, and code of more than one version at work. */
export function FleetWarnings({ fleet, versions }: FleetWarningsProps) {
  const t = useT();
  const format = useFormat();
  const countOf = (count: number, isCapped: boolean): string => `${isCapped ? "≥ " : ""}${format.number(count)}`;
  return (
    <div className={classes.warnings}>
      {fleet.unserved.map(({ queue, ready, isCapped }) => (
        <Notice
          key={`queue ${queue}`}
          tone="bad"
          title={t("queueWorkers.unserved", { queue })}
          end={
            <Link to="/queue/jobs" search={{ queue, state: "available" }}>
              {t("queueWorkers.showJobs")}
            </Link>
          }
        >
          {t("queueWorkers.unserved.body", { jobs: countOf(ready, isCapped) })}
        </Notice>
      ))}
      {fleet.undefinedNames.map(({ name, queue, waiting, isCapped }) => (
        <Notice
          key={`name ${queue} ${name}`}
          tone="bad"
          title={t("queueWorkers.undefined", { name })}
          end={
            <Link to="/queue/jobs" search={{ queue, name }}>
              {t("queueWorkers.showJobs")}
            </Link>
          }
        >
          {t("queueWorkers.undefined.body", { jobs: countOf(waiting, isCapped), queue })}
        </Notice>
      ))}
      {versions.length > 1 ? (
        <Notice tone="warn" title={t("queueWorkers.mixed", { count: versions.length })}>
          {t("queueWorkers.mixed.body", { versions: format.list(versions) })}
        </Notice>
      ) : null}
    </div>
  );
}
