import type { z } from "zod";
import { createConditions, isoOf, type Sql } from "../platform/sql.ts";
import type { errorsOutput, slowCallSchema } from "./stats.schema.ts";

/** How often a procedure answered with a code in one minute, in this process. */
export interface ErrorCount {
  readonly startMs: number;
  readonly path: string;
  readonly code: string;
  count: number;
  lastAtMs: number;
  lastRequestId: string;
}

export interface NewSlowCall {
  readonly id: string;
  readonly atMs: number;
  readonly path: string;
  readonly durationMs: number;
  readonly queuedMs: number;
  readonly thresholdMs: number;
  readonly code: string;
  readonly requestId: string;
  readonly principal: string | null;
}

export type ErrorItem = z.output<typeof errorsOutput>["items"][number];
export type SlowCall = z.output<typeof slowCallSchema>;

/** Counts are absolute: storing one twice changes nothing. */
export async function upsertErrors(sql: Sql, nodeId: string, errors: Iterable<ErrorCount>): Promise<void> {
  await sql.query(
    `INSERT INTO stat_error (node_id, start, path, code, count, last_at, last_request_id)
     SELECT $1, to_timestamp("startMs" / 1000), path, code, count, to_timestamp("lastAtMs" / 1000), "lastRequestId"
       FROM jsonb_to_recordset($2::jsonb)
         AS error("startMs" float8, path text, code text, count int, "lastAtMs" float8, "lastRequestId" text)
     ON CONFLICT (node_id, start, path, code) DO UPDATE
        SET count = excluded.count, last_at = excluded.last_at, last_request_id = excluded.last_request_id`,
    [nodeId, JSON.stringify([...errors])],
  );
}

/** A call that is there already stays as it is: a flush whose answer was lost comes again. */
export async function insertSlowCalls(sql: Sql, nodeId: string, calls: readonly NewSlowCall[]): Promise<void> {
  await sql.query(
    `INSERT INTO slow_call (id, node_id, at, path, duration_ms, queued_ms, threshold_ms, code, request_id, principal)
     SELECT id, $1, to_timestamp("atMs" / 1000), path, "durationMs", "queuedMs", "thresholdMs", code, "requestId", principal
       FROM jsonb_to_recordset($2::jsonb)
         AS call(id uuid, "atMs" float8, path text, "durationMs" float8, "queuedMs" float8, "thresholdMs" float8,
                 code text, "requestId" text, principal text)
     ON CONFLICT (id) DO NOTHING`,
    [nodeId, JSON.stringify(calls)],
  );
}

/** Procedure and code, most recent first. */
export async function readErrors(sql: Sql, rangeMs: number, limit: number): Promise<ErrorItem[]> {
  const { rows } = await sql.query<ErrorItem>(
    `SELECT path, code, sum(count)::float8 AS count, ${isoOf("max(last_at)")} AS "lastAt",
            (array_agg(last_request_id ORDER BY last_at DESC))[1] AS "lastRequestId"
       FROM stat_error
      WHERE start > now() - $1 * interval '1 millisecond'
      GROUP BY path, code
      ORDER BY max(last_at) DESC, path, code
      LIMIT $2`,
    [rangeMs, limit],
  );
  return rows;
}

/** The last error of each procedure. */
export async function readLastErrors(sql: Sql, rangeMs: number): Promise<{ path: string; code: string; at: string }[]> {
  const { rows } = await sql.query<{ path: string; code: string; at: string }>(
    `SELECT DISTINCT ON (path) path, code, ${isoOf("last_at")} AS at
       FROM stat_error
      WHERE start > now() - $1 * interval '1 millisecond'
      ORDER BY path, last_at DESC`,
    [rangeMs],
  );
  return rows;
}

export interface SlowQuery {
  readonly path: string | undefined;
  /** The last row of the page before. */
  readonly after: readonly [at: string, id: string] | undefined;
  readonly count: number;
}

/** Newest first. */
export async function readSlowCalls(sql: Sql, { path, after, count }: SlowQuery): Promise<SlowCall[]> {
  const conditions = createConditions();
  if (path !== undefined) conditions.add(`path = ${conditions.bind(path)}`);
  if (after)
    conditions.add(`(at, id) < (${conditions.bind(after[0])}::timestamptz, ${conditions.bind(after[1])}::uuid)`);
  const { rows } = await sql.query<SlowCall>(
    `SELECT id, ${isoOf("at")} AS at, path, duration_ms AS "durationMs", queued_ms AS "queuedMs",
            threshold_ms AS "thresholdMs", code, request_id AS "requestId", principal, node_id AS "nodeId"
       FROM slow_call ${conditions.where()}
      ORDER BY slow_call.at DESC, id DESC
      LIMIT ${conditions.bind(count)}`,
    conditions.values,
  );
  return rows;
}

export async function deleteOldErrors(sql: Sql, keepMs: number): Promise<void> {
  await sql.query("DELETE FROM stat_error WHERE start < now() - $1 * interval '1 millisecond'", [keepMs]);
}

export async function deleteOldSlowCalls(sql: Sql, keepMs: number): Promise<void> {
  await sql.query("DELETE FROM slow_call WHERE at < now() - $1 * interval '1 millisecond'", [keepMs]);
}
