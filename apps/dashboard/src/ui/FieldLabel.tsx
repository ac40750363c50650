import type { ReactNode } from "react";
import classes from "./FieldLabel.module.css";

/** The label of a field with a remark at its far end. */
export function FieldLabel({ hint, children }: { hint: ReactNode; children: ReactNode }) {
  return (
    <span className={classes.label}>
      {children}
      <span className={classes.hint}>{hint}</span>
    </span>
  );
}
