import { Inbox, Lock, type LucideIcon, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./states.module.css";

export interface EmptyStateProps {
  /** `never`: nothing was ever made; `none-match`: filters hide all; `no-right`: the role may not see it. */
  readonly kind: "never" | "none-match" | "no-right";
  readonly title: string;
  readonly body?: ReactNode;
  /** Instead of the icon of the kind. */
  readonly icon?: LucideIcon;
  /** The command, the chips or the person who can help; then the buttons. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

const icons: Readonly<Record<EmptyStateProps["kind"], LucideIcon>> = {
  never: Inbox,
  "none-match": SearchX,
  "no-right": Lock,
};

export function EmptyState({ kind, title, body, icon, children, actions }: EmptyStateProps) {
  const Icon = icon ?? icons[kind];
  return (
    <div className={classes.state}>
      <Icon size={20} className="muted" aria-hidden />
      <p className={classes.title}>{title}</p>
      {body ? <p className={classes.text}>{body}</p> : null}
      {children}
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </div>
  );
}
