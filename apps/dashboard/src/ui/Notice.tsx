import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Notice.module.css";

type NoticeTone = "warn" | "bad" | "info" | "ok";

export interface NoticeProps {
  readonly tone: NoticeTone;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly icon?: LucideIcon;
  /** Buttons at the right. */
  readonly end?: ReactNode;
}

const icons: Readonly<Record<NoticeTone, LucideIcon>> = {
  warn: TriangleAlert,
  bad: CircleAlert,
  info: Info,
  ok: CircleCheck,
};

/** A sentence on a tint, the width of its place: the verdict, a lost connection, the refusal of a form. */
export function Notice({ tone, title, children, icon, end }: NoticeProps) {
  const Icon = icon ?? icons[tone];
  return (
    <div className={classes.notice} data-tone={tone} role={tone === "bad" ? "alert" : "status"}>
      <Icon size={16} className={classes.icon} aria-hidden />
      <p className={classes.text}>
        <span className={classes.title}>{title}</span>
        {children ? <span>{children}</span> : null}
      </p>
      {end ? <div className={classes.end}>{end}</div> : null}
    </div>
  );
}
