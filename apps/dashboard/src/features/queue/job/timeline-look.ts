import {
  Ban,
  Check,
  CirclePlus,
  FastForward,
  Hand,
  type LucideIcon,
  Pencil,
  RotateCw,
  ShieldAlert,
  Unplug,
  X,
} from "lucide-react";
import type { JobDetail } from "../job.ts";

export type TimelineEntry = JobDetail["timeline"][number];
export type Tone = "muted" | "ok" | "warn" | "bad" | "accent";

/** The word of a kind is `queue.event.<kind>`. */
export const timelineLooks: Readonly<
  Record<TimelineEntry["kind"], { readonly icon: LucideIcon; readonly tone: Tone }>
> = {
  enqueued: { icon: CirclePlus, tone: "muted" },
  started: { icon: Hand, tone: "muted" },
  completed: { icon: Check, tone: "ok" },
  failed: { icon: X, tone: "bad" },
  lost: { icon: Unplug, tone: "warn" },
  discarded: { icon: X, tone: "bad" },
  cancelled: { icon: Ban, tone: "muted" },
  retried: { icon: RotateCw, tone: "warn" },
  ranNow: { icon: FastForward, tone: "accent" },
  edited: { icon: Pencil, tone: "accent" },
  quarantined: { icon: ShieldAlert, tone: "warn" },
};

export interface Shortened {
  readonly head: readonly TimelineEntry[];
  readonly hidden: number;
  readonly tail: readonly TimelineEntry[];
}

/** The first and the last ones: what a line has room for. */
export function shorten(timeline: readonly TimelineEntry[], max: number): Shortened {
  if (timeline.length <= max) return { head: timeline, hidden: 0, tail: [] };
  return { head: timeline.slice(0, 1), hidden: timeline.length - max + 1, tail: timeline.slice(2 - max) };
}
