import type { Pool } from "pg";
import { isAppError } from "../../platform/errors.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Principal } from "../../trpc/context.ts";
import { readCsv } from "./csv-reader.ts";
import { importColumns, importEmpty, importTooLarge } from "./imports.errors.ts";
import { MAX_ROWS, type ImportMapping } from "./imports.schema.ts";
import { addProgress, deleteImport, insertImport, setColumns, setState } from "./imports.store.ts";
import { guessMapping, isMappingOf } from "./person.ts";
import { deleteRows, insertRows, type ImportRow } from "./rows.store.ts";

export interface Upload {
  readonly fileName: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Guessed from the header when undefined. */
  readonly mapping: ImportMapping | undefined;
  /** Aborts when the caller leaves or the deadline passes. */
  readonly signal: AbortSignal;
}

const BATCH_ROWS = 1000;
const BATCH_BYTES = 1_048_576;
const COLUMN_NAME_MAX_LENGTH = 200;
const CUT_OFF = "The upload was cut off. Upload the file again.";

/**
 * Stores the rows of a file while it arrives, as fast as the database takes them, and answers the id of the import and its mapping. What
 * is refused leaves nothing behind, except a file whose columns have to be mapped by hand; what is cut off leaves a failed import without
 * rows. Raises what `readCsv` raises, 413 `IMPORT_TOO_LARGE` and 400 `IMPORT_COLUMNS`.
 */
export async function storeUpload(
  { pool, ids }: { readonly pool: Pool; readonly ids: Ids },
  principal: Principal,
  upload: Upload,
): Promise<{ readonly id: string; readonly mapping: ImportMapping }> {
  const { fileName, mapping } = upload;
  const id = ids.uuid();
  const { userId, email, role } = principal;
  await insertImport(pool, { id, fileName, createdBy: userId, createdByEmail: email, createdByRole: role });
  let columns: readonly string[];
  try {
    columns = await storeFile(pool, id, upload);
  } catch (error) {
    const isRefused = isAppError(error) && (error.kind === "BAD_REQUEST" || error.kind === "PAYLOAD_TOO_LARGE");
    if (isRefused) await deleteImport(pool, id);
    else await failUpload(pool, id);
    throw error;
  }
  const found = mapping ?? guessMapping(columns);
  if (found) return { id, mapping: found };
  await setState(pool, id, "failed", "No column is named like an e-mail address. Say which one it is.");
  throw importColumns(columns, id);
}

/** Answers the names of the columns. */
async function storeFile(pool: Pool, id: string, { body, mapping, signal }: Upload): Promise<readonly string[]> {
  const rows = readCsv(body);
  const header = await rows.next();
  if (header.done) throw importEmpty();
  const columns = header.value.cells.map((name) => name.trim().slice(0, COLUMN_NAME_MAX_LENGTH).toWellFormed());
  if (mapping && !isMappingOf(columns, mapping)) {
    await rows.return(undefined);
    throw importColumns(columns);
  }
  await setColumns(pool, id, columns);
  await storeRows(pool, id, rows, signal);
  return columns;
}

async function storeRows(pool: Pool, id: string, rows: AsyncIterable<ImportRow>, signal: AbortSignal): Promise<void> {
  let batch: ImportRow[] = [];
  let batchBytes = 0;
  let total = 0;
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    await insertRows(pool, id, batch);
    await addProgress(pool, id, { total: batch.length });
    batch = [];
    batchBytes = 0;
  };
  for await (const row of rows) {
    total += 1;
    if (total > MAX_ROWS) throw importTooLarge();
    batch.push(row);
    batchBytes += row.cells.reduce((bytes, cell) => bytes + cell.length, 0);
    if (batch.length === BATCH_ROWS || batchBytes > BATCH_BYTES) await flush();
  }
  if (total === 0) throw importEmpty();
  await flush();
}

async function failUpload(pool: Pool, id: string): Promise<void> {
  await deleteRows(pool, id);
  await pool.query("UPDATE user_import SET total_rows = 0 WHERE id = $1", [id]);
  await setState(pool, id, "failed", CUT_OFF);
}
