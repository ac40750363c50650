import { flushCompileCache } from "node:module";
import { createInterface } from "node:readline";
import { createServer, defineJob, loadConfig } from "@switchboard/server";
import { z } from "zod";

/**
 * The product as a process that runs jobs and is to be killed, frozen or robbed of its database. Says on its standard output where
 * its jobs stand, one line each, and lets held jobs go on when it is told so on its standard input.
 */
const say = (...words: readonly (string | number)[]): void => void process.stdout.write(`${words.join(" ")}\n`);

let go = Promise.withResolvers<void>();
createInterface({ input: process.stdin })
  .on("line", () => {
    go.resolve();
    go = Promise.withResolvers();
  })
  // Whoever started it is gone.
  .once("close", () => process.kill(process.pid, "SIGKILL"));

/**
 * Writes one line into the ledger and completes in the same transaction. The first attempt holds where it is told to: before the
 * transaction, inside of it with the line written, or after its commit with nothing returned.
 */
const effect = defineJob({
  name: "crash.effect",
  queue: "crash",
  input: z.object({ holdAt: z.enum(["before", "inside", "after"]).optional() }),
  retry: { attempts: 20, backoffMs: 50, maxDelayMs: 200 },
  concurrency: { perProcess: 10 },
  run: async ({ input, jobId, attempt, tx }) => {
    const holdAt = async (place: typeof input.holdAt): Promise<void> => {
      if (attempt > 1 || input.holdAt !== place) return;
      say("held", jobId, place ?? "");
      await go.promise;
    };
    try {
      await holdAt("before");
      const result = await tx(async (db) => {
        await db.query("INSERT INTO effect_ledger (job_id, attempt) VALUES ($1, $2)", [jobId, attempt]);
        await holdAt("inside");
        return { attempt };
      });
      await holdAt("after");
      return result;
    } catch (error) {
      say("refused", jobId, error instanceof Error ? error.name : "unknown");
      throw error;
    }
  },
});

/** Takes its process with it, each time. */
const poison = defineJob({
  name: "crash.poison",
  queue: "crash",
  input: z.object({}),
  retry: { attempts: 3 },
  run: ({ attempt }) => {
    say("poisoned", attempt);
    process.kill(process.pid, "SIGKILL");
    return new Promise<never>(() => undefined);
  },
});

/** Runs until its signal aborts. */
const endless = defineJob({
  name: "crash.endless",
  queue: "crash",
  input: z.object({}),
  run: async ({ jobId, signal }) => {
    say("running", jobId);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    say("aborted", jobId);
    return null;
  },
});

const server = createServer({ config: loadConfig(process.env), jobs: [effect, poison, endless], version: "fault" });
await server.start(new AbortController().signal);
say("ready");
// It never ends in a way that would do so.
flushCompileCache();
process.once("SIGTERM", () => void server.stop().then(() => process.exit(0)));
