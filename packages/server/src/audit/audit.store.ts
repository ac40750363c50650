import { createConditions, escapeLike, isoOf, type Sql } from "../platform/sql.ts";
import type { AuditEvent, AuditFilter } from "./audit.schema.ts";

/** A row as it is stored; number, time and hash are the database's. `before` and `after` are JSON texts. */
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
  readonly undoes: string | null;
}

const toColumn = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Adds rows at the end of the chain, in their order. One statement and one round trip, whatever their number; the lock that orders
 * the processes is held until its commit, so it must not be part of a longer transaction.
 */
export async function appendEvents(sql: Sql, rows: readonly AuditRow[]): Promise<void> {
  await sql.query("SELECT audit_append($1)", [`[${rows.map(toJson).join(",")}]`]);
}

/** `before` and `after` are JSON already: put in as they are rather than read and written again. */
function toJson({ before, after, ...row }: AuditRow): string {
  const columns = Object.entries(row).map(([field, value]) => [toColumn(field), value] as const);
  const json = JSON.stringify(Object.fromEntries(columns));
  return `${json.slice(0, -1)},"before":${before ?? "null"},"after":${after ?? "null"}}`;
}

/** What the database knows of an event; whether it can be undone follows from it. */
export type StoredEvent = Omit<AuditEvent, "undo">;

const IS_UNDONE = "SELECT undo.id FROM audit_event AS undo WHERE undo.undoes = event.id AND undo.outcome = 'ok'";

const column = (field: keyof StoredEvent): string => `event.${toColumn(field)}`;

/** In the order of the schema, as they travel. `seq` as a number: JavaScript counts exactly to 9 * 10^15. */
const FIELDS: Readonly<Record<keyof StoredEvent, string>> = {
  id: column("id"),
  seq: "event.seq::float8",
  at: isoOf("event.at"),
  action: column("action"),
  outcome: column("outcome"),
  code: column("code"),
  actorId: column("actorId"),
  actorEmail: column("actorEmail"),
  via: column("via"),
  keyName: column("keyName"),
  address: column("address"),
  requestId: column("requestId"),
  targetType: column("targetType"),
  targetId: column("targetId"),
  before: column("before"),
  after: column("after"),
  reason: column("reason"),
  undoes: column("undoes"),
  // One look-up in a unique index.
  undoneBy: `(${IS_UNDONE})`,
};
const EVENT_COLUMNS = Object.entries(FIELDS)
  .map(([field, sql]) => `${sql} AS "${field}"`)
  .join(", ");

export interface EventsQuery extends Omit<AuditFilter, "undo"> {
  /** Only events of these actions that went well, are not undone and hold all they held when they were noted. */
  readonly undoable?: { readonly actions: readonly string[]; readonly omissions: readonly string[] } | undefined;
  readonly after?: readonly [at: string, seq: number] | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function selectEvents(sql: Sql, query: EventsQuery): Promise<StoredEvent[]> {
  const { values, bind, add, where } = createConditions();
  if (query.action) add(`action LIKE ${bind(`${escapeLike(query.action)}%`)}`);
  if (query.actorId) add(`actor_id = ${bind(query.actorId)}`);
  if (query.targetId) add(`target_id = ${bind(query.targetId)}`);
  if (query.via) add(`via = ${bind(query.via)}`);
  if (query.outcome) add(`outcome = ${bind(query.outcome)}`);
  if (query.from) add(`at >= ${bind(query.from)}`);
  if (query.to) add(`at < ${bind(query.to)}`);
  if (query.search) {
    const start = `${escapeLike(query.search)}%`;
    add(`(actor_email LIKE ${bind(start.toLowerCase())} OR target_id LIKE ${bind(start)})`);
  }
  if (query.undoable) {
    add(`outcome = 'ok' AND action = ANY (${bind(query.undoable.actions)}) AND NOT EXISTS (${IS_UNDONE})`);
    for (const text of query.undoable.omissions) {
      const pattern = bind(`%${escapeLike(text)}%`);
      add(`coalesce(before::text, '') NOT LIKE ${pattern} AND coalesce(after::text, '') NOT LIKE ${pattern}`);
    }
  }
  if (query.after) add(`(at, seq) < (${bind(query.after[0])}, ${bind(query.after[1])})`);
  const { rows } = await sql.query<StoredEvent>(
    // Named with their table: the texts of the same names that are selected are in no index.
    `SELECT ${EVENT_COLUMNS} FROM audit_event AS event ${where()}
      ORDER BY event.at DESC, event.seq DESC LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows;
}

export async function selectEvent(sql: Sql, id: string): Promise<StoredEvent | undefined> {
  const { rows } = await sql.query<StoredEvent>(`SELECT ${EVENT_COLUMNS} FROM audit_event AS event WHERE id = $1`, [
    id,
  ]);
  return rows[0];
}

export interface MarkedEvent {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly actorEmail: string | null;
  readonly target: string | null;
}

/** Newest first; of the actions given and those below the prefixes given, as far as they went well. */
export async function selectMarked(
  sql: Sql,
  query: {
    readonly from: string;
    readonly to: string;
    readonly actions: readonly string[];
    readonly limit: number;
  },
): Promise<MarkedEvent[]> {
  const { rows } = await sql.query<MarkedEvent>(
    `SELECT id, ${isoOf("at")} AS at, action, actor_email AS "actorEmail", target_id AS target
       FROM audit_event
      WHERE action = ANY ($1) AND at >= $2 AND at < $3 AND outcome = 'ok'
      ORDER BY audit_event.at DESC, seq DESC LIMIT $4`,
    [query.actions, query.from, query.to, query.limit],
  );
  return rows;
}

export interface ChainEnds {
  readonly firstSeq: number;
  readonly headSeq: number;
  readonly headHash: string;
  /** Rows that retention removed: all up to the newest checkpoint. */
  readonly pruned: number;
}

/** Hash of the row before the first. */
export const NO_HASH = "0".repeat(64);

/** By both ends of the index on `seq`, however long the log is. */
export async function selectChainEnds(sql: Sql): Promise<ChainEnds> {
  const { rows } = await sql.query<ChainEnds>(
    `SELECT coalesce(first.seq, 0)::float8 AS "firstSeq", coalesce(head.seq, pruned.seq, 0)::float8 AS "headSeq",
            encode(coalesce(head.hash, pruned.hash, decode('${NO_HASH}', 'hex')), 'hex') AS "headHash",
            coalesce(pruned.seq, 0)::float8 AS pruned
       FROM (SELECT) AS one
       LEFT JOIN (SELECT seq FROM audit_event ORDER BY seq LIMIT 1) AS first ON true
       LEFT JOIN (SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1) AS head ON true
       LEFT JOIN (SELECT seq, hash FROM audit_checkpoint ORDER BY seq DESC LIMIT 1) AS pruned ON true`,
  );
  const [ends] = rows;
  if (!ends) throw new Error("The ends of the chain are one row.");
  return ends;
}

/**
 * Whether the role of the connection can only read the log: neither it nor whoever logged in owns the tables, may write to them or may
 * become somebody who does.
 */
export async function selectIsSeparated(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ isSeparated: boolean }>(
    `SELECT NOT bool_or(rolsuper OR rolcreaterole OR pg_has_role(role.oid, log.relowner, 'MEMBER')
                        OR has_table_privilege(role.oid, log.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')) AS "isSeparated"
       FROM pg_roles AS role, pg_class AS log
      WHERE role.rolname IN (session_user, current_user)
        AND log.oid IN ('audit_event'::regclass, 'audit_checkpoint'::regclass)`,
  );
  return rows[0]?.isSeparated === true;
}
