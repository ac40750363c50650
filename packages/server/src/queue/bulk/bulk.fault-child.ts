import { openDatabase } from "@switchboard/db";
import { createSystemClock } from "../../platform/clock.ts";
import { createIds } from "../../platform/ids.ts";
import { createLogger } from "../../platform/logger.ts";
import { createQueue } from "../queue.service.ts";

/** A worker process to be killed: works on bulk acts and on nothing else. */
const [databaseUrl = ""] = process.argv.slice(2);
const clock = createSystemClock();
const ids = createIds(clock);
const queue = createQueue({
  database: await openDatabase({ databaseUrl, dataDir: "/nonexistent" }),
  clock,
  ids,
  logger: createLogger("silent"),
  definitions: [],
  processId: ids.uuid(),
  role: "worker",
  version: "0.0.0",
});
await queue.start(new AbortController().signal);
