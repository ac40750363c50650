import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { openDatabase, type Database } from "../packages/db/src/index.ts";
import { defineJob } from "../packages/server/src/define.ts";
import { createSystemClock } from "../packages/server/src/platform/clock.ts";
import { createIds } from "../packages/server/src/platform/ids.ts";
import { createLogger } from "../packages/server/src/platform/logger.ts";
import { createQueue, type Queue } from "../packages/server/src/queue/queue.service.ts";
import { queueNameInput } from "../packages/server/src/queue/queue.schema.ts";
import { changeAt } from "../packages/testing/src/server-database.ts";
import { createBareLoop } from "./queue-bare.ts";
import { readCpu, toSpentMs } from "./queue-cpu.ts";
import type { Command, CommandInput, QueueSide, Worker } from "./queue-side.ts";

// One side of the comparison as a process of its own: takes commands over HTTP and says how long each took.

const QUEUE = "bench";
const clock = createSystemClock();
const ids = createIds(clock);
const ownerUrl = process.env["BENCH_DATABASE_URL"] ?? "";
const side = process.env["BENCH_SIDE"] ?? "";
const slots = Number(process.env["BENCH_SLOTS"]);
// Or when whoever started it is gone.
const ending = Promise.race(
  ["SIGTERM", "SIGINT", "disconnect"].map((event) => new Promise((end) => process.once(event, end))),
);

const database = await openDatabase({ databaseUrl: ownerUrl, dataDir: "/nonexistent" });
const served: { readonly commands: Record<string, Command>; stop(): Promise<void> } =
  side === "bare"
    ? { commands: toCommands(await createBareLoop(database, ownerUrl, slots)), stop: () => Promise.resolve() }
    : side === "worker"
      ? await startWorker()
      : await startProduct(database);
const http = await serve(served.commands);
process.send?.({ type: "ready", url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
await ending;
http.close();
http.closeAllConnections();
await served.stop();
await database.stop();
if (process.connected) process.disconnect();

function openQueue(definitions: Parameters<typeof createQueue>[0]["definitions"]): Queue {
  return createQueue({
    database,
    clock,
    ids,
    // As the server ships; the process that started this one reads it to nowhere.
    logger: createLogger("info"),
    definitions,
    processId: ids.uuid(),
    role: "all",
    version: "bench",
  });
}

async function startProduct({ pool }: Database): Promise<typeof served> {
  let runs = 0;
  let onRun: (() => void) | undefined;
  const queue = openQueue([
    defineJob({
      name: "bench.noop",
      queue: QUEUE,
      input: queueNameInput,
      concurrency: { perProcess: slots },
      run: () => {
        runs += 1;
        onRun?.();
        return null;
      },
    }),
  ]);
  await queue.start(new AbortController().signal);
  await queue.pause(QUEUE);
  const isRunning = async (): Promise<boolean> => {
    const { rows } = await pool.query("SELECT FROM pgboss.job WHERE name = $1 AND state = 'active' LIMIT 1", [QUEUE]);
    return rows.length > 0;
  };

  const product: QueueSide = {
    tidy: async () => {
      await changeAt(ownerUrl, "VACUUM (ANALYZE) pgboss.job");
      await changeAt(ownerUrl, "VACUUM (ANALYZE) job_attempt");
      await changeAt(ownerUrl, "VACUUM (ANALYZE) job_search");
    },
    insert: async (inputs) => void (await queue.enqueueMany({ name: "bench.noop", inputs })),
    run: async (count) => {
      runs = 0;
      const { promise: ran, resolve } = Promise.withResolvers<number>();
      onRun = () => {
        if (runs === count) resolve(performance.now());
      };
      const startedMs = performance.now();
      await queue.resume(QUEUE);
      const ranMs = (await ran) - startedMs;
      // More wait behind them: whoever measures the time of the last start does not want those to run.
      await queue.pause(QUEUE);
      while (await isRunning()) continue;
      return { ranMs, endedMs: performance.now() - startedMs };
    },
  };
  return { commands: toCommands(product), stop: () => queue.stop() };
}

/** Runs jobs that somebody in another process stores and cancels, and says when they began and when their signals came. */
async function startWorker(): Promise<typeof served> {
  const moments = new Map<string, PromiseWithResolvers<string>>();
  const momentOf = (key: string): PromiseWithResolvers<string> => {
    const known = moments.get(key) ?? Promise.withResolvers<string>();
    moments.set(key, known);
    return known;
  };
  // Of the system's monotonic clock, which all processes of a machine share.
  const nowNs = (): string => process.hrtime.bigint().toString();
  const jobs: Worker = {
    touch: () => ({ startedNs: nowNs() }),
    hold: async ({ jobId, signal }) => {
      momentOf(`started ${jobId}`).resolve(nowNs());
      await once(signal, "abort");
      momentOf(`aborted ${jobId}`).resolve(nowNs());
      return null;
    },
  };
  const queue = openQueue([
    defineJob({ name: "bench.touch", queue: "touch", input: queueNameInput, run: jobs.touch }),
    defineJob({ name: "bench.hold", queue: "hold", input: queueNameInput, timeoutMs: 600_000, run: jobs.hold }),
  ]);
  await queue.start(new AbortController().signal);
  const commands: Record<string, Command> = {
    started: async ({ id }) => ({ ns: await momentOf(`started ${id}`).promise }),
    aborted: async ({ id }) => ({ ns: await momentOf(`aborted ${id}`).promise }),
  };
  return { commands, stop: () => queue.stop() };
}

function toCommands({ tidy, insert, run }: QueueSide): Record<string, Command> {
  return {
    tidy: async () => {
      await tidy();
      return {};
    },
    insert: async ({ batches = 0, perBatch = 0 }) => {
      const inputs = Array.from({ length: perBatch }, (_, index) => ({ name: `customer-${index % 50}` }));
      const before = await readCpu(database.pool);
      const startedMs = performance.now();
      for (let batch = 0; batch < batches; batch += 1) await insert(inputs);
      const insertedMs = performance.now() - startedMs;
      return { insertedMs, cpuMs: toSpentMs(before, await readCpu(database.pool)) };
    },
    run: async ({ count = 0, loops = 1 }) => {
      const before = await readCpu(database.pool);
      const ran = await run(count, loops);
      return { ...ran, cpuMs: toSpentMs(before, await readCpu(database.pool)) };
    },
  };
}

async function serve(commands: Record<string, Command>): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const input: CommandInput = {
      id: searchParams.get("id") ?? "",
      ...Object.fromEntries(
        ["batches", "perBatch", "count", "loops"].flatMap((name) =>
          searchParams.has(name) ? [[name, Number(searchParams.get(name))]] : [],
        ),
      ),
    };
    const command = commands[pathname.slice(1)];
    if (!command) return void response.writeHead(404).end();
    command(input).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error instanceof Error ? error.stack : error)),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
