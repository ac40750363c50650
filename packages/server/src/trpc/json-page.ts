import { JsonText } from "@switchboard/trpc-fast-lane";
import { toJsonArray, type JsonValue } from "../platform/json-sql.ts";
import type { PreparedSql } from "../platform/sql.ts";
import { MAX_PAGE, toCursor } from "./wire.ts";

export interface JsonPageQuery {
  /** Of the prepared statement: one for each text that the other fields make. */
  readonly name: string;
  /** The list, as its cursors name it. */
  readonly list: string;
  /** `SELECT ... FROM ... ORDER BY ...`, without a limit. */
  readonly rows: string;
  /** The text of an item, of the columns of `rows`. */
  readonly item: string;
  /** What a cursor holds of an item. */
  readonly keys: readonly JsonValue[];
  readonly values: readonly unknown[];
  readonly limit: number;
}

interface PageRow {
  /** Null where there are none. */
  readonly items: string | null;
  /** Of the last item that was asked for, where there are as many. */
  readonly keys: string | null;
  readonly found: number;
}

/**
 * One page as `pageOf` describes it, written by the database and read by nobody on its way out. The limit is a condition on the row's
 * number, at which the reading ends as well, and not a LIMIT: for one that it does not know the planner takes a tenth of the table, and
 * so makes a plan for each page anew. Rows are numbered and joined in the order in which they are read.
 */
export async function selectJsonPage(sql: PreparedSql, query: JsonPageQuery): Promise<JsonText> {
  const limit = `$${query.values.length + 1}::bigint`;
  const { rows } = await sql.query<PageRow>({
    name: query.name,
    text: `SELECT string_agg(${query.item}, ',') FILTER (WHERE number <= ${limit}) AS items,
                  max(${toJsonArray(query.keys)}) FILTER (WHERE number = ${limit}) AS keys, count(*)::int AS found
             FROM (SELECT *, row_number() OVER () AS number FROM (${query.rows} LIMIT ${MAX_PAGE + 1}) AS found) AS numbered
            WHERE number <= ${limit} + 1`,
    values: [...query.values, query.limit],
  });
  const [page] = rows;
  if (!page) throw new Error("A page is one row.");
  const isLast = page.found <= query.limit;
  const nextCursor = isLast || page.keys === null ? null : toCursor(query.list, JSON.parse(page.keys) as string[]);
  return new JsonText(`{"items":[${page.items ?? ""}],"nextCursor":${JSON.stringify(nextCursor)}}`);
}
