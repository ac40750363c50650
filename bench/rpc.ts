import { existsSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { startEmbeddedPostgres } from "../packages/db/src/embedded/start-embedded-postgres.ts";
import { defineBench, type BenchTools } from "./bench.ts";
import { medianOf } from "./interleave.ts";
import { createPresser, type Pressed, type Presser } from "./pressure.ts";
import { storePeople } from "./people.ts";
import { AIMS, createCases, type Case } from "./rpc/cases.ts";
import { shareCores } from "./rpc/cores.ts";
import { describePython } from "./rpc/python.ts";
import { toAimsTable, toCaseTable, type Measured } from "./rpc/rows.ts";
import { startPeer, storePeerTables, type ServerName, type Started } from "./rpc/servers.ts";

const PEOPLE = 10_000;
/** Of the server's CPU: a compiler that watches what runs has made up its mind by then. */
const WARM_UP_CPU_MS = 2000;

/** Of its core, below which a server was kept waiting by what else the machine did. */
const SHARE_MIN = 0.9;

export const bench = defineBench({
  name: "rpc",
  proves:
    "What a call costs on the fast lane and through the whole chain, against the least that answers over HTTP, the same tRPC router on its own " +
    "server, other frameworks, and a FastAPI with the same middleware. Aimed at: what the first table says. Ratios are by pace / by CPU.",
  rounds: 9,
  hasCases: true,
  run: async (tools) => {
    const cores = shareCores();
    // A share in the server that runs: for an address whose role may make tables, and to know its process.
    const postgres = await startEmbeddedPostgres({ dataDir: tools.dir });
    await using running = new AsyncDisposableStack();
    running.defer(() => postgres.stop());
    const postmasterPid = postgres.pid();
    if (postmasterPid === undefined) throw new Error("Postgres has no process.");
    for (const pid of [process.pid, postmasterPid, ...childrenOf(postmasterPid)]) cores.moveAway(pid);
    await storePeople(tools.database, PEOPLE, () => undefined);
    await storePeerTables(postgres.urlOf("switchboard"));

    const python = describePython();
    if (!python.isThere) tools.progress(python.text);
    const all = await createCases(tools);
    const cases = pick(all, tools.only, python.isThere);

    const presser = running.use(createPresser(cores.other));
    const servers = new Map<ServerName, Started>();
    for (const name of new Set(cases.flatMap(({ sides }) => sides.map(({ server }) => server)))) {
      const started = await startPeer(tools, cores, name);
      running.use(started.server);
      servers.set(name, started);
    }
    const load = loadavg()[0]?.toFixed(1);
    const measured: Record<string, Measured> = {};
    for (const each of cases) measured[each.name] = await measureCase(tools, presser, servers, each, postmasterPid);

    const tables = cases.map((each) => ({ title: each.title, ...toCaseTable(each, measured[each.name] ?? {}) }));
    return {
      load: "requests made beforehand, without pipelining, over 32 kept connections (batch: 128, bulk: 4), each from an address of its own, for a second per server and round",
      facts: [describePeers(), python.text],
      ...toAimsTable(AIMS, measured),
      more: tables,
      notes: [
        cores.note,
        describeShare(cases, measured),
        ...describeLoad(measured[cases[0]?.name ?? ""] ?? {}),
        "Servers of Node run with `NODE_ENV=production`. CPU is that of the server's process with all its threads, for a request; where Postgres is in it, all of its processes have a column of their own, and the ratio by CPU is of both together.",
        "Our server is the one that ships with a query more (`access-server.ts`). It has every limiter on, with rates and a queue above what the load reaches (`SWITCHBOARD_LIMITS`) and the slots that ship, and writes its access log to nowhere, as FastAPI with the full chain does.",
        'FastAPI is the one of the distribution, on uvicorn with uvloop and httptools and without its own access log. `in ASGI` is its full chain as one pure ASGI middleware, the least it can cost; `by dependencies` has dependencies for what can refuse and pure ASGI for log, request id and statistics; `by middleware` is the same with those three in `@app.middleware("http")`, as its documentation has it; all keep keys in memory, with asyncpg behind. Its tables are copies of `users`, indexes included.',
        `Load average of the machine before the first round: ${load}.`,
      ],
    };
  },
});

/** `only` names cases, such as `ping`, or one server of a case, such as `ping:lane`; none for all of them. */
function pick(all: readonly Case[], only: readonly string[], isPythonThere: boolean): Case[] {
  const names = all.flatMap(({ name, sides }) => [name, ...sides.map(({ server }) => `${name}:${server}`)]);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--only takes ${[...new Set(names)].join(", ")}; not ${unknown}.`);
  const isAsked = (name: string): boolean => only.length === 0 || only.includes(name);
  return all
    .map((each) => ({
      ...each,
      sides: each.sides.filter(
        ({ server }) =>
          (isPythonThere || !server.startsWith("fastapi")) && (isAsked(each.name) || isAsked(`${each.name}:${server}`)),
      ),
    }))
    .filter(({ sides }) => sides.length > 0);
}

async function measureCase(
  tools: BenchTools,
  presser: Presser,
  servers: ReadonlyMap<ServerName, Started>,
  { name, sides, connections, calls, forMs, expects, isOfDatabase, warmUpTurns }: Case,
  postmasterPid: number,
): Promise<Measured> {
  const byLabel = new Map(sides.map((side) => [side.label, side]));
  const press = (label: string): Promise<Pressed> => {
    const side = byLabel.get(label);
    const started = side && servers.get(side.server);
    if (!side || !started) throw new Error(`${label} is not running.`);
    return presser.press({
      url: started.server.url,
      requests: side.requests(started, calls + connections),
      connections,
      calls,
      forMs,
      expects,
      isAwake: !isOfDatabase,
      pid: started.server.pid,
      postmasterPid: isOfDatabase ? postmasterPid : undefined,
    });
  };
  tools.progress(name);
  for (const { label } of sides) {
    let spentMs = 0;
    for (let turn = 0; turn < warmUpTurns && spentMs < WARM_UP_CPU_MS; turn += 1) {
      spentMs += (await press(label)).serverCpuMs;
    }
  }
  return tools.interleave([...byLabel.keys()], press);
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ");
  return children.filter((child) => existsSync(`/proc/${child}`) && child !== "").map(Number);
}

function describePeers(): string {
  const names = ["@trpc/server", "fastify", "hono", "@hono/node-server", "@orpc/server"];
  const versionOf = (name: string): string => {
    const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  };
  return names.map((name) => `${name} ${versionOf(name)}`).join(", ");
}

/** Whether what is measured had its core for itself. */
function describeShare(cases: readonly Case[], measured: Readonly<Record<string, Measured>>): string {
  const shares = cases
    .filter(({ isOfDatabase }) => !isOfDatabase)
    .flatMap(({ name }) => Object.values(measured[name] ?? {}))
    .map((rounds) => medianOf(rounds.map(({ serverCpuMs, elapsedMs }) => serverCpuMs / elapsedMs)));
  if (shares.length === 0) return "";
  const [least, most] = [Math.min(...shares), Math.max(...shares)].map((share) => `${(share * 100).toFixed(0)} %`);
  return (
    `In \`ping\` and \`batch\` the servers had ${least} to ${most} of a core in the median` +
    (Math.min(...shares) < SHARE_MIN
      ? ": the machine had other work, paces are not to be compared, and CPU alone tells."
      : ".")
  );
}

/** Whether what sends the load could have sent more. */
function describeLoad(measured: Measured): string[] {
  const [fastest] = Object.entries(measured).toSorted(
    ([, one], [, other]) =>
      medianOf(one.map((each) => each.elapsedMs / each.answers)) -
      medianOf(other.map((each) => each.elapsedMs / each.answers)),
  );
  if (!fastest) return [];
  const [label, rounds] = fastest;
  const idle = medianOf(rounds.map(({ idleShare = 0 }) => idleShare));
  return [
    `In \`ping\` and \`batch\` the process that sends the load never sleeps, so that no server pays for waking it; at the fastest (${label}) it found nothing to do in ${(idle * 100).toFixed(0)} % of its turns.`,
  ];
}
