import { z } from "zod";
import type { AuditSink } from "../../middleware/chain.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import { isAbove } from "../../trpc/ranks.ts";
import { roleSchema, type Role } from "../../trpc/roles.ts";
import { idSchema } from "../../trpc/wire.ts";
import { lockPeople } from "../users.store.ts";
import { CHUNK_ROWS, OVER, readAuthority, runChunks, type ChunkEnd, type ChunkJob } from "./chunks.ts";
import { addProgress, lockImport, setState, type LockedImport } from "./imports.store.ts";
import { recordEnd } from "./record-end.ts";
import { clearUsers, deletePeople, selectMadeRows, setProblems, type MadeRow } from "./rows.store.ts";

/** Who undoes, with the role that they had when they asked for it. */
export const undoerSchema = z.object({ userId: idSchema, email: z.string(), role: roleSchema });
export type Undoer = z.infer<typeof undoerSchema>;

export interface UndoDeps {
  readonly audit: AuditSink;
  readonly access: { forgetCredentials(userId: string): void };
}

/** Deletes whom the import made, and says of every row whose person it could not delete why. */
export async function undoImport(job: ChunkJob, undoer: Undoer, { audit, access }: UndoDeps): Promise<void> {
  const { pool, importId, context } = job;
  let afterLine = 0;
  let isUndone = false;

  const undoChunk = async (sql: Sql, found: LockedImport): Promise<ChunkEnd> => {
    // As for every act on people: their ranks stay as they are until the chunk is stored.
    await lockPeople(sql);
    const authority = await readAuthority(sql, undoer.userId, undoer.role, undoer.email);
    if ("refusal" in authority) {
      await setState(sql, importId, "failed", authority.refusal);
      return OVER;
    }
    const rows = await selectMadeRows(sql, importId, afterLine, CHUNK_ROWS);
    const last = rows.at(-1);
    if (!last) {
      isUndone = true;
      return OVER;
    }

    const looked = rows.map((row) => ({ row, reason: toReason(row, undoer.userId, authority.role) }));
    const gone = looked.filter(({ reason }) => reason === undefined).map(({ row }) => row);
    // An active owner is always left: only an active owner deletes owners, and nobody deletes themselves.
    const count = await deletePeople(
      sql,
      gone.map(({ userId }) => userId),
    );
    const isLost = (row: MadeRow): boolean => row.role === null;
    await clearUsers(
      sql,
      importId,
      looked.filter(({ row, reason }) => reason === undefined || isLost(row)).map(({ row }) => row.line),
    );
    const kept = looked.flatMap(({ row, reason }) => (reason === undefined ? [] : { ...row, problem: reason }));
    await setProblems(sql, importId, kept);
    await addProgress(sql, importId, { undone: count, problems: kept.filter((row) => !row.hasProblem).length });
    afterLine = last.line;
    return {
      isOver: false,
      share: (found.undoneRows + count) / Math.max(1, found.importedRows),
      onStored: () => {
        for (const { userId } of gone) access.forgetCredentials(userId);
      },
    };
  };

  await runChunks(job, "undoing", undoChunk);
  if (!isUndone) return;
  await recordEnd({ pool, audit }, importId, "users.import.undone", undoer.email);
  await inTransaction(pool, async (sql) => {
    const found = await lockImport(sql, importId);
    if (found?.state === "undoing" && found.jobId === context.jobId) await setState(sql, importId, "undone");
  });
}

/** Why somebody is not deleted. */
function toReason({ userId, email, role }: MadeRow, undoerId: string, ownRole: Role): string | undefined {
  if (role === null) return "This person had been deleted before the undo.";
  if (userId === undoerId) return `${email} was kept: nobody deletes themselves.`;
  if (isAbove(role, ownRole)) return `${email} was kept: the role ${role} is above that of who undid the import.`;
  return undefined;
}
