import { useFormat } from "../../../lib/format.ts";
import type { Attempt } from "../job.ts";
import classes from "./LogLines.module.css";

export function LogLines({ lines }: { lines: Attempt["logs"] }) {
  const format = useFormat();
  return (
    <ol className={classes.lines}>
      {lines.map((line, index) => (
        <li key={index} className={classes.line}>
          <time dateTime={line.at} className="muted">
            {format.time(line.at)}.{line.at.slice(20, 23)}
          </time>
          <span data-level={line.level} className={classes.level}>
            {line.level}
          </span>
          <span className={classes.text}>{line.message}</span>
        </li>
      ))}
    </ol>
  );
}
