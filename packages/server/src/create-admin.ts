import path from "node:path";
import { openDatabase } from "@switchboard/db";
import { makeAdmin, type AdminInput, type AdminMade } from "./access/setup/admin.ts";
import { createSetupTokenFile } from "./access/setup/setup-token-file.ts";
import { passwords } from "./access/sign-in/passwords.ts";
import { createAudit } from "./audit/audit.service.ts";
import type { Config } from "./config.ts";
import { createSystemClock } from "./platform/clock.ts";
import { createIds } from "./platform/ids.ts";
import { createLogger } from "./platform/logger.ts";

/**
 * Makes an owner or admin in the database of a configuration, whether or not a server runs on it: an embedded database is joined, or
 * started and stopped again. Answers a password that is shown nowhere else. Raises a `DatabaseStartError` or an `AppError`, both with
 * a `publicMessage`.
 */
export async function createAdmin(config: Config, input: AdminInput): Promise<AdminMade> {
  const dataDir = path.resolve(config.dataDir);
  const logger = createLogger("silent");
  const clock = createSystemClock();
  const ids = createIds(clock);
  const database = await openDatabase({ databaseUrl: config.databaseUrl?.reveal(), dataDir, poolSize: 2 });
  try {
    const audit = createAudit({ database, clock, ids, logger });
    const file = createSetupTokenFile(dataDir, ids);
    return await makeAdmin({ pool: database.pool, ids, passwords, audit: audit.sink, file }, input);
  } finally {
    await database.stop();
  }
}
