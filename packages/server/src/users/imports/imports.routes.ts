import { defineFileRoute, type FileRoute } from "../../middleware/file-route.ts";
import { importIdInput, MAX_FILE_BYTES, uploadInput } from "./imports.schema.ts";
import { toImportNote } from "./imports.router.ts";
import type { UserImports } from "./imports.service.ts";

const UPLOAD_DEADLINE_MS = 10 * 60_000;
const DOWNLOAD_DEADLINE_MS = 10 * 60_000;

/** What is too large for a procedure: a file of people that comes in, and its problems that go out. */
export function createImportRoutes(imports: UserImports): FileRoute[] {
  return [
    defineFileRoute({
      method: "POST",
      url: "/api/users/imports",
      procedure: "users.import",
      action: "users.imports.upload",
      deadlineMs: UPLOAD_DEADLINE_MS,
      body: { mediaType: "text/csv", maxBytes: MAX_FILE_BYTES },
      input: uploadInput,
      handle: async ({ principal, input, body, signal, note }) => {
        note({ targetType: "import" });
        const { fileName } = input;
        const made = await imports.upload(principal, { fileName, body, mapping: undefined, signal });
        note(toImportNote(made));
        return { kind: "json", status: 201, body: made };
      },
    }),
    defineFileRoute({
      method: "GET",
      url: "/api/users/imports/:id/problems.csv",
      procedure: "users.imports.problems",
      deadlineMs: DOWNLOAD_DEADLINE_MS,
      input: importIdInput,
      handle: async ({ input }) => ({
        kind: "download",
        mediaType: "text/csv; charset=utf-8",
        fileName: "import-problems.csv",
        chunks: await imports.problemsCsv(input.id),
      }),
    }),
  ];
}
