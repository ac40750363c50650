import { defineFileRoute, type FileRoute } from "../middleware/file-route.ts";
import type { Clock } from "../platform/clock.ts";
import { toCsv, toNdjson } from "./export.ts";
import { exportFileInput, type User } from "./users.schema.ts";
import type { Users } from "./users.service.ts";

/** A million people on a line of 2 Mbit/s take half of it. A slot is held meanwhile, so a reader who stalls cannot keep it for long. */
const EXPORT_DEADLINE_MS = 15 * 60_000;

const FORMATS = {
  csv: { mediaType: "text/csv; charset=utf-8", toText: (users: readonly User[]) => toCsv(users, false) },
  ndjson: { mediaType: "application/x-ndjson; charset=utf-8", toText: toNdjson },
} as const;

/** Everybody as one file, written page by page as fast as it is read. */
export function createUserRoutes(users: Pick<Users, "exportPages">, clock: Clock): FileRoute[] {
  return [
    defineFileRoute({
      method: "GET",
      url: "/api/users/export",
      procedure: "users.export",
      action: "users.export",
      deadlineMs: EXPORT_DEADLINE_MS,
      input: exportFileInput,
      handle: ({ input: { format, ...filter }, signal, note }) => {
        let rows = 0;
        const { mediaType, toText } = FORMATS[format];
        async function* write(): AsyncGenerator<string> {
          try {
            if (format === "csv") yield toCsv([], true);
            for await (const page of users.exportPages(filter, signal)) {
              // Counted before it is on its way: of an export that breaks off, the log rather says too many than too few.
              rows += page.length;
              yield toText(page);
            }
          } finally {
            note({ after: { format, ...filter, rows } });
          }
        }
        note({ targetType: "user", after: { format, ...filter, rows } });
        const fileName = `people-${clock.now().toISOString().slice(0, 10)}.${format}`;
        return Promise.resolve({ kind: "download", mediaType, fileName, chunks: write() });
      },
    }),
  ];
}
