import { useFormat } from "../../../lib/format.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { type Attempt, type JobDetail, shortId } from "../job.ts";
import { AttemptBar } from "./AttemptBar.tsx";
import { createAttemptScale } from "./attempt-scale.ts";
import { OutcomeBadge } from "./OutcomeBadge.tsx";
import { ScaleAxis } from "./ScaleAxis.tsx";
import classes from "./Attempts.module.css";

interface AttemptsPanelProps {
  readonly job: JobDetail;
  readonly now: number;
  /** Number of the attempt whose error and log are shown. */
  readonly selected: number | undefined;
  onSelect(number: number): void;
}

/** Every attempt as a row on one common scale; a click shows its error and its log. */
export function AttemptsPanel({ job, now, selected, onSelect }: AttemptsPanelProps) {
  const t = useT();
  const format = useFormat();
  const scale = createAttemptScale(job.attemptLog, now);
  return (
    <Panel
      title={t("queue.attempts")}
      scope={t("queue.attemptsOf", { count: job.attempts, total: job.maxAttempts })}
      flush
    >
      {job.attemptLog.length === 0 ? (
        <p className={classes.none}>{t("queue.attempts.none")}</p>
      ) : (
        <div className={classes.scroll} tabIndex={0} role="region" aria-label={t("queue.attempt.scale")}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th className={classes.number}>#</th>
                <th className={classes.started}>{t("queue.attempt.started")}</th>
                <th className={classes.took}>{t("queue.column.took")}</th>
                <th className={classes.process}>{t("queue.attempt.process")}</th>
                <th className={classes.version}>{t("queue.attempt.version")}</th>
                <th className={classes.outcome}>{t("queue.attempt.outcome")}</th>
                <th className={classes.scaleCell}>
                  <span className="visually-hidden">{t("queue.attempt.scale")}</span>
                  <ScaleAxis scale={scale} />
                </th>
              </tr>
            </thead>
            <tbody>
              {job.attemptLog.map((attempt, index) => (
                <tr
                  key={attempt.number}
                  data-selected={attempt.number === selected || undefined}
                  onClick={() => onSelect(attempt.number)}
                >
                  <td className={classes.number}>
                    <button
                      type="button"
                      className={classes.pick}
                      aria-pressed={attempt.number === selected}
                      aria-label={t("queue.attempt.show", { number: attempt.number })}
                      onClick={() => onSelect(attempt.number)}
                    >
                      {attempt.number}
                    </button>
                  </td>
                  <td className={classes.started}>{format.time(attempt.startedAt)}</td>
                  <td className={classes.took}>{format.duration(lengthOf(attempt, now))}</td>
                  <td className={classes.process} title={attempt.processId}>
                    {shortId(attempt.processId)}
                  </td>
                  <td className={classes.version} title={attempt.version ?? undefined}>
                    {attempt.version ?? <span className="muted">—</span>}
                  </td>
                  <td className={classes.outcome}>
                    <OutcomeBadge outcome={attempt.outcome} />
                  </td>
                  <td className={classes.scaleCell}>
                    <div className={classes.lane} aria-hidden>
                      {scale.ticks.map((tick) => (
                        <span
                          key={tick}
                          className={classes.tick}
                          style={{ left: `${scale.at(scale.startMs + tick) * 100}%` }}
                        />
                      ))}
                      <AttemptBar attempt={attempt} before={job.attemptLog[index - 1]} scale={scale} nowMs={now} />
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function lengthOf({ durationMs, startedAt }: Attempt, now: number): number {
  return durationMs ?? Math.max(0, now - Date.parse(startedAt));
}
