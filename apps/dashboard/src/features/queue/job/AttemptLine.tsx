import type { JobDetail } from "../job.ts";
import { AttemptBar } from "./AttemptBar.tsx";
import { createAttemptScale } from "./attempt-scale.ts";
import { ScaleAxis } from "./ScaleAxis.tsx";
import classes from "./Attempts.module.css";

/** All attempts on one line. */
export function AttemptLine({ job, now }: { job: JobDetail; now: number }) {
  const scale = createAttemptScale(job.attemptLog, now);
  return (
    <div aria-hidden>
      <div className={classes.lane}>
        {scale.ticks.map((tick) => (
          <span key={tick} className={classes.tick} style={{ left: `${scale.at(scale.startMs + tick) * 100}%` }} />
        ))}
        {job.attemptLog.map((attempt, index) => (
          <AttemptBar
            key={attempt.number}
            attempt={attempt}
            before={job.attemptLog[index - 1]}
            scale={scale}
            nowMs={now}
          />
        ))}
      </div>
      <ScaleAxis scale={scale} />
    </div>
  );
}
