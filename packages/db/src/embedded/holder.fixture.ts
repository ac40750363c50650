// Run by tests as a process of its own that can be killed: holds the embedded server of the folder given, and with "insert"
// writes rows until it dies, reporting each one after the server has acknowledged it.
import { writeSync } from "node:fs";
import { once } from "node:events";
import { openDatabase } from "../open-database.ts";

const [dataDir = "", mode = "hold"] = process.argv.slice(2);

// Written at once: a line that waits in a buffer dies with the process.
const report = (line: string) => writeSync(1, `${line}\n`);

process.on("SIGINT", () => report("interrupted"));

const database = await openDatabase({ dataDir, migrationsDir: process.env["MIGRATIONS_DIR"] ?? "" });
const { rows } = await database.pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
report(`open ${rows[0]?.pid}`);

async function insertForEver(): Promise<never> {
  for (;;) {
    const inserted = await database.pool.query<{ id: string }>(
      "INSERT INTO rows (body) VALUES (repeat('x', 500)) RETURNING id",
    );
    report(`acknowledged ${inserted.rows[0]?.id}`);
  }
}

if (mode === "insert") {
  await Promise.all([insertForEver(), insertForEver(), insertForEver()]);
} else {
  await once(process.stdin, "data");
  await database.pool.query("SELECT 1");
  await database.stop();
  report("stopped");
  process.stdin.destroy();
}
