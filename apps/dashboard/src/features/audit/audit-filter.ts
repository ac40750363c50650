import type { Inputs } from "../../lib/trpc.ts";
import type { AuditSearch } from "./audit.search.ts";

export type AuditFilter = Omit<Inputs["audit"]["list"], "limit" | "cursor">;
export const exportFormats = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What is asked of the server: for the list and the export alike. */
export function toFilter(search: AuditSearch): AuditFilter {
  return {
    ...(search.q ? { search: search.q } : {}),
    ...(search.action ? { action: search.action } : {}),
    ...(search.actor ? { actorId: search.actor } : {}),
    ...(search.target ? { targetId: search.target } : {}),
    ...(search.outcome ? { outcome: search.outcome } : {}),
    ...(search.via ? { via: search.via } : {}),
    ...(search.undo ? { undo: search.undo } : {}),
    ...(search.from ? { from: search.from } : {}),
    ...(search.to ? { to: search.to } : {}),
  };
}

/** Of the file that the server makes of a filter. */
export function exportPath(filter: AuditFilter, format: ExportFormat): string {
  const params = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) params.set(name, value);
  return `/api/audit/export?${params.toString()}`;
}
