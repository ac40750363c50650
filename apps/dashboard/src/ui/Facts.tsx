import type { ReactNode } from "react";
import classes from "./Facts.module.css";

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

/** Name and value in two columns: details of one thing. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map((fact) => (
        <div key={fact.label} className={classes.fact}>
          <dt className={classes.label}>{fact.label}</dt>
          <dd className={classes.value}>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
