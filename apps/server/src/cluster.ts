import cluster, { type Worker } from "node:cluster";
import { availableParallelism } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "@switchboard/db";
import type { Config, Logger } from "@switchboard/server";
import type { DemoOwner } from "./demo/demo.ts";

/** What a process tells its supervisor. */
export type WorkerMessage =
  | {
      readonly type: "ready";
      readonly url: string | undefined;
      readonly setupUrl: string | undefined;
      readonly demoOwner: DemoOwner | undefined;
    }
  | { readonly type: "recycle" }
  | { readonly type: "failed"; readonly message: string };

export interface Supervisor {
  /** Resolves with the message of the first process that serves. Raises an Error when the first processes cannot start. */
  readonly ready: Promise<Extract<WorkerMessage, { type: "ready" }>>;
  /** Resolves once every process has drained and the embedded database is down. */
  stop(): Promise<void>;
}

const RESTART_WAIT_MS = 1000;

export function toProcessCount(config: Config): number {
  return config.processes === "auto" ? availableParallelism() : config.processes;
}

/**
 * Keeps as many processes running as configured, all on one port. One that died is replaced after a second; one that asks for
 * it is replaced by a successor that already serves, one at a time. The embedded database is held here, so that it outlives
 * any of them.
 */
export async function superviseProcesses(config: Config, logger: Logger): Promise<Supervisor> {
  const database = await openDatabase({
    databaseUrl: config.databaseUrl?.reveal(),
    dataDir: path.resolve(config.dataDir),
    poolSize: 1,
    log: (event, fields) => logger.info(event, fields),
  });
  const env = { DATABASE_URL: database.url };
  const retiring = new Set<Worker>();
  const successors = new Set<Worker>();
  const stopping = new AbortController();
  let recycling = Promise.resolve();
  const ready = Promise.withResolvers<Extract<WorkerMessage, { type: "ready" }>>();

  const fork = (): Worker => {
    const worker = cluster.fork(env);
    worker.on("message", (message: WorkerMessage) => {
      if (message.type === "ready") ready.resolve(message);
      else if (message.type === "failed") ready.reject(new Error(message.message));
      else recycling = recycling.then(() => replace(worker));
    });
    worker.once("exit", (code, signal) => {
      if (stopping.signal.aborted || retiring.delete(worker)) return;
      logger.error("process.died", { pid: worker.process.pid, code, signal });
      if (!successors.delete(worker)) void waitToRestart().then((isWanted) => isWanted && fork());
    });
    return worker;
  };

  const waitToRestart = (): Promise<boolean> =>
    sleep(RESTART_WAIT_MS, true, { signal: stopping.signal }).catch(() => false);

  const replace = async (worker: Worker): Promise<void> => {
    if (stopping.signal.aborted || worker.isDead()) return;
    // From here on its place is the successor's: were its own death made good as well, there would be one process too many.
    retiring.add(worker);
    do {
      const successor = fork();
      successors.add(successor);
      if (await serves(successor)) {
        successors.delete(successor);
        await end(worker);
        logger.info("process.recycled", { pid: worker.process.pid, successor: successor.process.pid });
        return;
      }
    } while (await waitToRestart());
  };

  for (let index = 0; index < toProcessCount(config); index += 1) fork();
  return {
    ready: ready.promise,
    stop: async () => {
      stopping.abort();
      await Promise.all(Object.values(cluster.workers ?? {}).flatMap((worker) => (worker ? [end(worker)] : [])));
      await database.stop();
    },
  };
}

/** Resolves to whether it came up; false when it ended before. */
function serves(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.type === "ready") resolve(true);
    });
    worker.once("exit", () => resolve(false));
  });
}

async function end(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  worker.process.kill("SIGTERM");
  await exited;
}
