import type { Outputs } from "../../lib/trpc.ts";
import type { Status } from "../../ui/StatusBadge.tsx";

export type BulkSummary = Outputs["queue"]["bulk"]["get"];
export type BulkState = BulkSummary["state"];

/** How a state looks; its word is `activity.state.<state>`. */
export const bulkLooks: Readonly<Record<BulkState, Status>> = {
  running: "running",
  paused: "paused",
  done: "done",
  aborted: "cancelled",
  stopped: "failed",
  failed: "failed",
  undoing: "retrying",
  undone: "cancelled",
};

/** The server is at work on it: what was read is out of date at once. */
export function isMoving({ state }: Pick<BulkSummary, "state">): boolean {
  return state === "running" || state === "undoing";
}

export function canAbort({ state }: Pick<BulkSummary, "state">): boolean {
  return state === "running" || state === "paused";
}

/** Also what still runs: the server stops it then. */
export function canUndo({ state, undoUntil }: Pick<BulkSummary, "state" | "undoUntil">, nowMs: number): boolean {
  return state !== "undoing" && state !== "undone" && undoUntil !== null && Date.parse(undoUntil) > nowMs;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** 0 to 1. */
  readonly share: number;
}

/** Of what it is at: forward, or back. A job that was refused is over as well. */
export function progressOf({ state, total, done, failed, undone }: BulkSummary): Progress {
  const isBack = state === "undoing" || state === "undone";
  const [over, all] = isBack ? [undone, done] : [done + failed, total];
  return { done: over, total: all, share: all === 0 ? 0 : Math.min(1, over / all) };
}
