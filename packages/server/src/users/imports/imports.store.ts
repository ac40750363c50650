import { createConditions, isoOf, type Sql } from "../../platform/sql.ts";
import type { Role } from "../../trpc/roles.ts";
import { KEPT_DAYS, type ImportMapping, type ImportState, type ImportSummary } from "./imports.schema.ts";

const KEPT_UNTIL = `finished_at + make_interval(days => ${KEPT_DAYS})`;
const IS_UNDOABLE = "state IN ('done', 'aborted', 'failed') AND imported_rows > undone_rows";
const COLUMNS = `
  id, file_name AS "fileName", state, columns, mapping, total_rows AS "totalRows", checked_rows AS "checkedRows",
  problem_rows AS "problemRows", imported_rows AS "importedRows", undone_rows AS "undoneRows", problem,
  created_by_email AS "createdByEmail", ${isoOf("created_at")} AS "createdAt", ${isoOf("started_at")} AS "startedAt",
  ${isoOf("finished_at")} AS "finishedAt",
  CASE WHEN ${IS_UNDOABLE} AND ${KEPT_UNTIL} > now() THEN ${isoOf(`(${KEPT_UNTIL})`)} END AS "undoUntil"`;

export interface NewImport {
  readonly id: string;
  readonly fileName: string;
  readonly createdBy: string;
  readonly createdByEmail: string;
  readonly createdByRole: Role;
}

export async function insertImport(sql: Sql, made: NewImport): Promise<void> {
  await sql.query(
    `INSERT INTO user_import (id, file_name, state, columns, created_by, created_by_email, created_by_role)
     VALUES ($1, $2, 'uploading', '{}', $3, $4, $5)`,
    [made.id, made.fileName, made.createdBy, made.createdByEmail, made.createdByRole],
  );
}

export async function setColumns(sql: Sql, id: string, columns: readonly string[]): Promise<void> {
  await sql.query("UPDATE user_import SET columns = $2 WHERE id = $1", [id, columns]);
}

/** With all of its rows. */
export async function deleteImport(sql: Sql, id: string): Promise<void> {
  await sql.query("DELETE FROM user_import WHERE id = $1", [id]);
}

export async function selectImport(sql: Sql, id: string): Promise<ImportSummary | undefined> {
  const { rows } = await sql.query<ImportSummary>(`SELECT ${COLUMNS} FROM user_import WHERE id = $1`, [id]);
  return rows[0];
}

