import { createConditions, escapeLike, isoOf, type Sql } from "../platform/sql.ts";
import type { AuditEvent } from "./audit.schema.ts";

/** A row as it is stored; `at` is the database's. `before` and `after` are JSON texts. */
export interface AuditRow {
  readonly id: string;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly actorId: string | null;
  readonly actorEmail: string | null;
  readonly via: string;
  readonly keyName: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly targetType: string | null;
  readonly targetId: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly reason: string | null;
}

const STORED = {
  id: "uuid",
  action: "text",
  outcome: "text",
  code: "text",
  actorId: "uuid",
  actorEmail: "text",
  via: "text",
  keyName: "text",
  address: "text",
  requestId: "text",
  targetType: "text",
  targetId: "text",
  before: "jsonb",
  after: "jsonb",
  reason: "text",
} as const satisfies Record<keyof AuditRow, string>;

const fields = Object.keys(STORED) as (keyof AuditRow)[];
const toColumn = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const INSERT = `
  INSERT INTO audit_event (${fields.map(toColumn).join(", ")})
  SELECT * FROM unnest(${fields.map((field, index) => `$${index + 1}::${STORED[field]}[]`).join(", ")})`;

export async function insertEvents(sql: Sql, rows: readonly AuditRow[]): Promise<void> {
  await sql.query(
    INSERT,
    fields.map((field) => rows.map((row) => row[field])),
  );
}

const EVENT_COLUMNS = ["at", ...fields]
  .map((field) => `${field === "at" ? isoOf("at") : toColumn(field)} AS "${field}"`)
  .join(", ");

export interface EventsQuery {
  readonly action?: string | undefined;
  readonly actorId?: string | undefined;
  readonly targetId?: string | undefined;
  readonly outcome?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly search?: string | undefined;
  readonly after?: readonly [at: string, id: string] | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function selectEvents(sql: Sql, query: EventsQuery): Promise<AuditEvent[]> {
  const { values, bind, add, where } = createConditions();
  if (query.action) add(`action LIKE ${bind(`${escapeLike(query.action)}%`)}`);
  if (query.actorId) add(`actor_id = ${bind(query.actorId)}`);
  if (query.targetId) add(`target_id = ${bind(query.targetId)}`);
  if (query.outcome) add(`outcome = ${bind(query.outcome)}`);
  if (query.from) add(`at >= ${bind(query.from)}`);
  if (query.to) add(`at < ${bind(query.to)}`);
  if (query.search) {
    const start = `${escapeLike(query.search)}%`;
    add(`(actor_email LIKE ${bind(start.toLowerCase())} OR target_id LIKE ${bind(start)})`);
  }
  if (query.after) add(`(at, id) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<AuditEvent>(
    `SELECT ${EVENT_COLUMNS} FROM audit_event ${where()} ORDER BY at DESC, id DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

export async function selectEvent(sql: Sql, id: string): Promise<AuditEvent | undefined> {
  const { rows } = await sql.query<AuditEvent>(`SELECT ${EVENT_COLUMNS} FROM audit_event WHERE id = $1`, [id]);
  return rows[0];
}
