import { ChevronDown, ChevronUp, X } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "../lib/i18n/i18n.tsx";
import { useShortcut } from "../lib/keyboard.tsx";
import { IconAction } from "./ActionButton.tsx";
import { PanelBoundary } from "./PanelBoundary.tsx";
import classes from "./PeekPanel.module.css";

export interface PeekPanelProps {
  /** Names the region: "Job 8d41c09e". */
  readonly label: string;
  readonly title: ReactNode;
  /** Under the title: the buttons. */
  readonly actions?: ReactNode;
  onClose(): void;
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
  readonly footer?: ReactNode;
  /** `PeekSection`s. */
  readonly children: ReactNode;
}

/** Details of one row beside the list. It pushes the list; below 1,100 px it lies over it, below 640 it is the page. */
export function PeekPanel(props: PeekPanelProps) {
  const t = useT();
  useShortcut("Escape", t("peek.close"), props.onClose);
  return (
    <aside className={classes.peek} aria-label={props.label}>
      <header className={classes.head}>
        <div className={classes.top}>
          <h2 className={classes.title}>{props.title}</h2>
          <div className={classes.nav}>
            {props.onPrevious ? (
              <IconAction label={t("peek.previous")} onClick={props.onPrevious}>
                <ChevronUp size={16} />
              </IconAction>
            ) : null}
            {props.onNext ? (
              <IconAction label={t("peek.next")} onClick={props.onNext}>
                <ChevronDown size={16} />
              </IconAction>
            ) : null}
            <IconAction label={t("peek.close")} onClick={props.onClose}>
              <X size={16} />
            </IconAction>
          </div>
        </div>
        {props.actions ? <div className={classes.actions}>{props.actions}</div> : null}
      </header>
      <div className={classes.body}>
        <PanelBoundary>{props.children}</PanelBoundary>
      </div>
      {props.footer ? <footer className={classes.foot}>{props.footer}</footer> : null}
    </aside>
  );
}

export function PeekSection(props: { title?: ReactNode; end?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      {props.title || props.end ? (
        <div className={classes.sectionHead}>
          <h3>{props.title}</h3>
          {props.end ? <div className={classes.sectionEnd}>{props.end}</div> : null}
        </div>
      ) : null}
      {props.children}
    </section>
  );
}
