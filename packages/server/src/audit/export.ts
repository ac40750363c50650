import { toCsvCell } from "../platform/csv.ts";
import type { AuditEvent } from "./audit.schema.ts";

const FIELDS = [
  "seq",
  "at",
  "action",
  "outcome",
  "code",
  "actorEmail",
  "actorId",
  "via",
  "keyName",
  "address",
  "requestId",
  "targetType",
  "targetId",
  "before",
  "after",
  "reason",
  "id",
  "undoes",
  "undoneBy",
] as const satisfies (keyof AuditEvent)[];

export const CSV_HEADER = `${FIELDS.join(",")}\r\n`;

/** RFC 4180, without the header. */
export function toCsv(events: readonly AuditEvent[]): string {
  return events.map((event) => `${FIELDS.map((field) => toCsvCell(toText(event[field]))).join(",")}\r\n`).join("");
}

export function toNdjson(events: readonly AuditEvent[]): string {
  return events.map(({ undo: _undo, ...event }) => `${JSON.stringify(event)}\n`).join("");
}

function toText(value: AuditEvent[keyof AuditEvent]): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
