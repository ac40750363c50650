import path from "node:path";
import { openDatabase } from "@switchboard/db";
import { verifyAudit, type NotedHead, type Verdict } from "./audit/verify.ts";
import type { Config } from "./config.ts";

/**
 * Checks the audit log in the database of a configuration, whether or not a server runs on it: an embedded database is joined, or started
 * and stopped again. Raises a `DatabaseStartError`, which has a `publicMessage`.
 */
export async function verifyAuditLog(config: Config, noted?: NotedHead): Promise<Verdict> {
  const dataDir = path.resolve(config.dataDir);
  const database = await openDatabase({ databaseUrl: config.databaseUrl?.reveal(), dataDir, poolSize: 1 });
  try {
    return await verifyAudit(database.pool, noted);
  } finally {
    await database.stop();
  }
}
