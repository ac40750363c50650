import type { Database } from "@switchboard/db";
import { z } from "zod";
import type { JobDefinition } from "../../define.ts";
import type { AuditSink } from "../../middleware/chain.ts";
import type { Clock } from "../../platform/clock.ts";
import { toCsvCell } from "../../platform/csv.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Service } from "../../platform/lifecycle.ts";
import type { Logger } from "../../platform/logger.ts";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import type { Principal } from "../../trpc/context.ts";
import { requireGrantable, requireRank } from "../../trpc/ranks.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../../trpc/wire.ts";
import { importColumns, importNotFound, importState, importTooOld } from "./imports.errors.ts";
import { CHECK_JOB, createImportJobs, STORE_JOB, UNDO_JOB } from "./imports.jobs.ts";
import {
  KEPT_DAYS,
  type ImportMapping,
  type importInput,
  type importPage,
  type importProblemPage,
  type importProblemsInput,
  type importsListInput,
  type ImportState,
  type UserImport,
} from "./imports.schema.ts";
import {
  beginCheck,
  beginRun,
  lockImport,
  selectImport,
  selectImports,
  setJob,
  setState,
  type LockedImport,
} from "./imports.store.ts";
import { isMappingOf } from "./person.ts";
import { createUpkeep, type ImportQueue } from "./recover.ts";
import { selectProblems, selectSample } from "./rows.store.ts";
import { storeUpload, type Upload } from "./upload.ts";

export interface UserImportsDeps {
  readonly database: Pick<Database, "pool">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly audit: AuditSink;
  readonly access: {
    /** What is known of the person, their sessions and keys is read afresh from here on. */
    forgetCredentials(userId: string): void;
  };
  readonly queue: ImportQueue;
}

/**
 * Files of people: checked, stored and undone by jobs, with all progress in the database. Acts raise 404 `IMPORT_NOT_FOUND`, 403
 * `RANK_TOO_LOW` for an import of somebody of a higher rank, and 409 `IMPORT_STATE`.
 */
export interface UserImports extends Service {
  /** For the queue. */
  readonly jobs: readonly JobDefinition[];
  /** Stores a file while it arrives, then has it checked. Raises what `storeUpload` raises. */
  upload(principal: Principal, upload: Upload): Promise<UserImport>;
  /** Has a file checked and, unless it is a dry run, stored. Raises also 400 `IMPORT_COLUMNS`, 403 `ROLE_ABOVE_OWN`. */
  import(principal: Principal, input: z.output<typeof importInput>, signal: AbortSignal): Promise<UserImport>;
  list(input: z.output<typeof importsListInput>): Promise<z.infer<typeof importPage>>;
  get(id: string): Promise<UserImport>;
  problems(input: z.output<typeof importProblemsInput>): Promise<z.infer<typeof importProblemPage>>;
  /** All problems as CSV: line and problem, then the cells as they came. */
  problemsCsv(id: string): Promise<AsyncIterable<string>>;
  /** Raises also 400 `IMPORT_COLUMNS`, 403 `ROLE_ABOVE_OWN`. */
  map(principal: Principal, id: string, mapping: ImportMapping): Promise<UserImport>;
  /** Lets the rows without a problem be stored. */
  begin(principal: Principal, id: string): Promise<UserImport>;
  pause(principal: Principal, id: string): Promise<UserImport>;
  resume(principal: Principal, id: string): Promise<UserImport>;
  abort(principal: Principal, id: string): Promise<UserImport>;
  /** Raises also 409 `IMPORT_TOO_OLD`. */
  undo(principal: Principal, id: string): Promise<UserImport>;
}

const LIST = "users.imports.list";
const PROBLEMS = "users.imports.problems";
const listKeys = z.tuple([timestampSchema, idSchema]);
const problemKeys = z.tuple([z.number().int()]);
const CSV_ROWS = 200;

