import { createCaller, ownerEnvironment, signInOwner } from "../packages/testing/src/caller.ts";
import { defineBench, type BenchServer, type BenchTools } from "./bench.ts";
import { medianOf } from "./interleave.ts";

/** Few, in many rounds: whatever else the machine does meanwhile then falls on all variants alike. */
const CALLS = 2000;
const CONNECTIONS = 8;
/** Above anything a machine can send: limits are charged as ever and refuse nothing. */
const LIMITS = JSON.stringify({ read: { ratePerSecond: 1_000_000, burst: 1_000_000 } });

interface Variant {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export const bench = defineBench({
  name: "access",
  proves:
    "What it costs the server to know who calls: CPU of the server process per call, for the same procedure open to anybody, " +
    "called with an API key and called with a session cookie. Aimed at: a call with a key costs at most 1.15 times the open one.",
  rounds: 30,
  run: async (tools) => {
    await using server = await tools.startServer(new URL("access-server.ts", import.meta.url), {
      ...ownerEnvironment,
      SWITCHBOARD_LIMITS: LIMITS,
    });
    const variants = await createVariants(server);
    const names = Object.keys(variants) as (keyof typeof variants)[];
    const measured = await tools.interleave(names, (name) => measureCpuUs(tools, server, variants[name]));
    return {
      load: `${CALLS} calls per variant and round over ${CONNECTIONS} kept connections, each from an address of its own`,
      columns: ["Call", "CPU per call (µs)", "lowest–highest round", "against open"],
      rows: names.map((name) => [
        LABELS[name],
        medianOf(measured[name]).toFixed(1),
        `${Math.min(...measured[name]).toFixed(1)}–${Math.max(...measured[name]).toFixed(1)}`,
        medianOf(measured[name].map((cpuUs, round) => cpuUs / (measured.open[round] ?? cpuUs))).toFixed(3),
      ]),
      notes: [
        "`against open` is the median of what each round says by itself, so that a slow spell of the machine is in neither.",
        "The server runs as it ships, with its log at `info`; the log goes to nowhere.",
      ],
    };
  },
});

const LABELS = { open: "open to anybody", key: "with an API key", session: "with a session cookie" } as const;

async function createVariants(server: BenchServer): Promise<Record<keyof typeof LABELS, Variant>> {
  const owner = await signInOwner(server);
  const made = await owner.mutate("access.keys.create", { name: "bench", role: "viewer" });
  const key = { authorization: `Bearer ${made.data<{ key: string }>().key}` };
  const closed = "/trpc/bench.closed";
  // Otherwise an answer other than 200 would be measured as what it costs to refuse.
  (await createCaller(server.url, key).query("bench.closed")).data();
  return {
    open: { path: "/trpc/bench.open", headers: {} },
    key: { path: closed, headers: key },
    session: { path: closed, headers: { cookie: owner.headers["cookie"] ?? "" } },
  };
}

async function measureCpuUs(tools: BenchTools, server: BenchServer, { path, headers }: Variant): Promise<number> {
  const beforeMs = server.readCpuMs();
  await tools.drive({ url: server.url, path, headers, calls: CALLS, connections: CONNECTIONS });
  return ((server.readCpuMs() - beforeMs) * 1000) / CALLS;
}
