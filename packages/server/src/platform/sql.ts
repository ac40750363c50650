import type { Pool, PoolClient, QueryResult, QueryResultRow } from "pg";

/** What runs one statement: the pool, or the connection of a transaction. */
export interface Sql {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

/**
 * A statement that each connection prepares once, under its name: for what is asked all the time. A name belongs to one text for ever, and
 * the names must be few: a connection keeps the plans of all. A pooler of transactions has to know of them, as PgBouncer does from
 * 1.21 on.
 */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** The pool, or the connection of a transaction, for statements that are prepared. */
export interface PreparedSql {
  query<Row extends QueryResultRow>(statement: PreparedStatement): Promise<QueryResult<Row>>;
}

/**
 * Runs `work` in one transaction. A rejection rolls all of it back and is passed on. `begin` is a text of ours: another isolation, or
 * settings that hold for the transaction.
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (sql: PoolClient) => Promise<Result>,
  begin = "BEGIN",
): Promise<Result> {
  const client: PoolClient = await pool.connect();
  let lost: Error | undefined;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // A connection that cannot even roll back is closed: the next user would continue the transaction.
    await client.query("ROLLBACK").catch((rollbackError: unknown) => {
      lost = rollbackError as Error;
    });
    throw error;
  } finally {
    client.release(lost);
  }
}

const toUtc = (column: string): string => `${column} AT TIME ZONE INTERVAL '0'`;

/** A timestamp as it travels, made by the database: no Date in between. Years 1 to 9999. `column` is a constant of ours. */
export function isoOf(column: string): string {
  return `substr(${quotedIsoOf(`date_trunc('milliseconds', ${toUtc(column)})`)}, 2, 23) || 'Z'`;
}

/** The same of a column that keeps milliseconds and no more, as text of JSON without its end, which is `Z"`. */
export function jsonIsoOf(column: string): string {
  return quotedIsoOf(toUtc(column));
}

/** `to_char` takes four times as long, most of it for its pattern. JSON leaves out zeros at the end of a fraction: the microsecond keeps them. */
function quotedIsoOf(time: string): string {
  return `left(to_json(${time} + INTERVAL '1 microsecond')::text, 24)`;
}

/** Makes `%`, `_` and the backslash stand for themselves in a LIKE pattern. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

export function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "23505";
}

/** Collects the conditions of a WHERE with their parameters; the texts are constants of ours, only values come from input. */
export function createConditions(): {
  readonly values: unknown[];
  /** Adds a value and answers its placeholder. */
  bind(value: unknown): string;
  add(condition: string): void;
  /** `WHERE ...`, or nothing. */
  where(): string;
} {
  const values: unknown[] = [];
  const conditions: string[] = [];
  return {
    values,
    bind: (value) => `$${values.push(value)}`,
    add: (condition) => void conditions.push(condition),
    where: () => (conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : ""),
  };
}