export function createUserImports(deps: UserImportsDeps): UserImports {
  const { clock, ids, logger, audit, access, queue } = deps;
  const { pool } = deps.database;
  const enqueue = async (sql: Sql, id: string, name: string, input: object, by?: Principal): Promise<void> => {
    const enqueuedBy = by && (by.keyName ?? by.email);
    const job = await queue.enqueue({ name, input: { importId: id, ...input } }, { enqueuedBy, tx: sql });
    await setJob(sql, id, job.id);
  };

  const get = async (id: string): Promise<UserImport> => {
    const found = await selectImport(pool, id);
    if (!found) throw importNotFound();
    return { ...found, sample: await selectSample(pool, id) };
  };

  /** Changes an import while it is held, so that of two acts at once the second sees what the first made of it. */
  const change = async (
    principal: Principal,
    id: string,
    act: (sql: Sql, found: LockedImport) => Promise<void>,
  ): Promise<UserImport> => {
    await inTransaction(pool, async (sql) => {
      const found = await lockImport(sql, id);
      if (!found) throw importNotFound();
      requireRank(principal.role, found.createdByRole);
      await act(sql, found);
    });
    return get(id);
  };

  const check = async (
    sql: Sql,
    principal: Principal,
    id: string,
    found: Pick<LockedImport, "columns">,
    how: { readonly mapping: ImportMapping; readonly store: boolean },
  ): Promise<void> => {
    if (!isMappingOf(found.columns, how.mapping)) throw importColumns(found.columns, id);
    requireGrantable(principal.role, how.mapping.defaultRole);
    await beginCheck(sql, id, how.mapping);
    await enqueue(sql, id, CHECK_JOB, { store: how.store }, principal);
  };

  const store = async (sql: Sql, id: string, by?: Principal): Promise<void> => {
    await beginRun(sql, id, "running");
    await enqueue(sql, id, STORE_JOB, {}, by);
  };

  const takeIn = async (principal: Principal, upload: Upload, isDryRun: boolean): Promise<UserImport> => {
    if (upload.mapping) requireGrantable(principal.role, upload.mapping.defaultRole);
    const { id, mapping } = await storeUpload({ pool, ids }, principal, upload);
    return change(principal, id, (sql, found) => check(sql, principal, id, found, { mapping, store: !isDryRun }));
  };

  const goOn = (id: string, mapping: ImportMapping | undefined, isDryRun: boolean, principal: Principal) =>
    change(principal, id, async (sql, found) => {
      if (found.state !== "checking") requireCheckable(found, "imported");
      const known = mapping ?? found.mapping;
      if (!known) throw importColumns(found.columns, id);
      if (found.state === "ready" && !mapping && !isDryRun) await store(sql, id, principal);
      else await check(sql, principal, id, found, { mapping: known, store: !isDryRun });
    });

  return {
    ...createUpkeep({ pool, clock, logger, queue }),
    jobs: createImportJobs({
      pool,
      ids,
      audit,
      access,
      enqueueStore: (sql, importId) => enqueue(sql, importId, STORE_JOB, {}),
    }),

    upload: (principal, upload) => takeIn(principal, upload, true),
    import: (principal, { csv, uploadId, fileName = "import.csv", mapping, dryRun }, signal) => {
      if (uploadId !== undefined) return goOn(uploadId, mapping, dryRun, principal);
      return takeIn(principal, { fileName, mapping, signal, body: onePart(csv ?? "") }, dryRun);
    },

    list: async ({ limit, cursor }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, listKeys);
      const found = await selectImports(pool, { after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? toCursor(LIST, [last.createdAt, last.id]) : null };
    },
    get,
    problems: async ({ id, limit, cursor }) => {
      const [afterLine] = cursor === undefined ? [0] : parseCursor(PROBLEMS, cursor, problemKeys);
      if (!(await selectImport(pool, id))) throw importNotFound();
      const found = await selectProblems(pool, { importId: id, afterLine, limit: limit + 1, isShort: true });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? toCursor(PROBLEMS, [last.line]) : null };
    },
    problemsCsv: async (id) => {
      const found = await selectImport(pool, id);
      if (!found) throw importNotFound();
      return writeProblems(pool, id, found.columns);
    },

    map: (principal, id, mapping) =>
      change(principal, id, async (sql, found) => {
        requireCheckable(found, "mapped");
        await check(sql, principal, id, found, { mapping, store: false });
      }),
    begin: (principal, id) =>
      change(principal, id, async (sql, { state }) => {
        requireState(state, ["ready"], "started");
        await store(sql, id, principal);
      }),
    pause: (principal, id) =>
      change(principal, id, async (sql, { state }) => {
        requireState(state, ["running"], "paused");
        await setState(sql, id, "paused");
      }),
    resume: (principal, id) =>
      change(principal, id, async (sql, { state, isStarted, isTooOld, undoneRows }) => {
        // Once people were deleted again, going on would bring them back.
        const isHalfway = state === "failed" && isStarted && undoneRows === 0 && !isTooOld;
        if (!isHalfway) requireState(state, ["paused"], "resumed");
        await store(sql, id, principal);
      }),
    abort: (principal, id) =>
      change(principal, id, async (sql, { state, importedRows, totalRows, problemRows }) => {
        requireState(state, ["checking", "ready", "running", "paused"], "aborted");
        const left = totalRows - problemRows - importedRows;
        await setState(sql, id, "aborted", `Aborted: ${importedRows} people are stored, ${left} rows are not.`);
      }),
    undo: (principal, id) =>
      change(principal, id, async (sql, { state, isStarted, isTooOld }) => {
        requireState(
          state,
          isStarted ? ["done", "aborted", "paused", "failed"] : ["done", "aborted", "paused"],
          "undone",
        );
        if (isTooOld) throw importTooOld(KEPT_DAYS);
        await beginRun(sql, id, "undoing");
        const { userId, email, role } = principal;
        await enqueue(sql, id, UNDO_JOB, { undoer: { userId, email, role } }, principal);
      }),
  };
}

function requireState(state: ImportState, allowed: readonly ImportState[], act: string): void {
  if (!allowed.includes(state)) throw importState(state, act);
}

/** Nothing of it is stored yet, and its rows are there. */
function requireCheckable({ state, isStarted, totalRows, isTooOld }: LockedImport, act: string): void {
  requireState(state, ["ready", "failed"], act);
  if (isStarted || totalRows === 0 || isTooOld) throw importState(state, act);
}

async function* onePart(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function* writeProblems(sql: Sql, importId: string, columns: readonly string[]): AsyncGenerator<string> {
  const toLine = (cells: readonly string[]): string => `${cells.map(toCsvCell).join(",")}\r\n`;
  yield toLine(["line", "problem", ...columns]);
  for (let afterLine = 0; ;) {
    const found = await selectProblems(sql, { importId, afterLine, limit: CSV_ROWS, isShort: false });
    if (found.length > 0)
      yield found.map(({ line, problem, cells }) => toLine([String(line), problem, ...cells])).join("");
    const last = found.at(-1);
    if (!last || found.length < CSV_ROWS) return;
    afterLine = last.line;
  }
}
