import type { Attempt } from "../job.ts";
import type { AttemptScale } from "./attempt-scale.ts";
import classes from "./Attempts.module.css";

interface AttemptBarProps {
  readonly attempt: Attempt;
  /** The one before: the line from its end is the wait. */
  readonly before?: Attempt | undefined;
  readonly scale: AttemptScale;
  readonly nowMs: number;
}

/** One run on the scale. The words are in the table or the badge beside it, so it is hidden from assistive technology. */
export function AttemptBar({ attempt, before, scale, nowMs }: AttemptBarProps) {
  const from = scale.at(Date.parse(attempt.startedAt));
  const to = scale.at(attempt.finishedAt === null ? nowMs : Date.parse(attempt.finishedAt));
  const waitedFrom = before?.finishedAt == null ? undefined : scale.at(Date.parse(before.finishedAt));
  return (
    <>
      {waitedFrom === undefined ? null : (
        <span className={classes.wait} style={{ left: percent(waitedFrom), width: percent(from - waitedFrom) }} />
      )}
      <span
        className={classes.bar}
        data-outcome={attempt.outcome}
        style={{ left: percent(from), width: percent(to - from) }}
      />
    </>
  );
}

function percent(share: number): string {
  return `${(Math.max(0, share) * 100).toFixed(2)}%`;
}
