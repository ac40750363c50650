import type { ReactNode } from "react";
import classes from "./FigureStrip.module.css";

export interface Figure {
  readonly label: string;
  readonly value: ReactNode;
  /** Unit or context, muted, after the value. */
  readonly unit?: ReactNode;
  readonly tone?: "bad" | "warn" | undefined;
  /** Sample age, at the right of the label. */
  readonly age?: ReactNode;
}

/** A row of figures in one frame. */
export function FigureStrip({ figures, label }: { figures: readonly Figure[]; label: string }) {
  return (
    <dl className={classes.strip} aria-label={label} data-live>
      {figures.map((figure) => (
        <div key={figure.label} className={classes.cell}>
          <dt className={classes.label}>
            <span className="truncate">{figure.label}</span>
            {figure.age ? <span className={classes.age}>{figure.age}</span> : null}
          </dt>
          <dd>
            <span className={classes.value} data-tone={figure.tone}>
              {figure.value}
            </span>
            {figure.unit ? <span className={classes.unit}> {figure.unit}</span> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}
