import type { AuditSink } from "../../middleware/chain.ts";
import type { Ids } from "../../platform/ids.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import { analyzeUsers, insertUsers } from "../users.store.ts";
import { CHUNK_ROWS, OVER, readAuthority, runChunks, type ChunkEnd, type ChunkJob } from "./chunks.ts";
import { addProgress, lockImport, setState, type LockedImport } from "./imports.store.ts";
import { toPerson } from "./person.ts";
import { recordEnd } from "./record-end.ts";
import { selectWaitingRows, setProblems, setUsers } from "./rows.store.ts";

export interface StoreDeps {
  readonly ids: Ids;
  readonly audit: AuditSink;
}

const TAKEN_SINCE = "Somebody else has taken this address since the check.";

/** Makes a person of every row without a problem. */
export async function storeImport(job: ChunkJob, { ids, audit }: StoreDeps): Promise<void> {
  const { pool, importId, context } = job;
  let afterLine = 0;
  let isStored = false;
  let added = 0;

  const storeChunk = async (sql: Sql, found: LockedImport): Promise<ChunkEnd> => {
    const { mapping, columns, totalRows, problemRows, importedRows } = found;
    if (!mapping) throw new Error(`The import ${importId} is stored without a mapping.`);
    const authority = await readAuthority(sql, found.createdBy, found.createdByRole, found.createdByEmail);
    if ("refusal" in authority) {
      await setState(sql, importId, "failed", authority.refusal);
      return OVER;
    }
    const rows = await selectWaitingRows(sql, importId, afterLine, CHUNK_ROWS);
    const last = rows.at(-1);
    if (!last) {
      isStored = true;
      return OVER;
    }

    const rules = { mapping, width: columns.length, ceiling: authority.role };
    const read = rows.map(({ line, cells }) => ({ line, id: ids.uuid(), person: toPerson(cells, rules) }));
    const people = read.flatMap(({ id, person }) => ("email" in person ? { id, ...person } : []));
    const stored = new Set(await insertUsers(sql, people));
    const made = read.flatMap(({ line, id, person }) =>
      "email" in person && stored.has(person.email) ? { line, userId: id } : [],
    );
    const problems = read.flatMap(({ line, person }) =>
      "problem" in person
        ? { line, problem: person.problem }
        : stored.has(person.email)
          ? []
          : { line, problem: TAKEN_SINCE },
    );
    await setUsers(sql, importId, made);
    await setProblems(sql, importId, problems);
    await addProgress(sql, importId, { imported: made.length, problems: problems.length });
    afterLine = last.line;
    added += made.length;
    return { isOver: false, share: (problemRows + importedRows + rows.length) / Math.max(1, totalRows) };
  };

  await runChunks(job, "running", storeChunk);
  if (!isStored) return;
  await analyzeUsers(pool, added);
  // On record before it counts as done: killed in between, the next attempt records it again rather than never.
  await recordEnd({ pool, audit }, importId, "users.import.stored");
  await inTransaction(pool, async (sql) => {
    const found = await lockImport(sql, importId);
    if (found?.state === "running" && found.jobId === context.jobId) await setState(sql, importId, "done");
  });
}
