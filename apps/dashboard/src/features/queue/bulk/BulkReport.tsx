import { Check, X } from "lucide-react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Meter } from "../../../ui/Meter.tsx";
import { shortId } from "../job.ts";
import type { BulkAct, BulkResult } from "./bulk-run.ts";
import classes from "./Bulk.module.css";

interface BulkReportProps {
  readonly act: BulkAct;
  readonly results: readonly BulkResult[];
  readonly total: number;
  readonly isRunning: boolean;
}

/** How far it is while it runs, and per job what came of it: the refused ones first. */
export function BulkReport({ act, results, total, isRunning }: BulkReportProps) {
  const t = useT();
  const refused = results.filter(({ refusal }) => refusal !== null);
  const done = results.length - refused.length;
  const left = total - results.length;
  const ordered = [...refused, ...results.filter(({ refusal }) => refusal === null)];
  return (
    <>
      <div>
        <p className={classes.progressText} role="status">
          <span className="num medium">{t("queue.bulk.progress", { done: results.length, total })}</span>
          {refused.length > 0 ? (
            <span className="num bad">{t("queue.bulk.refused", { count: refused.length })}</span>
          ) : null}
          {!isRunning && left > 0 ? <span className="num muted">{t("queue.bulk.left", { count: left })}</span> : null}
        </p>
        <Meter share={total === 0 ? 1 : results.length / total} label={t("queue.progress")} tone="accent" height={6} />
      </div>
      <ul className={classes.results} tabIndex={0} aria-label={t(`queue.bulk.did.${act}`, { count: done })}>
        {ordered.map(({ job, refusal }) => (
          <li key={job.id} className={classes.result}>
            {refusal === null ? (
              <Check size={14} className="ok" aria-hidden />
            ) : (
              <X size={14} className="bad" aria-hidden />
            )}
            <span className="mono">{shortId(job.id)}</span>
            <span className="mono muted">{job.name}</span>
            <span className={refusal === null ? "muted" : undefined}>{refusal ?? t(`queue.bulk.ok.${act}`)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
