import type { Translate } from "../../lib/i18n/i18n.tsx";
import type { Outputs } from "../../lib/trpc.ts";
import type { Status } from "../../ui/StatusBadge.tsx";

export type ImportSummary = Outputs["users"]["imports"]["list"]["items"][number];
export type UserImport = Outputs["users"]["imports"]["get"];
export type ImportState = ImportSummary["state"];
export type Mapping = NonNullable<ImportSummary["mapping"]>;

export const importSteps = ["file", "columns", "check", "store", "done"] as const;
export type ImportStep = (typeof importSteps)[number];

/** The server's bound on a file; also on the pasted rows, which are sent as one. */
export const FILE_MAX_BYTES = 64 * 1024 * 1024;
export const ROWS_MAX = 1_000_000;

/** How a state looks; its word is `imports.state.<state>`. */
export const stateLooks: Readonly<Record<ImportState, Status>> = {
  uploading: "running",
  checking: "running",
  ready: "ready",
  running: "running",
  paused: "paused",
  done: "done",
  aborted: "cancelled",
  failed: "failed",
  undoing: "retrying",
  undone: "cancelled",
};

/** The file is here and none of its columns is named like an e-mail address: it waits for somebody to say which one it is. */
export function needsColumns({
  state,
  mapping,
  totalRows,
}: Pick<ImportSummary, "state" | "mapping" | "totalRows">): boolean {
  return state === "failed" && mapping === null && totalRows > 0;
}

/** The server is at work on it: what was read is out of date at once. */
export function isMoving({ state }: Pick<ImportSummary, "state">): boolean {
  return state === "uploading" || state === "checking" || state === "running" || state === "undoing";
}

/** Where somebody who looks at it is. An import without a mapping waits for its columns. */
export function stepOf({
  state,
  mapping,
  startedAt,
}: Pick<ImportSummary, "state" | "mapping" | "startedAt">): ImportStep {
  switch (state) {
    case "uploading":
      return "file";
    case "checking":
    case "ready":
      return "check";
    case "running":
    case "paused":
      return "store";
    case "failed":
      return startedAt !== null ? "store" : mapping === null ? "columns" : "check";
    case "aborted":
      return startedAt === null ? "check" : "store";
    case "done":
    case "undoing":
    case "undone":
      return "done";
  }
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** 0 to 1. */
  readonly share: number;
}

/** Rows that the dry run found good. */
export function goodRows({ totalRows, problemRows }: Pick<ImportSummary, "totalRows" | "problemRows">): number {
  return Math.max(0, totalRows - problemRows);
}

/** Of what it is at; null where nothing is counted. */
export function progressOf(item: ImportSummary): Progress | null {
  switch (item.state) {
    case "checking":
      return shareOf(item.checkedRows, item.totalRows);
    case "running":
    case "paused":
    case "aborted":
      return shareOf(item.importedRows, goodRows(item));
    case "failed":
      return item.startedAt === null ? null : shareOf(item.importedRows, goodRows(item));
    case "undoing":
      return shareOf(item.undoneRows, item.importedRows);
    case "uploading":
    case "ready":
    case "done":
    case "undone":
      return null;
  }
}

function shareOf(done: number, total: number): Progress {
  return { done, total, share: total === 0 ? 0 : Math.min(1, done / total) };
}

/** Stopped half-way by something that may be over by now. */
export function canResume({ state, startedAt, undoneRows }: ImportSummary): boolean {
  return state === "paused" || (state === "failed" && startedAt !== null && undoneRows === 0);
}

export function canUndo({ state, startedAt, importedRows, undoneRows }: ImportSummary): boolean {
  const isAtRest = state === "done" || state === "aborted" || state === "paused" || state === "failed";
  return isAtRest && startedAt !== null && importedRows > undoneRows;
}

/** Nothing of it is stored yet: its columns may be chosen anew. */
export function canMap({ state, startedAt, totalRows }: ImportSummary): boolean {
  return (state === "ready" || state === "failed") && startedAt === null && totalRows > 0;
}

export function canAbort({ state }: ImportSummary): boolean {
  return state === "checking" || state === "ready" || state === "running" || state === "paused";
}

/** A column by its name in the file, or by its number where it has none. */
export function columnName(columns: readonly string[], index: number, t: Translate): string {
  return columns[index]?.trim() || t("imports.column", { number: index + 1 });
}
