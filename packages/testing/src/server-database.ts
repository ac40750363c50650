import { Client } from "pg";
// By its file: the entry of the package is its build, which journeys of the source must not need.
import { startEmbeddedPostgres } from "../../db/src/embedded/start-embedded-postgres.ts";

/**
 * Runs one statement in the embedded database of a server that is running, for what no procedure can do, such as letting time pass
 * for a session. Answers how many rows it concerned.
 */
export async function changeInDatabaseOf(
  { dataDir }: { readonly dataDir: string },
  sql: string,
  values: readonly unknown[],
): Promise<number> {
  // A share in the server that runs; it stays up when this one ends.
  const postgres = await startEmbeddedPostgres({ dataDir });
  try {
    return await changeAt(postgres.urlOf("switchboard"), sql, values);
  } finally {
    await postgres.stop();
  }
}

/** Runs one statement on a connection of its own, in no transaction. Answers how many rows it concerned. */
export async function changeAt(url: string, sql: string, values: readonly unknown[] = []): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
