import {
  Ban,
  Check,
  CircleDashed,
  CircleDot,
  CircleMinus,
  CircleSlash,
  Clock,
  ClockAlert,
  type LucideIcon,
  Pause,
  RotateCw,
  Unplug,
  X,
} from "lucide-react";
import type { ReactNode } from "react";
import { type PlainKey, useT } from "../lib/i18n/i18n.tsx";
import classes from "./StatusBadge.module.css";

type Tone = "ok" | "warn" | "bad" | "info" | "accent" | "muted";
interface Look {
  readonly icon: LucideIcon;
  readonly word: PlainKey;
  readonly tone: Tone;
}

const looks = {
  ready: { icon: CircleDashed, word: "status.ready", tone: "info" },
  running: { icon: CircleDot, word: "status.running", tone: "accent" },
  retrying: { icon: RotateCw, word: "status.retrying", tone: "warn" },
  scheduled: { icon: Clock, word: "status.scheduled", tone: "muted" },
  done: { icon: Check, word: "status.done", tone: "ok" },
  failed: { icon: X, word: "status.failed", tone: "bad" },
  cancelled: { icon: CircleSlash, word: "status.cancelled", tone: "muted" },
  paused: { icon: Pause, word: "status.paused", tone: "warn" },
  stale: { icon: ClockAlert, word: "status.stale", tone: "warn" },
  limited: { icon: CircleMinus, word: "status.limited", tone: "bad" },
  active: { icon: Check, word: "status.active", tone: "ok" },
  suspended: { icon: Ban, word: "status.suspended", tone: "muted" },
  expired: { icon: ClockAlert, word: "status.expired", tone: "warn" },
  revoked: { icon: Ban, word: "status.revoked", tone: "muted" },
  ok: { icon: Check, word: "status.ok", tone: "ok" },
  refused: { icon: CircleMinus, word: "status.refused", tone: "warn" },
  lost: { icon: Unplug, word: "status.lost", tone: "warn" },
} as const satisfies Record<string, Look>;

export type Status = keyof typeof looks;

/** Wire states of a job to the words of the dashboard. */
export const jobStatus = {
  available: "ready",
  executing: "running",
  retryable: "retrying",
  scheduled: "scheduled",
  completed: "done",
  discarded: "failed",
  cancelled: "cancelled",
} as const satisfies Record<string, Status>;

export interface StatusBadgeProps {
  readonly status: Status;
  /** Instead of the status' own word: "Failed 5/5". */
  readonly children?: ReactNode;
  /** On a tint, beside titles. Plain in tables. */
  readonly soft?: boolean;
}

/** Icon, word and colour: never colour alone. */
export function StatusBadge({ status, children, soft }: StatusBadgeProps) {
  const t = useT();
  const { icon: Icon, word, tone } = looks[status];
  return (
    <span className={classes.badge} data-tone={tone} data-soft={soft || undefined}>
      <Icon size={14} aria-hidden />
      <span>{children ?? t(word)}</span>
    </span>
  );
}
