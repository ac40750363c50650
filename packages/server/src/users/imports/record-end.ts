import type { Pool } from "pg";
import type { AuditSink } from "../../middleware/chain.ts";
import { selectImport } from "./imports.store.ts";

/** Leaves an audit row for what a job has brought to its end. The server did it by itself; on whose behalf stands in `after`. */
export async function recordEnd(
  { pool, audit }: { readonly pool: Pool; readonly audit: AuditSink },
  importId: string,
  action: "users.import.stored" | "users.import.undone",
  undoneBy?: string,
): Promise<void> {
  const found = await selectImport(pool, importId);
  if (!found) return;
  const { fileName, totalRows, problemRows, importedRows, undoneRows, createdByEmail: createdBy } = found;
  const counts = { totalRows, problemRows, importedRows, undoneRows };
  await audit.record({
    action,
    outcome: "ok",
    code: undefined,
    principal: undefined,
    address: "",
    requestId: "",
    note: {
      targetType: "import",
      targetId: importId,
      after: { fileName, ...counts, createdBy, ...(undoneBy === undefined ? {} : { undoneBy }) },
    },
  });
}
