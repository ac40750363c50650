import { openDatabase } from "@switchboard/db";
import { z } from "zod";
import { defineJob } from "../define.ts";
import { createSystemClock } from "../platform/clock.ts";
import { createIds } from "../platform/ids.ts";
import { createLogger } from "../platform/logger.ts";
import { createQueue } from "./queue.service.ts";

/** A worker process to be killed: says on its standard output which jobs it holds, and never ends one. */
const [databaseUrl = ""] = process.argv.slice(2);
const clock = createSystemClock();
const ids = createIds(clock);
const queue = createQueue({
  database: await openDatabase({ databaseUrl, dataDir: "/nonexistent" }),
  clock,
  ids,
  logger: createLogger("silent"),
  definitions: [
    defineJob({
      name: "crash.hold",
      queue: "crash",
      input: z.object({}),
      run: ({ jobId, attempt }) => {
        process.stdout.write(`${jobId} ${attempt}\n`);
        return new Promise<never>(() => undefined);
      },
    }),
  ],
  processId: ids.uuid(),
  role: "worker",
  version: "0.0.0",
});
await queue.start(new AbortController().signal);
