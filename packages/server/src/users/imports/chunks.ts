import type { Pool } from "pg";
import type { JobContext } from "../../define.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import { isAbove, lowerOf } from "../../trpc/ranks.ts";
import type { Role } from "../../trpc/roles.ts";
import { IMPORT_ROLE, type ImportState } from "./imports.schema.ts";
import { holdPerson, lockImport, noteInterruption, setState, type LockedImport } from "./imports.store.ts";

export const CHUNK_ROWS = 500;
/** A database that is away for some minutes costs attempts and no import. */
export const ATTEMPTS = 30;

/** What a chunk came to. It is over when nothing is left to do, or the import is in another state, or another job's. */
export type ChunkEnd =
  | {
      readonly isOver: false;
      /** Of the whole work, 0 to 1. */
      readonly share: number;
      /** Called once the chunk is stored. */
      readonly onStored?: () => void;
    }
  | { readonly isOver: true };

export const OVER: ChunkEnd = { isOver: true };

/** Input and state that the three jobs share. */
export interface ChunkJob {
  readonly pool: Pool;
  readonly importId: string;
  readonly context: Pick<JobContext<unknown>, "jobId" | "attempt" | "signal" | "progress">;
}

/**
 * Runs chunk after chunk, each in a transaction of its own that holds the import: what a chunk did and what it counted are stored
 * together or not at all, so that whoever takes over goes on exactly behind it. Only the job that the import names may work on it,
 * in the one state that it is for; pause and abort change the state and are thereby seen at the next chunk. Once the attempts are
 * used up the import has failed.
 */
export async function runChunks(
  { pool, importId, context }: ChunkJob,
  state: ImportState,
  runChunk: (sql: Sql, found: LockedImport) => Promise<ChunkEnd>,
): Promise<void> {
  const { jobId, attempt, signal, progress } = context;
  if (attempt > 1) await noteInterruption(pool, importId, jobId);
  try {
    for (;;) {
      signal.throwIfAborted();
      const end = await inTransaction(pool, async (sql) => {
        const found = await lockImport(sql, importId);
        if (!found || found.state !== state || found.jobId !== jobId) return OVER;
        return runChunk(sql, found);
      });
      if (end.isOver) return;
      end.onStored?.();
      progress(end.share);
    }
  } catch (error) {
    if (attempt >= ATTEMPTS && !signal.aborted) {
      await inTransaction(pool, async (sql) => {
        const found = await lockImport(sql, importId);
        if (found?.state === state && found.jobId === jobId) await setState(sql, importId, "failed", GAVE_UP);
      });
    }
    throw error;
  }
}

const GAVE_UP = `It failed ${ATTEMPTS} times in a row; the log of its job says why.`;

/** Who an import acts for, as they are by now: nobody stores or deletes people after losing the right to it. */
export type Authority = { readonly email: string; readonly role: Role } | { readonly refusal: string };

/** `role` is what they had at the time, with the key that they used. Holds until the end of the transaction. */
export async function readAuthority(sql: Sql, userId: string, role: Role, email: string): Promise<Authority> {
  const person = await holdPerson(sql, userId);
  if (!person) return { refusal: `${email} was deleted: nobody answers for this import.` };
  if (person.isSuspended) return { refusal: `${person.email} is suspended: nobody answers for this import.` };
  const current = lowerOf(role, person.role);
  if (isAbove(IMPORT_ROLE, current)) {
    return { refusal: `${person.email} has the role ${current} by now, and imports need the role ${IMPORT_ROLE}.` };
  }
  return { email: person.email, role: current };
}
