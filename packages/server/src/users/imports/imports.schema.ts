import { z } from "zod";
import { roleSchema } from "../../trpc/roles.ts";
import { cursorSchema, idSchema, limitSchema, pageOf, timestampSchema } from "../../trpc/wire.ts";

/** What a file may hold. Beyond it nothing is kept. */
export const MAX_FILE_BYTES = 64 * 1_048_576;
export const MAX_ROWS = 1_000_000;
export const MAX_COLUMNS = 100;
export const MAX_CELL_BYTES = 10 * 1024;
export const MAX_ROW_BYTES = 64 * 1024;
/** The role that the procedures ask for, and that whoever made an import must still have while it stores. */
export const IMPORT_ROLE = "admin";
const INLINE_MAX_LENGTH = 900 * 1024;
/** An import is undone, and its rows are looked at, for as long. */
export const KEPT_DAYS = 7;

/** `failed` with rows kept: it can be mapped, or resumed once the reason is gone. */
export const importStates = [
  "uploading",
  "checking",
  "ready",
  "running",
  "paused",
  "done",
  "aborted",
  "failed",
  "undoing",
  "undone",
] as const;
export const importStateSchema = z.enum(importStates);
export type ImportState = z.infer<typeof importStateSchema>;

const columnSchema = z
  .number()
  .int()
  .min(0)
  .max(MAX_COLUMNS - 1);

/** Which column is which, counted from 0. */
export const importMappingSchema = z.object({
  email: columnSchema,
  /** Null, or an empty cell: the part of the address before the @. */
  name: columnSchema.nullable(),
  /** Null, or an empty cell: `defaultRole`. */
  role: columnSchema.nullable(),
  defaultRole: roleSchema.default("viewer"),
});
export type ImportMapping = z.output<typeof importMappingSchema>;

export const importSummarySchema = z.object({
  id: idSchema,
  fileName: z.string(),
  state: importStateSchema,
  /** From the first line of the file. */
  columns: z.array(z.string()),
  mapping: importMappingSchema.nullable(),
  totalRows: z.number().int(),
  checkedRows: z.number().int(),
  /** Rows that are not stored, and after an undo also people that were kept. */
  problemRows: z.number().int(),
  importedRows: z.number().int(),
  undoneRows: z.number().int(),
  /** Why it failed, or what interrupted it. */
  problem: z.string().nullable(),
  createdByEmail: z.string(),
  createdAt: timestampSchema,
  /** When people began to be stored. */
  startedAt: timestampSchema.nullable(),
  finishedAt: timestampSchema.nullable(),
  /** Until when it can be undone; null while that is out of the question. */
  undoUntil: timestampSchema.nullable(),
});
/** With the first five rows, each cell cut at 200 characters. */
export const importSchema = importSummarySchema.extend({ sample: z.array(z.array(z.string())) });
export type ImportSummary = z.infer<typeof importSummarySchema>;
export type UserImport = z.infer<typeof importSchema>;

const fileNameSchema = z.string().trim().min(1).max(200);

/** Exactly one of `csv` and `uploadId`, the id that an upload was answered with. Without a mapping it is guessed from the header. */
export const importInput = z
  .object({
    /** Up to 900 KB; larger files are uploaded. */
    csv: z.string().min(1).max(INLINE_MAX_LENGTH).optional(),
    uploadId: idSchema.optional(),
    fileName: fileNameSchema.optional(),
    mapping: importMappingSchema.optional(),
    /** False: the rows without a problem are stored as soon as all are checked. */
    dryRun: z.boolean().default(true),
  })
  .refine(({ csv, uploadId }) => (csv === undefined) !== (uploadId === undefined), {
    message: "Send either csv or uploadId.",
  });
export const uploadInput = z.object({ fileName: fileNameSchema.default("import.csv") });

export const importIdInput = z.object({ id: idSchema });
export const importMapInput = importIdInput.extend({ mapping: importMappingSchema });
export const importUndoInput = importIdInput.extend({ reason: z.string().trim().min(1).max(500).optional() });

export const importsListInput = z.object({ limit: limitSchema, cursor: cursorSchema.optional() });
export const importPage = pageOf(importSummarySchema);

export const importProblemsInput = importIdInput.extend({ limit: limitSchema, cursor: cursorSchema.optional() });
export const importProblemSchema = z.object({
  /** Of the file, the header being 1. */
  line: z.number().int(),
  /** Each cut at 200 characters. */
  cells: z.array(z.string()),
  problem: z.string(),
});
export type ImportProblem = z.infer<typeof importProblemSchema>;
export const importProblemPage = pageOf(importProblemSchema);
