import { z } from "zod";
import { isoOf, type Sql } from "../platform/sql.ts";
import { toFrozenCell, type Cell, type CellGauges } from "./stats.cells.ts";

export interface NodeIdentity {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
}

const nodeFiguresSchema = z.object({
  inFlight: z.record(z.string(), z.number()),
  ratePerSecond: z.number(),
  limitedPerSecond: z.number(),
  cache: z.object({ hits: z.number(), misses: z.number(), entries: z.number(), sizeBytes: z.number() }),
  eventLoopDelayMs: z.number().nullable(),
  memoryBytes: z.number(),
});
/** What a process says of itself with each heartbeat. */
export type NodeFigures = z.output<typeof nodeFiguresSchema>;

export interface NodeRow extends NodeIdentity {
  readonly startedAt: string;
  readonly lastSeenAt: string;
  readonly figures: NodeFigures;
}

/**
 * Stores the heartbeat of this process and answers the calls that all processes have ever counted. In one statement: whoever
 * asks any process afterwards finds at least as many.
 */
export async function beat(
  sql: Sql,
  node: NodeIdentity,
  requests: number,
  figures: NodeFigures,
): Promise<{ requests: number; nowMs: number }> {
  const { rows } = await sql.query<{ requests: number; nowMs: number }>(
    `WITH own AS (
       INSERT INTO stat_node (id, host, pid, version, requests, figures) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (id) DO UPDATE
          SET requests = greatest(stat_node.requests, excluded.requests), figures = excluded.figures, last_seen_at = now()
       RETURNING requests
     )
     SELECT (coalesce((SELECT requests FROM own), 0)
             + coalesce((SELECT sum(requests) FROM stat_node WHERE id <> $1), 0)
             + coalesce((SELECT requests FROM stat_total WHERE id = 1), 0))::float8 AS requests,
            (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"`,
    [node.id, node.host, node.pid, node.version, requests, JSON.stringify(figures)],
  );
  const row = rows[0];
  if (!row) throw new Error("A heartbeat answered no row.");
  return row;
}

/** Processes that were seen within `withinMs`, oldest first. */
export async function readNodes(sql: Sql, withinMs: number): Promise<NodeRow[]> {
  const { rows } = await sql.query<Omit<NodeRow, "figures"> & { figures: unknown }>(
    `SELECT id, host, pid, version, figures, ${isoOf("started_at")} AS "startedAt", ${isoOf("last_seen_at")} AS "lastSeenAt"
       FROM stat_node
      WHERE last_seen_at > now() - $1 * interval '1 millisecond'
      ORDER BY started_at, id`,
    [withinMs],
  );
  // A process of another release may say other things; what cannot be read is left out rather than guessed.
  return rows.flatMap(({ figures, ...row }) => {
    const parsed = nodeFiguresSchema.safeParse(figures);
    return parsed.success ? [{ ...row, figures: parsed.data }] : [];
  });
}

/** Adds the calls of processes that are gone to the running total and forgets the processes. */
export async function foldNodes(
  sql: Sql,
  gone: { readonly id: string } | { readonly unseenMs: number },
): Promise<void> {
  const [condition, value] =
    "id" in gone ? ["id = $1::uuid", gone.id] : ["last_seen_at < now() - $1 * interval '1 millisecond'", gone.unseenMs];
  await sql.query(
    `WITH gone AS (DELETE FROM stat_node WHERE ${condition} RETURNING requests)
     INSERT INTO stat_total (id, requests) SELECT 1, coalesce(sum(requests), 0) FROM gone
     ON CONFLICT (id) DO UPDATE SET requests = stat_total.requests + excluded.requests`,
    [value],
  );
}

/** Figures are absolute: storing a cell twice changes nothing. */
export async function upsertCells(sql: Sql, nodeId: string, stepMs: number, cells: Iterable<Cell>): Promise<void> {
  const rows = Array.from(cells, (cell) => ({ ...toFigures(cell), sketch: cell.sketchCounts() }));
  await sql.query(
    `INSERT INTO stat_bucket (step_seconds, start, node_id, path, calls, errors, client_errors, limited, sum_ms, max_ms, sketch, gauges)
     SELECT $2, to_timestamp("startMs" / 1000), $1, path, calls, errors, "clientErrors", limited, "sumMs", "maxMs", sketch, gauges
       FROM jsonb_to_recordset($3::jsonb)
         AS cell("startMs" float8, path text, calls int, errors int, "clientErrors" int, limited int, "sumMs" float8,
                 "maxMs" float8, sketch jsonb, gauges jsonb)
     ON CONFLICT (step_seconds, start, node_id, path) DO UPDATE
        SET calls = excluded.calls, errors = excluded.errors, client_errors = excluded.client_errors,
            limited = excluded.limited, sum_ms = excluded.sum_ms, max_ms = excluded.max_ms, sketch = excluded.sketch,
            gauges = excluded.gauges, updated_at = now()`,
    [nodeId, stepMs / 1000, JSON.stringify(rows)],
  );
}

function toFigures({ startMs, path, calls, errors, clientErrors, limited, sumMs, maxMs, gauges }: Cell) {
  return { startMs, path, calls, errors, clientErrors, limited, sumMs, maxMs, gauges };
}

/** The database's time, less what a statement under way may still take to commit: where the next read of cells begins. */
export async function readMark(sql: Sql): Promise<string> {
  const { rows } = await sql.query<{ mark: string }>("SELECT (now() - interval '15 seconds')::text AS mark");
  return rows[0]?.mark ?? "-infinity";
}

interface CellRow {
  readonly stepMs: number;
  readonly startMs: number;
  readonly nodeId: string;
  readonly path: string;
  readonly calls: number;
  readonly errors: number;
  readonly clientErrors: number;
  readonly limited: number;
  readonly sumMs: number;
  readonly maxMs: number;
  readonly sketch: number[];
  readonly gauges: CellGauges | null;
}

/** Cells of the other processes that were stored since `mark`. */
export async function readCells(sql: Sql, nodeId: string, mark: string): Promise<{ stepMs: number; cell: Cell }[]> {
  const { rows } = await sql.query<CellRow>(
    `SELECT step_seconds * 1000 AS "stepMs", (extract(epoch FROM start) * 1000)::float8 AS "startMs", node_id AS "nodeId", path,
            calls, errors, client_errors AS "clientErrors", limited, sum_ms AS "sumMs", max_ms AS "maxMs", sketch, gauges
       FROM stat_bucket
      WHERE updated_at >= $1::timestamptz AND node_id <> $2`,
    [mark, nodeId],
  );
  return rows.map(({ stepMs, ...row }) => ({ stepMs, cell: toFrozenCell(row) }));
}

export async function deleteOldCells(sql: Sql, stepMs: number, keepMs: number): Promise<void> {
  await sql.query("DELETE FROM stat_bucket WHERE step_seconds = $1 AND start < now() - $2 * interval '1 millisecond'", [
    stepMs / 1000,
    keepMs,
  ]);
}