export interface ImportsQuery {
  readonly after?: readonly [createdAt: string, id: string] | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function selectImports(sql: Sql, query: ImportsQuery): Promise<ImportSummary[]> {
  const { values, bind, add, where } = createConditions();
  if (query.after) add(`(created_at, id) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<ImportSummary>(
    `SELECT ${COLUMNS} FROM user_import ${where()} ORDER BY created_at DESC, id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

/** What decides whether an act or a chunk may go on. */
export interface LockedImport {
  readonly state: ImportState;
  readonly columns: readonly string[];
  readonly mapping: ImportMapping | null;
  readonly totalRows: number;
  readonly checkedRows: number;
  readonly problemRows: number;
  readonly importedRows: number;
  readonly undoneRows: number;
  readonly jobId: string | null;
  readonly createdBy: string;
  readonly createdByEmail: string;
  readonly createdByRole: Role;
  readonly isStarted: boolean;
  /** Its rows were removed, or will be at any moment. */
  readonly isTooOld: boolean;
}

/** The first of two keys of an advisory lock; the other is the import's. */
const IMPORT_LOCK = 4_600_003;

/** Until the end of the transaction nobody else changes the import: chunks and acts come one after the other. */
export async function lockImport(sql: Sql, id: string): Promise<LockedImport | undefined> {
  // Not by the row alone: whoever waits for a row is overtaken by the next chunk, again and again, for each leaves a new version of
  // it. Guarded by "pause stops behind the chunk under way".
  await sql.query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [IMPORT_LOCK, id]);
  const { rows } = await sql.query<LockedImport>(
    `SELECT state, columns, mapping, total_rows AS "totalRows", checked_rows AS "checkedRows", problem_rows AS "problemRows",
            imported_rows AS "importedRows", undone_rows AS "undoneRows", job_id AS "jobId", created_by AS "createdBy",
            created_by_email AS "createdByEmail", created_by_role AS "createdByRole", started_at IS NOT NULL AS "isStarted",
            coalesce(${KEPT_UNTIL} <= now(), false) AS "isTooOld"
       FROM user_import WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return rows[0];
}

/** Another mapping makes every count begin again. */
export async function beginCheck(sql: Sql, id: string, mapping: ImportMapping): Promise<void> {
  await sql.query(
    `UPDATE user_import SET state = 'checking', mapping = $2, checked_rows = 0, problem_rows = 0, problem = NULL, finished_at = NULL
      WHERE id = $1`,
    [id, JSON.stringify(mapping)],
  );
}

/** Of a job that stores or undoes, from the start or again. */
export async function beginRun(sql: Sql, id: string, state: "running" | "undoing"): Promise<void> {
  await sql.query(
    `UPDATE user_import SET state = $2, problem = NULL,
            started_at = coalesce(started_at, now()), finished_at = CASE WHEN $2 = 'undoing' THEN finished_at END
      WHERE id = $1`,
    [id, state],
  );
}

export async function setJob(sql: Sql, id: string, jobId: string): Promise<void> {
  await sql.query("UPDATE user_import SET job_id = $2 WHERE id = $1", [id, jobId]);
}

/** A state that nothing runs in. `problem` undefined keeps what is there. */
export async function setState(sql: Sql, id: string, state: ImportState, problem?: string | null): Promise<void> {
  await sql.query(
    `UPDATE user_import SET state = $2, problem = CASE WHEN $3 THEN $4 ELSE problem END,
            finished_at = CASE WHEN $2 IN ('done', 'aborted', 'failed', 'undone') THEN coalesce(finished_at, now()) ELSE finished_at END
      WHERE id = $1`,
    [id, state, problem !== undefined, problem ?? null],
  );
}

/** Added to what is there. */
export interface Progress {
  readonly total?: number;
  readonly checked?: number;
  readonly problems?: number;
  readonly imported?: number;
  readonly undone?: number;
}

export async function addProgress(sql: Sql, id: string, progress: Progress): Promise<void> {
  const { total = 0, checked = 0, problems = 0, imported = 0, undone = 0 } = progress;
  await sql.query(
    `UPDATE user_import SET total_rows = total_rows + $2, checked_rows = checked_rows + $3, problem_rows = problem_rows + $4,
            imported_rows = imported_rows + $5, undone_rows = undone_rows + $6 WHERE id = $1`,
    [id, total, checked, problems, imported, undone],
  );
}

/** Says that the job was cut off, and where the next one takes over. */
export async function noteInterruption(sql: Sql, id: string, jobId: string): Promise<void> {
  await sql.query(
    `UPDATE user_import
        SET problem = format('Interrupted at row %s; went on at %s.',
              CASE state WHEN 'undoing' THEN undone_rows WHEN 'checking' THEN checked_rows ELSE imported_rows END,
              ${isoOf("clock_timestamp()")})
      WHERE id = $1 AND job_id = $2 AND state IN ('checking', 'running', 'undoing')`,
    [id, jobId],
  );
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly isSuspended: boolean;
}

/** Until the end of the transaction the person keeps role and state. */
export async function holdPerson(sql: Sql, id: string): Promise<Person | undefined> {
  const { rows } = await sql.query<Person>(
    `SELECT id, email, role, suspended_at IS NOT NULL AS "isSuspended" FROM users WHERE id = $1 FOR SHARE`,
    [id],
  );
  return rows[0];
}

/** Imports that a job should be at work on. */
export async function selectAtWork(sql: Sql): Promise<{ id: string; jobId: string | null }[]> {
  const { rows } = await sql.query<{ id: string; jobId: string | null }>(
    `SELECT id, job_id AS "jobId" FROM user_import WHERE state IN ('checking', 'running', 'undoing') ORDER BY created_at`,
  );
  return rows;
}

/** Fails uploads whose process went away: no upload lasts as long. */
export async function failStaleUploads(sql: Sql, minutes: number): Promise<void> {
  await sql.query(
    `WITH cut AS (
       UPDATE user_import SET state = 'failed', finished_at = now(), total_rows = 0, problem = $2
        WHERE state = 'uploading' AND created_at < now() - make_interval(mins => $1) RETURNING id
     ) DELETE FROM user_import_row WHERE import_id IN (SELECT id FROM cut)`,
    [minutes, "The upload was cut off. Upload the file again."],
  );
}

/** Ends imports that nobody went on with. */
export async function abortForgotten(sql: Sql): Promise<void> {
  await sql.query(
    `UPDATE user_import SET state = 'aborted', finished_at = now(), problem = $2
      WHERE state IN ('ready', 'paused') AND coalesce(started_at, created_at) < now() - make_interval(days => $1)`,
    [KEPT_DAYS, `Nobody went on with it for ${KEPT_DAYS} days.`],
  );
}
