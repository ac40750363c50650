import { router } from "../../trpc/init.ts";
import { procedure } from "../../trpc/procedures.ts";
import { requirePrincipal } from "../../trpc/ranks.ts";
import {
  importIdInput,
  importInput,
  importMapInput,
  importPage,
  importProblemPage,
  importProblemsInput,
  importSchema,
  importsListInput,
  importUndoInput,
  type UserImport,
} from "./imports.schema.ts";
import type { UserImports } from "./imports.service.ts";

/** What the audit row keeps of an import. */
export function toImportNote({ id, fileName, state, totalRows, problemRows, importedRows, undoneRows }: UserImport) {
  return {
    targetType: "import",
    targetId: id,
    after: { fileName, state, totalRows, problemRows, importedRows, undoneRows },
  };
}

/** `users.import`. */
export function createImportProcedure(imports: UserImports) {
  return procedure
    .meta({
      access: "admin",
      limit: "bulk",
      description: "Checks a CSV of people, and with dryRun false stores the rows without a problem.",
    })
    .input(importInput)
    .output(importSchema)
    .mutation(async ({ ctx, input }) => {
      ctx.note({ targetType: "import", ...(input.uploadId === undefined ? {} : { targetId: input.uploadId }) });
      const made = await imports.import(requirePrincipal(ctx.principal), input, ctx.signal);
      const note = toImportNote(made);
      ctx.note({ ...note, after: { ...note.after, dryRun: input.dryRun } });
      return made;
    });
}

/** `users.imports.*`. */
export function createImportsRouter(imports: UserImports) {
  /** Notes the import before the act, for a refusal is on record with its target. */
  const act = (name: "begin" | "pause" | "resume" | "abort", limit: "bulk" | "write", description: string) =>
    procedure
      .meta({ access: "admin", limit, description })
      .input(importIdInput)
      .output(importSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "import", targetId: input.id });
        const changed = await imports[name](requirePrincipal(ctx.principal), input.id);
        ctx.note(toImportNote(changed));
        return changed;
      });

  return router({
    list: procedure
      .meta({ access: "admin", limit: "read", description: "Imports, newest first." })
      .input(importsListInput)
      .output(importPage)
      .query(({ input }) => imports.list(input)),
    get: procedure
      .meta({ access: "admin", limit: "read", description: "One import, with its first five rows." })
      .input(importIdInput)
      .output(importSchema)
      .query(({ input }) => imports.get(input.id)),
    problems: procedure
      .meta({ access: "admin", limit: "read", description: "Rows that are not stored, and why; in order of line." })
      .input(importProblemsInput)
      .output(importProblemPage)
      .query(({ input }) => imports.problems(input)),
    map: procedure
      .meta({ access: "admin", limit: "bulk", description: "Checks all rows again with other columns." })
      .input(importMapInput)
      .output(importSchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "import", targetId: input.id });
        const changed = await imports.map(requirePrincipal(ctx.principal), input.id, input.mapping);
        const note = toImportNote(changed);
        ctx.note({ ...note, after: { ...note.after, mapping: input.mapping } });
        return changed;
      }),
    start: act("begin", "bulk", "Stores the rows without a problem, in the background."),
    pause: act("pause", "write", "Stops storing after the current 500 rows."),
    resume: act("resume", "write", "Goes on storing where it stopped."),
    abort: act("abort", "write", "Ends the import for good. What is stored stays until it is undone."),
    undo: procedure
      .meta({
        access: "admin",
        limit: "bulk",
        description: "Deletes the people that this import made, in the background.",
        stepUp: true,
      })
      .input(importUndoInput)
      .output(importSchema)
      .mutation(async ({ ctx, input }) => {
        const reason = input.reason === undefined ? {} : { reason: input.reason };
        ctx.note({ targetType: "import", targetId: input.id, ...reason });
        const changed = await imports.undo(requirePrincipal(ctx.principal), input.id);
        ctx.note(toImportNote(changed));
        return changed;
      }),
  });
}
