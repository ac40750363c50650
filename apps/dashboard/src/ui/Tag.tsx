import type { ReactNode } from "react";
import classes from "./Tag.module.css";

/** A word in a hairline box: roles, tags, the environment. */
export function Tag({ children, strong, mono }: { children: ReactNode; strong?: boolean; mono?: boolean }) {
  return (
    <span className={classes.tag} data-strong={strong || undefined} data-mono={mono || undefined}>
      {children}
    </span>
  );
}
