import { rm } from "node:fs/promises";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../packages/db/src/index.ts";
import { startEmbeddedPostgres } from "../packages/db/src/embedded/start-embedded-postgres.ts";
import { defineJob } from "../packages/server/src/define.ts";
import { createSystemClock } from "../packages/server/src/platform/clock.ts";
import { createIds } from "../packages/server/src/platform/ids.ts";
import { createLogger } from "../packages/server/src/platform/logger.ts";
import { createQueue, type Queue } from "../packages/server/src/queue/queue.service.ts";
import { queueNameInput } from "../packages/server/src/queue/queue.schema.ts";
import { changeAt } from "../packages/testing/src/server-database.ts";
import { makeBenchDir } from "./bench-dir.ts";
import { defineBench, type BenchServer, type BenchTools } from "./bench.ts";
import { medianOf, quantileOf } from "./interleave.ts";

const JOBS = 10_000;
const BATCH = 1000;
const SLOTS = 100;
const BACKLOG = 200_000;
const STARTS = 40;
const CANCELS = 20;
/** A worker that has nothing to do has gone to sleep by then, and its last settlement is written. */
const IDLE_MS = 25;

const program = new URL("queue-process.ts", import.meta.url);

export const bench = defineBench({
  name: "queue",
  proves:
    "What a job costs above the least that could run it: jobs that do nothing through the whole path (claim, attempt, run, settlement, " +
    "counters, search index, notifications) against a bare loop of SQL, and the same with 200,000 jobs waiting. Aimed at: at least " +
    "0.35 of the bare loop, 0.3 of a bare batch insert, 0.9 of the pace of an empty queue; a job of an idle queue starts within 15 ms " +
    "(p50) and 100 ms (p99), and a cancel is heard in another process within 100 ms (p99).",
  rounds: 9,
  run: async (tools) => {
    await using embedded = await openPlace(tools, "embedded", {});
    // Postgres listens on the whole of 127.0.0.0/8 by address; one of its own keeps clear of a server at the usual one.
    await using remote = await openPlace(tools, "server", { listen_addresses: SERVER_ADDRESS });
    const places = { embedded, server: remote };
    const load = loadavg()[0]?.toFixed(1);
    const names = (["embedded", "server"] as const).flatMap((place) =>
      (["bare", "bare in two loops", "queue", "queue, deep"] as const).map((side) => `${place}: ${side}` as const),
    );
    const measured = await tools.interleave(names, (name) => {
      const [place, side] = name.split(": ") as ["embedded" | "server", Side];
      return places[place].measure(side);
    });
    const latencyNames = (["embedded", "server"] as const).flatMap((place) =>
      (["start", "cancel"] as const).map((what) => `${place}: ${what}` as const),
    );
    for (const place of Object.values(places)) await place.stopThroughput();
    const latencies = await tools.interleave(latencyNames, (name) => {
      const [place, what] = name.split(": ") as ["embedded" | "server", "start" | "cancel"];
      return what === "start" ? places[place].measureStarts() : places[place].measureCancels();
    });

    const rows = (["embedded", "server"] as const).flatMap((place) => {
      const of = (side: Side): readonly Measured[] => measured[`${place}: ${side}`];
      const pick = (side: Side, key: keyof Measured): number[] => of(side).map((value) => value[key]);
      const [one, two] = [pick("bare", "endedPerSecond"), pick("bare in two loops", "endedPerSecond")];
      const faster = medianOf(one) > medianOf(two) ? one : two;
      const cpu = {
        stored: pick("bare", "insertCpuUs"),
        run: one === faster ? pick("bare", "runCpuUs") : pick("bare in two loops", "runCpuUs"),
      };
      const [stored, ran] = [pick("bare", "insertedPerSecond"), pick("queue", "ranPerSecond")];
      return [
        toRow(`${place}: bare loop, one connection`, one, pick("bare", "runCpuUs")),
        toRow(`${place}: bare loop, two connections`, two, pick("bare in two loops", "runCpuUs")),
        toRow(`${place}: queue`, pick("queue", "endedPerSecond"), pick("queue", "runCpuUs"), {
          perSecond: faster,
          cpuUs: cpu.run,
        }),
        toRow(`${place}: bare insert`, stored, cpu.stored),
        toRow(`${place}: enqueueMany`, pick("queue", "insertedPerSecond"), pick("queue", "insertCpuUs"), {
          perSecond: stored,
          cpuUs: cpu.stored,
        }),
        toRow(`${place}: queue, until the last start`, ran, pick("queue", "runCpuUs")),
        toRow(
          `${place}: the same, ${BACKLOG.toLocaleString("en")} waiting`,
          pick("queue, deep", "ranPerSecond"),
          pick("queue, deep", "runCpuUs"),
          { perSecond: ran, cpuUs: pick("queue", "runCpuUs") },
        ),
      ];
    });
    const toLatency = (name: (typeof latencyNames)[number]): string => {
      const all = latencies[name].flat();
      return `${quantileOf(all, 0.5).toFixed(1)} ms p50, ${quantileOf(all, 0.99).toFixed(1)} ms p99, ${Math.max(...all).toFixed(1)} ms at most of ${all.length}`;
    };
    return {
      load: `${JOBS.toLocaleString("en")} jobs per side and round, stored in batches of ${BATCH.toLocaleString("en")}, ${SLOTS} at once in one process`,
      columns: ["What", "jobs a second", "lowest–highest round", "of bare, or of empty", "CPU per job (µs)", "by CPU"],
      rows,
      notes: [
        "CPU is that of the process and of its connections to the database: on a machine that has other work it tells more than the time, and `by " +
          "CPU` is the pace that is left when both sides have the same of it. A ratio is the median of what each round says by itself; the queue is compared with that bare loop which is faster in the median.",
        `From the enqueue in one process to the first line of the job in another, both idle: embedded ${toLatency("embedded: start")}; ` +
          `server ${toLatency("server: start")}.`,
        `From the cancel in one process to the signal of the running job in another: embedded ${toLatency("embedded: cancel")}; ` +
          `server ${toLatency("server: cancel")}.`,
        "`embedded` is the database as the server starts it, over its Unix socket; `server` is a second Postgres of the same binaries and " +
          "settings (Postgres's defaults: 128 MB of shared buffers, fsync and synchronous_commit on), reached over TCP on loopback as a " +
          "`DATABASE_URL` would be. Both on the disk of this machine, with every process on the same cores.",
        "The bare loop claims with `FOR UPDATE SKIP LOCKED` (not waiting for the disk) and completes (waiting for it) in batches, as the queue " +
          "does; it has one table, one index, and keeps nothing about a run. Tables are vacuumed before each round, for all sides.",
        `Load average of the machine before the first round: ${load}.`,
      ],
    };
  },
});

