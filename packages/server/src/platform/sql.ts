import type { Pool, PoolClient, QueryResult, QueryResultRow } from "pg";

/** What runs one statement: the pool, or the connection of a transaction. */
export interface Sql {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>>;
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

/** A timestamp as it travels, made by the database: no Date in between. `column` is a constant of ours. */
export function isoOf(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
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
