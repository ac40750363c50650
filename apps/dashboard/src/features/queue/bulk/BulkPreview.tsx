import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useNow } from "../../../lib/clock.ts";
import { jobStatus, StatusBadge } from "../../../ui/StatusBadge.tsx";
import { shortId } from "../job.ts";
import classes from "./Bulk.module.css";
import { type BulkAct, type BulkPreviewed, countsOf, sumOf } from "./bulk.ts";

/** How many it is for, how many it leaves out and why, and five of them. */
export function BulkPreview({ act, preview }: { act: BulkAct; preview: BulkPreviewed }) {
  const t = useT();
  const format = useFormat();
  const now = useNow(10_000);
  const { matching, skipped, sample } = preview;
  return (
    <section aria-label={t("queue.bulk.dryRun")} className={classes.preview}>
      <p>
        <span className="strong">{t("queue.bulk.dryRun")}</span>{" "}
        <span className="muted meta">{t("queue.bulk.looked", { count: matching + sumOf(skipped) })}</span>
      </p>
      <ul className={classes.list} aria-label={t("queue.bulk.counts")}>
        <li className={classes.row}>
          <span className={classes.count}>{format.number(matching)}</span>
          <span className="medium">{t(`queue.bulk.will.${act}`)}</span>
        </li>
        {countsOf(skipped).map(([state, count]) => (
          <li key={state} className={classes.row}>
            <span className={classes.count}>{format.number(count)}</span>
            <span className={classes.skipped}>
              <StatusBadge status={jobStatus[state]} /> <span className="muted">{t(`queue.bulk.skip.${act}`)}</span>
            </span>
          </li>
        ))}
      </ul>
      {sample.length > 0 ? (
        <div className={classes.list}>
          <h3 className={classes.sampleTitle}>{t("queue.bulk.sample", { count: sample.length })}</h3>
          <ul>
            {sample.map((job) => (
              <li key={job.id} className={classes.sample}>
                <span className="mono">{shortId(job.id)}</span>
                <span className="mono truncate">{job.name}</span>
                <span className="muted truncate">{job.errorMessage ?? t(`status.${jobStatus[job.state]}`)}</span>
                <span className="muted num">{format.relative(job.createdAt, now)}</span>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </section>
  );
}
