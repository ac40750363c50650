import { defineFileRoute, type FileRoute } from "../middleware/file-route.ts";
import type { Clock } from "../platform/clock.ts";
import { auditExportInput } from "./audit.schema.ts";
import type { Audit } from "./audit.service.ts";
import { CSV_HEADER, toCsv, toNdjson } from "./export.ts";

/** For a reader on a slow line; nothing but the slot is held meanwhile. */
const DEADLINE_MS = 60 * 60_000;

const FORMATS = {
  csv: { mediaType: "text/csv; charset=utf-8", header: CSV_HEADER, toText: toCsv },
  ndjson: { mediaType: "application/x-ndjson; charset=utf-8", header: "", toText: toNdjson },
} as const;

/** The log as one file, newest first, written page by page as fast as it is read. */
export function createAuditRoutes(audit: Pick<Audit, "pages">, clock: Clock): FileRoute[] {
  return [
    defineFileRoute({
      method: "GET",
      url: "/api/audit/export",
      procedure: "audit.list",
      action: "audit.export",
      deadlineMs: DEADLINE_MS,
      input: auditExportInput,
      handle: ({ input: { format, ...filter }, signal, note }) => {
        let events = 0;
        const { mediaType, header, toText } = FORMATS[format];
        async function* write(): AsyncGenerator<string> {
          try {
            if (header !== "") yield header;
            for await (const page of audit.pages(filter, signal)) {
              // Counted before it is on its way: of an export that breaks off, the log rather says too many than too few.
              events += page.length;
              yield toText(page);
            }
          } finally {
            note({ after: { format, ...filter, events } });
          }
        }
        note({ targetType: "audit", after: { format, ...filter, events } });
        const fileName = `audit-${clock.now().toISOString().slice(0, 10)}.${format}`;
        return Promise.resolve({ kind: "download", mediaType, fileName, chunks: write() });
      },
    }),
  ];
}
