import { AppError } from "../../platform/errors.ts";
import { MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROW_BYTES, MAX_ROWS, type ImportState } from "./imports.schema.ts";

export function importNotFound(): AppError {
  return new AppError({ kind: "NOT_FOUND", code: "IMPORT_NOT_FOUND", publicMessage: "There is no such import." });
}

/** The import is in a state that the act is not for. Nothing was changed. */
export function importState(state: ImportState, act: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "IMPORT_STATE",
    publicMessage: `This import cannot be ${act}: it is ${state}.`,
    details: { state },
  });
}

/** Older than the days for which an import can be undone. */
export function importTooOld(days: number): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "IMPORT_TOO_OLD",
    publicMessage: `An import can be undone for ${days} days. Delete the people one by one.`,
  });
}

/** The mapping names no column with e-mail addresses. With an `importId` the file is kept, and `users.imports.map` takes it up. */
export function importColumns(columns: readonly string[], importId?: string): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "IMPORT_COLUMNS",
    publicMessage: `Which column holds the e-mail address? The file has: ${columns.join(", ") || "no columns"}.`,
    details: { columns, ...(importId === undefined ? {} : { importId }) },
  });
}

/** The file has no header, or no row below it. */
export function importEmpty(): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "IMPORT_EMPTY",
    publicMessage: "The file is empty. It needs a line with the names of the columns and a line for each person.",
  });
}

/** The file is no CSV in UTF-8. `line` is where reading ended, the header being 1. */
export function importUnreadable(line: number, why: string): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "IMPORT_UNREADABLE",
    publicMessage: `The file cannot be read as CSV: ${why} (line ${line}).`,
    details: { line },
  });
}

/** A line with more than 100 columns, a cell of more than 10 KB, or 64 KB in all. Nothing was kept. */
export function importTooWide(line: number): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "IMPORT_TOO_WIDE",
    publicMessage: `Line ${line} is too wide: a line has at most ${MAX_COLUMNS} columns of ${MAX_CELL_BYTES / 1024} KB, ${MAX_ROW_BYTES / 1024} KB in all. Is a quote left open?`,
    details: { line, maxColumns: MAX_COLUMNS, maxCellBytes: MAX_CELL_BYTES, maxRowBytes: MAX_ROW_BYTES },
  });
}

/** More rows than an import may have. Nothing was kept. */
export function importTooLarge(): AppError {
  return new AppError({
    kind: "PAYLOAD_TOO_LARGE",
    code: "IMPORT_TOO_LARGE",
    publicMessage: `An import has at most ${MAX_ROWS.toLocaleString("en")} rows. Split the file.`,
    details: { maxRows: MAX_ROWS },
  });
}
