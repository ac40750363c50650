import { randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { setTimeout } from "node:timers/promises";
import { createCaller, ownerEnvironment, signInOwner, type Caller } from "../packages/testing/src/caller.ts";
import { createRandom } from "../packages/testing/src/random.ts";
import { toCursor } from "../packages/server/src/trpc/wire.ts";
import { defineBench, type BenchServer, type BenchTools } from "./bench.ts";
import { medianOf, quantileOf } from "./interleave.ts";
import { createTerms, storePeople, type Terms } from "./people.ts";

const PEOPLE = 1_000_000;
const STRANGERS = 10_000;
const CALLS = 60;
const BULK_PEOPLE = 1000;
const STALL_MS = 5000;
/** Above anything a machine can send: limits are charged as ever and refuse nothing. */
const FREE = { ratePerSecond: 1_000_000, burst: 1_000_000 };
const LIMITS = JSON.stringify({ read: FREE, bulk: FREE });

type Input = Readonly<Record<string, unknown>>;

export const bench = defineBench({
  name: "users",
  proves:
    "How long the desk waits for a page of people when there are a million of them, whatever is asked for, and what an export of all of " +
    "them takes. Aimed at: 95 of 100 pages in less than 50 ms each, and memory that does not grow with the number of rows.",
  run: async (tools) => {
    const seed = Number(process.env["BENCH_SEED"] ?? randomInt(2 ** 31));
    tools.progress(`seed ${seed}`);
    await using server = await tools.startServer(undefined, { ...ownerEnvironment, SWITCHBOARD_LIMITS: LIMITS });
    const owner = await signInOwner(server);
    await storePeople(tools.database, PEOPLE, (stored) => tools.progress(`${stored} people stored`));

    const load = loadavg()[0]?.toFixed(1);
    const random = createRandom(seed);
    const pages = await createPages(tools, createTerms(random), random);
    const names = Object.keys(pages);
    const measured = await tools.interleave(names, (name) =>
      measure(tools, server, owner, pages[name] ?? (() => ({}))),
    );
    const bulkMs = await tools.interleave(["bulk"], () => measureBulkCreate(owner));
    const exported = await measureExports(tools, server, owner);
    tools.progress(`an import of ${STRANGERS} strangers`);
    await importStrangers(owner);
    const common = createTerms(random).common;
    const after = await tools.interleave(["after"], () => measure(tools, server, owner, () => ({ search: common() })));

    const toRow = (name: string, rounds: readonly (readonly Page[])[]): string[] => {
      const cpuMs = rounds.flat().map((page) => page.cpuMs);
      const latenciesMs = rounds.flat().map(({ latencyMs }) => latencyMs);
      const toCells = (values: readonly number[], quantiles: readonly number[]): string[] =>
        quantiles.map((quantile) => quantileOf(values, quantile).toFixed(1));
      return [name, ...toCells(cpuMs, [0.5, 0.95]), ...toCells(latenciesMs, [0.5, 0.95, 1])];
    };
    return {
      load: `${CALLS} pages of 50 per row and round, one after the other, terms, filters and places at random from seed ${seed}`,
      columns: ["Page", "CPU p50 (ms)", "CPU p95 (ms)", "p50 (ms)", "p95 (ms)", "slowest (ms)"],
      rows: [
        ...names.map((name) => toRow(name, measured[name] ?? [])),
        toRow(`search: frequent, right after an import of ${STRANGERS.toLocaleString("en")} strangers`, after.after),
      ],
      notes: [
        `The table has ${PEOPLE.toLocaleString("en")} people, vacuumed and analyzed once; the times are those of the client, over HTTP.`,
        "CPU is that of the server and of its connections to the database; what the times have above it is what else the machine did.",
        `Load average of the machine when the first page was measured: ${load}.`,
        `\`users.bulkCreate\` of ${BULK_PEOPLE.toLocaleString("en")} people takes ${medianOf(bulkMs.bulk).toFixed(0)} ms.`,
        ...exported,
      ],
    };
  },
});

async function createPages(
  { database }: BenchTools,
  terms: Terms,
  random: () => number,
): Promise<Record<string, () => Input>> {
  const { rows: some } = await database.pool.query<{ id: string; at: string }>(
    `SELECT id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
       FROM users TABLESAMPLE BERNOULLI (0.1) REPEATABLE (7)`,
  );
  const anyOf = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const place = (): Input => {
    const { at, id } = anyOf(some);
    return { cursor: toCursor("users.list", [at, id]) };
  };
  const filters: readonly Input[] = [
    { role: "operator" },
    { role: "admin" },
    { status: "suspended" },
    { status: "active" },
    { role: "operator", status: "suspended" },
    { role: "viewer", status: "active" },
  ];
  const searches = {
    frequent: terms.common,
    rare: terms.rare,
    absent: terms.absent,
    Chinese: terms.chinese,
    "two words": terms.twoWords,
  };
  const anySearch = (): Input => ({ search: anyOf(Object.values(searches))() });
  return {
    "list: first page": () => ({}),
    "list: any later page": place,
    "list: by role and status": () => anyOf(filters),
    "list: by role and status, any later page": () => ({ ...anyOf(filters), ...place() }),
    ...Object.fromEntries(
      Object.entries(searches).map(([name, term]) => [`search: ${name}`, () => ({ search: term() })]),
    ),
    "search: start of an address": () => ({ search: terms.email() }),
    "search: whole id": () => ({ search: anyOf(some).id }),
    "search: any of these, by role and status": () => ({ ...anySearch(), ...anyOf(filters) }),
    "search: any of these, any later page": () => ({ ...anySearch(), ...place() }),
    "search: any of these, by role and status, any later page": () => ({
      ...anySearch(),
      ...anyOf(filters),
      ...place(),
    }),
  };
}

interface Page {
  readonly latencyMs: number;
  /** Of the server's main thread and of its connections to the database: what the machine does beside it is not in it. */
  readonly cpuMs: number;
}

async function measure(
  tools: BenchTools,
  server: BenchServer,
  { headers }: Caller,
  page: () => Input,
): Promise<Page[]> {
  const { rows } = await tools.database.pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
  );
  const pids = [server.pid, ...rows.map(({ pid }) => pid)];
  const pages: Page[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const path = `/trpc/users.list?input=${encodeURIComponent(JSON.stringify(page()))}`;
    const before = readCpuMs(pids);
    const { latenciesMs } = await tools.drive({ url: server.url, path, headers, calls: 1, connections: 1 });
    pages.push({ latencyMs: latenciesMs[0] ?? Number.NaN, cpuMs: toSpentMs(before, readCpuMs(pids)) });
  }
  return pages;
}

