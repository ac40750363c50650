import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { jobStatus, StatusBadge } from "../../../ui/StatusBadge.tsx";
import { isActFor, type Job, jobStates, shortId } from "../job.ts";
import type { BulkAct } from "./bulk-run.ts";
import classes from "./Bulk.module.css";

const SAMPLE = 5;

/** Counts by state, which of them the act is for, and a sample. */
export function BulkPreview({ act, jobs }: { act: BulkAct; jobs: readonly Job[] }) {
  const t = useT();
  const format = useFormat();
  const counts = jobStates
    .map((state) => ({ state, count: jobs.filter((job) => job.state === state).length }))
    .filter(({ count }) => count > 0);
  const sample = jobs.filter(({ state }) => isActFor(act, state)).slice(0, SAMPLE);
  return (
    <>
      <ul className={classes.list} aria-label={t("queue.bulk.byState")}>
        {counts.map(({ state, count }) => (
          <li key={state} className={classes.row}>
            <StatusBadge status={jobStatus[state]} />
            <span className={classes.count}>{format.number(count)}</span>
            <span className={isActFor(act, state) ? undefined : "muted"}>
              {isActFor(act, state) ? t(`queue.bulk.will.${act}`) : t(`queue.bulk.skip.${act}`)}
            </span>
          </li>
        ))}
      </ul>
      {sample.length > 0 ? (
        <div>
          <h3 className={classes.sampleTitle}>{t("queue.bulk.sample")}</h3>
          <ul className={classes.sample}>
            {sample.map((job) => (
              <li key={job.id}>
                <span className="mono">{shortId(job.id)}</span>
                <span className="mono">{job.name}</span>
                <span className="muted truncate">{job.errorMessage}</span>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </>
  );
}