const SERVER_ADDRESS = "127.0.75.83";

type Side = "bare" | "bare in two loops" | "queue" | "queue, deep";

interface Measured {
  readonly insertedPerSecond: number;
  readonly ranPerSecond: number;
  readonly endedPerSecond: number;
  /** Microseconds of CPU per job, of the process and of its connections to the database. */
  readonly insertCpuUs: number;
  readonly runCpuUs: number;
}

interface Place extends AsyncDisposable {
  measure(side: Side): Promise<Measured>;
  /** The processes that are measured for their pace; those for latency come after them. */
  stopThroughput(): Promise<void>;
  measureStarts(): Promise<number[]>;
  measureCancels(): Promise<number[]>;
}

async function openPlace(
  tools: BenchTools,
  kind: "embedded" | "server",
  settings: Readonly<Record<string, string>>,
): Promise<Place> {
  const closing = new AsyncDisposableStack();
  const dataDir = await makeBenchDir();
  closing.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { ...settings } });
  closing.defer(() => postgres.stop());
  const urlOf = (name: string): string =>
    kind === "embedded" ? postgres.urlOf(name) : `postgresql://postgres@${SERVER_ADDRESS}:5432/${name}`;

  const startSide = async (name: string, side: string): Promise<BenchServer> => {
    await changeAt(urlOf("postgres"), `CREATE DATABASE ${name}`);
    return tools.startServer(program, {
      BENCH_DATABASE_URL: urlOf(name),
      BENCH_SIDE: side,
      BENCH_SLOTS: String(SLOTS),
    });
  };
  const throughput = closing.use(new AsyncDisposableStack());
  const bare = throughput.use(await startSide("bare", "bare"));
  const queue = throughput.use(await startSide("queue", "queue"));
  const deep = throughput.use(await startSide("deep", "queue"));
  tools.progress(`${kind}: storing ${BACKLOG} jobs`);
  // Each round runs a few more than it stored: those that had begun when the last one was counted.
  await command(deep, "insert", { batches: BACKLOG / BATCH + 10, perBatch: BATCH });
  const serverOf = { bare, "bare in two loops": bare, queue, "queue, deep": deep };

  let latency: Promise<Latency> | undefined;
  const openLatency = async (): Promise<Latency> => {
    const worker = closing.use(await startSide("latency", "worker"));
    const database = await openDatabase({ databaseUrl: urlOf("latency"), dataDir: "/nonexistent" });
    closing.defer(() => database.stop());
    const clock = createSystemClock();
    const ids = createIds(clock);
    const web = createQueue({
      database,
      clock,
      ids,
      logger: createLogger("silent"),
      definitions: [
        defineJob({ name: "bench.touch", queue: "touch", input: queueNameInput, run: () => null }),
        defineJob({ name: "bench.hold", queue: "hold", input: queueNameInput, run: () => null }),
      ],
      processId: ids.uuid(),
      role: "web",
      version: "bench",
    });
    await web.start(new AbortController().signal);
    closing.defer(() => web.stop());
    return { web, worker };
  };

  return {
    measure: async (side) => {
      const server = serverOf[side];
      await command(server, "tidy");
      const { insertedMs, cpuMs: insertCpuMs } = await command(server, "insert", {
        batches: JOBS / BATCH,
        perBatch: BATCH,
      });
      const { ranMs, endedMs, cpuMs } = await command(server, "run", {
        count: JOBS,
        loops: side === "bare in two loops" ? 2 : 1,
      });
      const perSecond = (ms: unknown): number => (JOBS * 1000) / Number(ms);
      return {
        insertedPerSecond: perSecond(insertedMs),
        ranPerSecond: perSecond(ranMs),
        endedPerSecond: perSecond(endedMs),
        insertCpuUs: (Number(insertCpuMs) * 1000) / JOBS,
        runCpuUs: (Number(cpuMs) * 1000) / JOBS,
      };
    },
    stopThroughput: () => throughput.disposeAsync(),
    measureStarts: async () => {
      const { web } = await (latency ??= openLatency());
      const latenciesMs: number[] = [];
      for (let call = 0; call < STARTS; call += 1) {
        await sleep(IDLE_MS);
        const sentNs = process.hrtime.bigint();
        const { id } = await web.enqueue({ name: "bench.touch", input: { name: "customer" } });
        const { output } = await web.result({ id, waitMs: 10_000 });
        latenciesMs.push(toMs((output as { startedNs: string }).startedNs, sentNs));
      }
      return latenciesMs;
    },
    measureCancels: async () => {
      const { web, worker } = await (latency ??= openLatency());
      const latenciesMs: number[] = [];
      for (let call = 0; call < CANCELS; call += 1) {
        const { id } = await web.enqueue({ name: "bench.hold", input: { name: "customer" } });
        await command(worker, "started", { id });
        await sleep(IDLE_MS);
        const sentNs = process.hrtime.bigint();
        await web.cancel(id);
        latenciesMs.push(toMs(String((await command(worker, "aborted", { id }))["ns"]), sentNs));
      }
      return latenciesMs;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

interface Latency {
  readonly web: Queue;
  readonly worker: BenchServer;
}

const toMs = (ns: string, sinceNs: bigint): number => Number(BigInt(ns) - sinceNs) / 1e6;

async function command(
  { url }: BenchServer,
  name: string,
  input: Readonly<Record<string, string | number>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const search = new URLSearchParams(
    Object.entries(input).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const response = await fetch(`${url}/${name}?${search.toString()}`, { signal: AbortSignal.timeout(300_000) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${name}: ${response.status} ${text}`);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

interface Against {
  readonly perSecond: readonly number[];
  readonly cpuUs: readonly number[];
}

/** Of rounds that were measured beside those of `against`. */
function toRow(label: string, perSecond: readonly number[], cpuUs: readonly number[], against?: Against): string[] {
  const format = (value: number): string => Math.round(value).toLocaleString("en");
  const ratioOf = (values: readonly number[], others: readonly number[]): number =>
    medianOf(values.map((value, round) => value / (others[round] ?? value)));
  return [
    label,
    format(medianOf(perSecond)),
    `${format(Math.min(...perSecond))}–${format(Math.max(...perSecond))}`,
    against ? ratioOf(perSecond, against.perSecond).toFixed(2) : "",
    medianOf(cpuUs).toFixed(0),
    // The other way round, so that it reads as the one beside it does.
    against ? ratioOf(against.cpuUs, cpuUs).toFixed(2) : "",
  ];
}
