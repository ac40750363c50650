import type { Sql } from "../../platform/sql.ts";
import type { Role } from "../../trpc/roles.ts";
import { BLANKS } from "./person.ts";
import { KEPT_DAYS, type ImportProblem } from "./imports.schema.ts";

export interface ImportRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** As JSON, for `unnest` cannot make rows of arrays that differ in length. */
export async function insertRows(sql: Sql, importId: string, rows: readonly ImportRow[]): Promise<void> {
  await sql.query(
    `INSERT INTO user_import_row (import_id, line, cells)
     SELECT $1, line, cells FROM json_to_recordset($2::json) AS row (line int, cells text[])`,
    [importId, JSON.stringify(rows)],
  );
}

export async function deleteRows(sql: Sql, importId: string): Promise<void> {
  await sql.query("DELETE FROM user_import_row WHERE import_id = $1", [importId]);
}

const SAMPLE_ROWS = 5;
const SHORT_CELLS =
  "ARRAY(SELECT left(cell, 200) FROM unnest(cells) WITH ORDINALITY AS c (cell, place) ORDER BY place) AS cells";

export async function selectSample(sql: Sql, importId: string): Promise<string[][]> {
  const { rows } = await sql.query<{ cells: string[] }>(
    `SELECT ${SHORT_CELLS} FROM user_import_row WHERE import_id = $1 ORDER BY line LIMIT ${SAMPLE_ROWS}`,
    [importId],
  );
  return rows.map(({ cells }) => cells);
}

/** The line of the `count`th row; 0 for none. */
export async function selectLineAt(sql: Sql, importId: string, count: number): Promise<number> {
  if (count === 0) return 0;
  const { rows } = await sql.query<{ line: number }>(
    "SELECT line FROM user_import_row WHERE import_id = $1 ORDER BY line OFFSET $2 LIMIT 1",
    [importId, count - 1],
  );
  return rows[0]?.line ?? 0;
}

export interface CheckedRow extends ImportRow {
  readonly problem: string | null;
}

export async function selectRows(sql: Sql, importId: string, afterLine: number, limit: number): Promise<CheckedRow[]> {
  const { rows } = await sql.query<CheckedRow>(
    `SELECT line, cells, problem FROM user_import_row WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT $3`,
    [importId, afterLine, limit],
  );
  return rows;
}

/** Rows that are still to be stored. */
export async function selectWaitingRows(
  sql: Sql,
  importId: string,
  afterLine: number,
  limit: number,
): Promise<ImportRow[]> {
  const { rows } = await sql.query<{ line: number; cells: string[] }>(
    `SELECT line, cells FROM user_import_row
      WHERE import_id = $1 AND line > $2 AND problem IS NULL AND user_id IS NULL ORDER BY line LIMIT $3`,
    [importId, afterLine, limit],
  );
  return rows;
}

/** Null: the row has none any more. */
export interface RowProblem {
  readonly line: number;
  readonly problem: string | null;
}

// Here and below `line = ANY`, though the join says so already: of an import that the statistics do not know yet the planner expects
// one row, and would compare each of its rows with each that is given. Guarded by "an import that the statistics do not know".
export async function setProblems(sql: Sql, importId: string, problems: readonly RowProblem[]): Promise<void> {
  if (problems.length === 0) return;
  await sql.query(
    `UPDATE user_import_row r SET problem = found.problem
       FROM unnest($2::int[], $3::text[]) AS found (line, problem)
      WHERE r.import_id = $1 AND r.line = ANY($2) AND r.line = found.line`,
    [importId, problems.map(({ line }) => line), problems.map(({ problem }) => problem)],
  );
}

/** Of these addresses, those that somebody has. */
export async function selectTaken(sql: Sql, emails: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ email: string }>("SELECT email FROM users WHERE email = ANY($1)", [emails]);
  return new Set(rows.map(({ email }) => email));
}

/**
 * Gives each row without a problem whose address stands on an earlier such line its problem. Answers how many. The address is
 * written as `toPerson` reads it; `emailColumn` counts from 0.
 *
 * Joined by place and not by line, so that there is one way to do it: sort the addresses once, then fetch what is repeated.
 */