/** By process. Pools close connections that are idle: a process may be gone. */
function readCpuMs(pids: readonly number[]): ReadonlyMap<number, number> {
  return new Map(
    pids
      .filter((pid) => existsSync(`/proc/${pid}`))
      // Nanoseconds on a core, the first of three numbers.
      .map((pid) => [pid, Number(readFileSync(`/proc/${pid}/schedstat`, "latin1").split(" ")[0]) / 1e6]),
  );
}

function toSpentMs(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  return [...after].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? ms), 0);
}

let made = 0;

async function measureBulkCreate(owner: Caller): Promise<number> {
  made += 1;
  const users = Array.from({ length: BULK_PEOPLE }, (_, index) => ({
    email: `bulk${made}.${index}@bench.example`,
    name: `Maria Bulk-${made} Nr${index}`,
  }));
  const startedMs = performance.now();
  (await owner.mutate("users.bulkCreate", { users })).data();
  return performance.now() - startedMs;
}

async function importStrangers(owner: Caller): Promise<void> {
  const users = Array.from({ length: STRANGERS }, (_, index) => ({
    email: `x${index}@x.example`,
    name: `Ξένος ${index}`,
  }));
  (await owner.mutate("users.bulkCreate", { users })).data();
}

async function measureExports(tools: BenchTools, server: BenchServer, owner: Caller): Promise<string[]> {
  const notes: string[] = [];
  for (const format of ["csv", "ndjson"] as const) {
    tools.progress(`export as ${format}`);
    const { rows, bytes, seconds, beforeMib, peakMib } = await readExport(server, owner, format);
    notes.push(
      `An export of all as ${format}: ${rows.toLocaleString("en")} rows, ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s ` +
        `(${Math.round(rows / seconds).toLocaleString("en")} rows a second); resident memory of the server ${beforeMib} MiB before, ` +
        `${peakMib} MiB at its highest.`,
    );
  }
  tools.progress("an export whose reader leaves");
  const { freeMs, beforeMib, peakMib } = await measureAbort(server, owner);
  notes.push(
    `A reader who reads nothing for ${STALL_MS / 1000} s and leaves: ${beforeMib} MiB before, ${peakMib} MiB at its highest, and its slot ` +
      `is free ${freeMs.toFixed(0)} ms after it left.`,
  );
  return notes;
}

const readRssMib = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024);

async function readExport({ url, pid }: BenchServer, { headers }: Caller, format: "csv" | "ndjson") {
  const beforeMib = readRssMib(pid);
  let peakMib = beforeMib;
  const sampling = setInterval(() => (peakMib = Math.max(peakMib, readRssMib(pid))), 20);
  const startedMs = performance.now();
  try {
    const response = await fetch(`${url}/api/users/export?format=${format}`, { headers });
    if (response.status !== 200 || !response.body)
      throw new Error(`The export: ${response.status} ${await response.text()}`);
    let [lines, bytes] = [0, 0];
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
    }
    const rows = format === "csv" ? lines - 1 : lines;
    return { rows, bytes, seconds: (performance.now() - startedMs) / 1000, beforeMib, peakMib };
  } finally {
    clearInterval(sampling);
  }
}

interface Abort {
  readonly freeMs: number;
  readonly beforeMib: number;
  readonly peakMib: number;
}

/** A reader who takes the first bytes, reads nothing for a while and leaves. */
async function measureAbort({ url, pid }: BenchServer, { headers }: Caller): Promise<Abort> {
  const caller = createCaller(url, headers);
  const readHeld = async (): Promise<number> =>
    (await caller.query("limits.get", { name: "bulk.concurrency" })).data<{ inFlight: number }>().inFlight;
  const beforeMib = readRssMib(pid);
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/users/export`, { headers, signal: leaving.signal });
  await response.body?.getReader().read();
  let peakMib = beforeMib;
  for (const endMs = performance.now() + STALL_MS; performance.now() < endMs; await setTimeout(20)) {
    peakMib = Math.max(peakMib, readRssMib(pid));
  }
  if ((await readHeld()) !== 1) throw new Error("The export holds no slot.");
  const startedMs = performance.now();
  leaving.abort();
  while ((await readHeld()) !== 0) continue;
  return { freeMs: performance.now() - startedMs, beforeMib, peakMib };
}
