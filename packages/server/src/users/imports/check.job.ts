import type { Sql } from "../../platform/sql.ts";
import { CHUNK_ROWS, OVER, readAuthority, runChunks, type ChunkEnd, type ChunkJob } from "./chunks.ts";
import { addProgress, beginRun, setState, type LockedImport } from "./imports.store.ts";
import { toPerson } from "./person.ts";
import { markRepeats, selectLineAt, selectRows, selectTaken, setProblems } from "./rows.store.ts";

const TAKEN = "A person with this address exists already.";

/**
 * Looks at every row and stores the first problem of each. `store` is called in the last transaction of a check after which the rows
 * are to be stored at once.
 */
export async function checkImport(job: ChunkJob, store: ((sql: Sql) => Promise<void>) | undefined): Promise<void> {
  const { importId } = job;
  let at = { checkedRows: 0, line: 0 };

  const checkChunk = async (sql: Sql, found: LockedImport): Promise<ChunkEnd> => {
    const { mapping, columns, totalRows, checkedRows } = found;
    if (!mapping) throw new Error(`The import ${importId} is checked without a mapping.`);
    const authority = await readAuthority(sql, found.createdBy, found.createdByRole, found.createdByEmail);
    if ("refusal" in authority) {
      await setState(sql, importId, "failed", authority.refusal);
      return OVER;
    }
    // Only what is stored counts: the chunk before may have been rolled back, or be another process's.
    if (at.checkedRows !== checkedRows) at = { checkedRows, line: await selectLineAt(sql, importId, checkedRows) };
    const rows = await selectRows(sql, importId, at.line, CHUNK_ROWS);
    const last = rows.at(-1);
    if (!last) {
      await addProgress(sql, importId, { problems: await markRepeats(sql, importId, mapping.email) });
      await setState(sql, importId, "ready", null);
      if (store) {
        await beginRun(sql, importId, "running");
        await store(sql);
      }
      return OVER;
    }

    const rules = { mapping, width: columns.length, ceiling: authority.role };
    const looked = rows.map((row) => ({ row, person: toPerson(row.cells, rules) }));
    const taken = await selectTaken(
      sql,
      looked.flatMap(({ person }) => ("email" in person ? person.email : [])),
    );
    const problems = looked.map(({ row, person }) => ({
      line: row.line,
      before: row.problem,
      problem: "problem" in person ? person.problem : taken.has(person.email) ? TAKEN : null,
    }));
    await setProblems(
      sql,
      importId,
      problems.filter(({ before, problem }) => before !== problem),
    );
    const bad = problems.filter(({ problem }) => problem !== null).length;
    await addProgress(sql, importId, { checked: rows.length, problems: bad });
    at = { checkedRows: checkedRows + rows.length, line: last.line };
    return { isOver: false, share: (checkedRows + rows.length) / Math.max(1, totalRows) };
  };

  await runChunks(job, "checking", checkChunk);
}
