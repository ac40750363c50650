import type { Pool } from "pg";
import { z } from "zod";
import { defineJob, type JobDefinition } from "../../define.ts";
import type { AuditSink } from "../../middleware/chain.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Sql } from "../../platform/sql.ts";
import { idSchema } from "../../trpc/wire.ts";
import { checkImport } from "./check.job.ts";
import { ATTEMPTS } from "./chunks.ts";
import { selectImport } from "./imports.store.ts";
import { storeImport } from "./store.job.ts";
import { undoerSchema, undoImport } from "./undo.job.ts";

export const CHECK_JOB = "users.check-import";
export const STORE_JOB = "users.store-import";
export const UNDO_JOB = "users.undo-import";

const importIdField = { importId: idSchema };
export const checkJobInput = z.object({
  ...importIdField,
  /** Whether the rows without a problem are stored as soon as all are checked. */
  store: z.boolean().default(false),
});
const storeJobInput = z.object(importIdField);
export const undoJobInput = z.object({ ...importIdField, undoer: undoerSchema });

export interface ImportJobsDeps {
  readonly pool: Pool;
  readonly ids: Ids;
  readonly audit: AuditSink;
  readonly access: { forgetCredentials(userId: string): void };
  /** Gives the import its store job, in the transaction that lets it run. */
  readonly enqueueStore: (sql: Sql, importId: string) => Promise<void>;
}

const SHARED = {
  queue: "imports",
  isInternal: true,
  retry: { attempts: ATTEMPTS, backoffMs: 250, maxDelayMs: 15_000 },
  timeoutMs: 6 * 3_600_000,
  concurrency: { perProcess: 2 },
};

/** Each works on an import only while that names it as its job, so that one which an operator enqueues by hand does nothing. */
export function createImportJobs({ pool, ids, audit, access, enqueueStore }: ImportJobsDeps): JobDefinition[] {
  const countsOf = async (importId: string) => {
    const found = await selectImport(pool, importId);
    if (!found) return { state: "gone" };
    const { state, checkedRows, problemRows, importedRows, undoneRows } = found;
    return { state, checkedRows, problemRows, importedRows, undoneRows };
  };
  return [
    defineJob({
      ...SHARED,
      name: CHECK_JOB,
      description: "Looks for problems in the rows of an import of people.",
      input: checkJobInput,
      run: async (context) => {
        const { importId, store } = context.input;
        const storeNext = store ? (sql: Sql) => enqueueStore(sql, importId) : undefined;
        await checkImport({ pool, importId, context }, storeNext);
        return countsOf(importId);
      },
    }),
    defineJob({
      ...SHARED,
      name: STORE_JOB,
      description: "Stores the people of an import, 500 at a time.",
      input: storeJobInput,
      run: async (context) => {
        const { importId } = context.input;
        await storeImport({ pool, importId, context }, { ids, audit });
        return countsOf(importId);
      },
    }),
    defineJob({
      ...SHARED,
      name: UNDO_JOB,
      description: "Deletes the people that an import made, 500 at a time.",
      input: undoJobInput,
      run: async (context) => {
        const { importId, undoer } = context.input;
        await undoImport({ pool, importId, context }, undoer, { audit, access });
        return countsOf(importId);
      },
    }),
  ];
}
