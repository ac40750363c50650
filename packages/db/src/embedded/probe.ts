import { Client } from "pg";

/** `down`: nobody listens. `busy`: starting or stopping. `ready`: it answered a query, under the name it was started with. */
export type ProbeResult = { state: "down" | "busy" } | { state: "ready"; serverName: string };

/** Asks with a query: a server that is shutting down still accepts connections. */
export async function probe(runDir: string): Promise<ProbeResult> {
  const client = new Client({ host: runDir, user: "postgres", database: "postgres", connectionTimeoutMillis: 3000 });
  // A connection cut between two steps is reported by the step that follows.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>("SELECT current_setting('cluster_name') AS name");
    return { state: "ready", serverName: rows[0]?.name ?? "" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { state: code === "ENOENT" || code === "ECONNREFUSED" ? "down" : "busy" };
  } finally {
    await client.end();
  }
}