export async function markRepeats(sql: Sql, importId: string, emailColumn: number): Promise<number> {
  const { rowCount } = await sql.query(
    `UPDATE user_import_row r SET problem = 'The address stands on line ' || repeated.first_line || ' already.'
       FROM (
         SELECT ctid, line, min(line) OVER (PARTITION BY lower(btrim(cells[$2], $3) COLLATE "C")) AS first_line
           FROM user_import_row WHERE import_id = $1 AND problem IS NULL
       ) repeated
      WHERE r.ctid = repeated.ctid AND repeated.first_line < repeated.line`,
    [importId, emailColumn + 1, BLANKS],
  );
  return rowCount ?? 0;
}

/** Which row made whom. */
export interface MadeUser {
  readonly line: number;
  readonly userId: string;
}

export async function setUsers(sql: Sql, importId: string, made: readonly MadeUser[]): Promise<void> {
  await sql.query(
    `UPDATE user_import_row r SET user_id = made.user_id
       FROM unnest($2::int[], $3::uuid[]) AS made (line, user_id)
      WHERE r.import_id = $1 AND r.line = ANY($2) AND r.line = made.line`,
    [importId, made.map(({ line }) => line), made.map(({ userId }) => userId)],
  );
}

/** A row that made somebody, and what has become of them. */
export interface MadeRow extends MadeUser {
  readonly hasProblem: boolean;
  /** Null for somebody who is gone. */
  readonly email: string | null;
  readonly role: Role | null;
}

/** Rows that made somebody who was not yet undone. Whoever is found stays as they are until the end of the transaction. */
export async function selectMadeRows(sql: Sql, importId: string, afterLine: number, limit: number): Promise<MadeRow[]> {
  const { rows } = await sql.query<MadeRow>(
    `SELECT r.line, r.user_id AS "userId", r.problem IS NOT NULL AS "hasProblem", u.email, u.role
       FROM (
         SELECT line, user_id, problem FROM user_import_row
          WHERE import_id = $1 AND line > $2 AND user_id IS NOT NULL ORDER BY line LIMIT $3
       ) r LEFT JOIN LATERAL (SELECT email, role FROM users WHERE id = r.user_id FOR UPDATE) u ON true
      ORDER BY r.line`,
    [importId, afterLine, limit],
  );
  return rows;
}

export async function clearUsers(sql: Sql, importId: string, lines: readonly number[]): Promise<void> {
  await sql.query("UPDATE user_import_row SET user_id = NULL WHERE import_id = $1 AND line = ANY($2)", [
    importId,
    lines,
  ]);
}

/** Takes their accounts, sessions and keys along. Answers how many. */
export async function deletePeople(sql: Sql, ids: readonly string[]): Promise<number> {
  const { rowCount } = await sql.query("DELETE FROM users WHERE id = ANY($1)", [ids]);
  return rowCount ?? 0;
}

export interface ProblemsQuery {
  readonly importId: string;
  readonly afterLine: number;
  readonly limit: number;
  /** For a page: cells cut at 200 characters. */
  readonly isShort: boolean;
}

/** In order of line. */
export async function selectProblems(sql: Sql, query: ProblemsQuery): Promise<ImportProblem[]> {
  const { importId, afterLine, limit, isShort } = query;
  const { rows } = await sql.query<ImportProblem>(
    `SELECT line, ${isShort ? SHORT_CELLS : "cells"}, problem FROM user_import_row
      WHERE import_id = $1 AND line > $2 AND problem IS NOT NULL ORDER BY line LIMIT $3`,
    [importId, afterLine, limit],
  );
  return rows;
}

/** Removes up to `limit` rows of imports that can be undone no more. Answers how many. */
export async function deleteOldRows(sql: Sql, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `DELETE FROM user_import_row WHERE (import_id, line) IN (
       SELECT r.import_id, r.line FROM user_import i JOIN user_import_row r ON r.import_id = i.id
        WHERE i.state IN ('done', 'aborted', 'failed', 'undone') AND i.finished_at < now() - make_interval(days => ${KEPT_DAYS})
        LIMIT $1)`,
    [limit],
  );
  return rowCount ?? 0;
}
