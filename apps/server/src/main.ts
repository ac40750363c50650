import cluster from "node:cluster";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLogger, createServer, loadConfig, type Config, type Server } from "@switchboard/server";
import { superviseProcesses, toProcessCount, type Supervisor, type WorkerMessage } from "./cluster.ts";
import { playDemo, readDemoOwner, type DemoOwner } from "./demo/demo.ts";
import { demoJobs } from "./demo/demo.jobs.ts";
import { defaults, root, toSentence } from "./environment.ts";
import { jobs } from "./jobs/jobs.ts";

const OPTIONS = "--demo";
const dashboardDir = path.join(root, "apps/dashboard/dist");
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };

/** Resolves to the exit code once everything has stopped. */
async function run(): Promise<number> {
  let isDemo: boolean;
  let config: Config;
  try {
    isDemo = parseArgs({ options: { demo: { type: "boolean", default: false } } }).values.demo;
    config = loadConfig({ ...defaults(isDemo), ...process.env });
  } catch (error) {
    return fail(error);
  }
  const ending = untilSignal();
  if (cluster.isPrimary && toProcessCount(config) > 1) return supervise(config, isDemo, ending);
  const sendToSupervisor = (message: WorkerMessage): void => void process.send?.(message);
  const recycleAfter = config.recycle.requests * (1 + config.recycle.jitter * Math.random());
  let requests = 0;
  const server = createServer({
    config,
    jobs: isDemo ? [...jobs, ...demoJobs] : jobs,
    version,
    ...(existsSync(dashboardDir) ? { dashboardDir } : {}),
    onRequest: () => {
      requests += 1;
      if (config.recycle.requests > 0 && requests === Math.ceil(recycleAfter)) sendToSupervisor({ type: "recycle" });
    },
  });
  const giveUp = new AbortController();
  void ending.then(() => giveUp.abort(new Error("Stopped before it was ready.")));
  try {
    await server.start(giveUp.signal);
  } catch (error) {
    if (giveUp.signal.aborted) return 0;
    sendToSupervisor({ type: "failed", message: toSentence(error, OPTIONS) });
    return fail(error);
  }
  // Of several processes the first one plays the demo, or its traffic would be multiplied.
  const demoOwner =
    isDemo && (cluster.isPrimary || cluster.worker?.id === 1)
      ? await startDemo(server, config, giveUp.signal)
      : undefined;
  const urls = { url: config.publicUrl ?? server.origin(), setupUrl: server.setupUrl(), demoOwner };
  sendToSupervisor({ type: "ready", ...urls });
  if (cluster.isPrimary) announce(urls);
  await ending;
  await server.stop();
  return 0;
}

async function supervise(config: Config, isDemo: boolean, ending: Promise<unknown>): Promise<number> {
  cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args: isDemo ? ["--demo"] : [] });
  let supervisor: Supervisor;
  try {
    supervisor = await superviseProcesses(config, createLogger(config.logLevel));
  } catch (error) {
    return fail(error);
  }
  const outcome = await Promise.race([
    supervisor.ready.catch(() => "failed" as const),
    ending.then(() => "ended" as const),
  ]);
  if (typeof outcome === "object") announce(outcome);
  // A process that could not start has printed why; the others would fail alike.
  if (outcome !== "failed") await ending;
  await supervisor.stop();
  return outcome === "failed" ? 1 : 0;
}

const IMPATIENT_AFTER_MS = 1000;

/**
 * The first signal drains; a later one ends the process at once, for whoever is in a hurry. Signals right after the first do not
 * count: on Ctrl-C the terminal sends one and a package manager above may pass on another.
 */
function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        firstMs ??= performance.now();
        if (performance.now() - firstMs > IMPATIENT_AFTER_MS) process.exit(130);
        resolve(signal);
      });
    }
  });
}

function announce({ url, setupUrl, demoOwner }: Omit<Extract<WorkerMessage, { type: "ready" }>, "type">): void {
  console.log(url ? `Switchboard is ready: ${url}` : "Switchboard is ready: this process runs jobs only.");
  if (setupUrl) console.log(`Nobody owns it yet. Open this link once to become its owner: ${setupUrl}`);
  if (demoOwner) console.log(`This is a demo. Sign in as ${demoOwner.email} with the password ${demoOwner.password}`);
}

/** Resolves to whom the demo belongs, unless the environment named an owner. */
async function startDemo(server: Server, config: Config, signal: AbortSignal): Promise<DemoOwner | undefined> {
  const owner = readDemoOwner(config.dataDir);
  await playDemo(server, config, owner, signal);
  return config.owner ? undefined : owner;
}

function fail(error: unknown): number {
  console.error(toSentence(error, OPTIONS));
  return 1;
}

process.exitCode = await run();
// The channel to a supervisor would keep this process alive with nothing left to do.
if (cluster.worker?.isConnected()) cluster.worker.disconnect();
