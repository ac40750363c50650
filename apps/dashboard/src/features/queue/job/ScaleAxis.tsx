import { useFormat } from "../../../lib/format.ts";
import type { AttemptScale } from "./attempt-scale.ts";
import classes from "./Attempts.module.css";

/** Beyond this share of the width a centred label would leave its box. */
const EDGE = 0.94;

/** The first tick is a time of day, the others count from it. */
export function ScaleAxis({ scale }: { scale: AttemptScale }) {
  const format = useFormat();
  return (
    <span className={classes.axis} aria-hidden>
      {scale.ticks.map((tick) => {
        const share = scale.at(scale.startMs + tick);
        return (
          <span
            key={tick}
            className={classes.tickLabel}
            data-last={share > EDGE || undefined}
            style={{ left: `${share * 100}%` }}
          >
            {tick === 0 ? format.time(scale.startMs) : `+${format.duration(tick)}`}
          </span>
        );
      })}
    </span>
  );
}
