import type { ReactNode } from "react";
import { PanelBoundary } from "./PanelBoundary.tsx";
import classes from "./Panel.module.css";

export interface PanelProps {
  /** Without a title there is no head; give `label` then. */
  readonly title?: ReactNode;
  /** What the content is of, muted, beside the title. */
  readonly scope?: ReactNode;
  /** Controls at the right of the head. */
  readonly end?: ReactNode;
  readonly label?: string;
  /** No padding around the content: tables and lists draw to the edge. */
  readonly flush?: boolean;
  /** Takes the height that is left and scrolls inside. */
  readonly fill?: boolean;
  /** A line between head and content. */
  readonly divided?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A framed part of a page. An error while drawing it stays inside it. */
export function Panel(props: PanelProps) {
  const { title, scope, end, label, flush, fill, divided, className, children } = props;
  return (
    <section
      className={[classes.panel, className].filter(Boolean).join(" ")}
      data-fill={fill || undefined}
      aria-label={label ?? (typeof title === "string" ? title : undefined)}
    >
      {title === undefined ? null : (
        <PanelHead title={title} scope={scope} end={end} divided={divided ?? flush ?? false} />
      )}
      <div
        className={classes.body}
        data-flush={flush || undefined}
        data-headed={(title !== undefined && !flush) || undefined}
      >
        <PanelBoundary>{children}</PanelBoundary>
      </div>
    </section>
  );
}

export function PanelHead(props: { title: ReactNode; scope?: ReactNode; end?: ReactNode; divided?: boolean }) {
  return (
    <header className={classes.head} data-divided={props.divided || undefined}>
      <h2 className={classes.title}>{props.title}</h2>
      {props.scope ? <span className={classes.scope}>{props.scope}</span> : null}
      {props.end ? <div className={classes.end}>{props.end}</div> : null}
    </header>
  );
}
