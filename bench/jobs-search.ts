import { randomInt } from "node:crypto";
import { loadavg } from "node:os";
import { setTimeout } from "node:timers/promises";
import { ownerEnvironment, signInOwner } from "../packages/testing/src/caller.ts";
import { createRandom } from "../packages/testing/src/random.ts";
import { toCursor } from "../packages/server/src/trpc/wire.ts";
import { defineBench, type BenchTools } from "./bench.ts";
import { quantileOf } from "./interleave.ts";
import { QUEUES, storeJobs } from "./jobs.ts";

const JOBS = 1_000_000;
const CALLS = 20;
const DAY_MS = 24 * 3_600_000;
/** Above anything a machine can send: limits are charged as ever and refuse nothing. */
const FREE = { ratePerSecond: 1_000_000, burst: 1_000_000 };
const LIMITS = JSON.stringify({ read: FREE });

type Input = Readonly<Record<string, unknown>>;

export const bench = defineBench({
  name: "jobs-search",
  proves:
    "How long the desk waits for a page of jobs when there are a million of them, whatever they are searched by. Aimed at: 95 of 100 pages " +
    "of all kinds together in less than 150 ms.",
  run: async (tools) => {
    const seed = Number(process.env["BENCH_SEED"] ?? randomInt(2 ** 31));
    tools.progress(`seed ${seed}`);
    await storeJobs(tools.database, JOBS, (stored) => tools.progress(`${stored} jobs stored`));
    const indexStartedMs = performance.now();
    await using server = await tools.startServer(undefined, { ...ownerEnvironment, SWITCHBOARD_LIMITS: LIMITS });
    const { headers } = await signInOwner(server);
    await untilIndexed(tools);
    const indexSeconds = (performance.now() - indexStartedMs) / 1000;
    await tools.database.pool.query("VACUUM (ANALYZE) job_search");

    const load = loadavg()[0]?.toFixed(1);
    const pages = await createPages(tools, createRandom(seed));
    const names = Object.keys(pages);
    const measured = await tools.interleave(names, async (name) => {
      const latencies: number[] = [];
      for (let call = 0; call < CALLS; call += 1) {
        const input = encodeURIComponent(JSON.stringify({ limit: 50, ...pages[name]?.() }));
        const path = `/trpc/queue.jobs.list?input=${input}`;
        const { latenciesMs } = await tools.drive({ url: server.url, path, headers, calls: 1, connections: 1 });
        latencies.push(latenciesMs[0] ?? Number.NaN);
      }
      return latencies;
    });
    const toRow = (name: string, latenciesMs: readonly number[]): string[] => [
      name,
      ...[0.5, 0.95, 1].map((quantile) => quantileOf(latenciesMs, quantile).toFixed(1)),
    ];
    const { rows } = await tools.database.pool.query<{ bytes: string }>(
      "SELECT pg_total_relation_size('job_search') AS bytes",
    );
    return {
      load: `${CALLS} pages of 50 per row and round, one after the other, over HTTP, values and places at random from seed ${seed}`,
      columns: ["Page", "p50 (ms)", "p95 (ms)", "slowest (ms)"],
      rows: [
        ...names.map((name) => toRow(name, (measured[name] ?? []).flat())),
        toRow("all of these", Object.values(measured).flat(2)),
      ],
      notes: [
        `A week of ${JOBS.toLocaleString("en")} jobs of 20 kinds in five queues, vacuumed and analyzed once.`,
        `The index of all of them was written in ${indexSeconds.toFixed(0)} s by the server, start included; it takes ` +
          `${(Number(rows[0]?.bytes) / 2 ** 20).toFixed(0)} MiB.`,
        `Load average of the machine when the first page was measured: ${load}.`,
      ],
    };
  },
});

async function untilIndexed({ database, progress }: BenchTools): Promise<void> {
  for (;;) {
    const { rows } = await database.pool.query<{ left: number; done: number }>(
      `SELECT (SELECT count(*)::int FROM (SELECT 1 FROM pgboss.job j WHERE j.name = ANY ($1) AND j.id > m.up_to LIMIT 5000) l) AS left,
         (SELECT count(*)::int FROM job_search) AS done
       FROM job_search_mark m`,
      [QUEUES],
    );
    const { left = 1, done = 0 } = rows[0] ?? {};
    // The last seconds stay out of it until they are over.
    if (left < 200 && done > 0) return;
    progress(`${done} jobs indexed`);
    await setTimeout(5000);
  }
}

async function createPages({ database }: BenchTools, random: () => number): Promise<Record<string, () => Input>> {
  const { rows: some } = await database.pool.query<{ id: string }>(
    "SELECT id FROM pgboss.job TABLESAMPLE BERNOULLI (0.1) REPEATABLE (7)",
  );
  const below = (count: number): number => Math.floor(random() * count);
  const anyOf = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  const kind = (): string => {
    const number = below(20);
    return `${QUEUES[number % 5]}.kind-${number}`;
  };
  const equals = (path: string, value: unknown): Input => ({ where: [{ path: path.split("."), op: "=", value }] });
  const days = (): Input => {
    const fromMs = Date.now() - (1 + random() * 5.5) * DAY_MS;
    return { from: new Date(fromMs).toISOString(), to: new Date(fromMs + random() * DAY_MS).toISOString() };
  };
  const rareStates = ["discarded", "cancelled", "retryable", "scheduled"];
  const searches: Record<string, () => Input> = {
    "by name": () => ({ name: kind() }),
    "by state": () => ({ state: [anyOf([...rareStates, "available", "completed", "executing"])] }),
    "by name and state": () => ({ name: kind(), state: [anyOf([...rareStates, "completed"])] }),
    "by tag, frequent": () => ({ tag: `region:${anyOf(["eu", "us", "asia"])}` }),
    "by tag of days ago": () => ({ tag: "import-7" }),
    "by key": () => ({ key: `customer-${below(20_000)}` }),
    "by input, unique": () => equals("order", `order-${below(JOBS)}`),
    "by input, rare": () => equals("user.id", below(100_000)),
    "by input, in an array": () => equals("lines.sku", `S${below(5000)}`),
    "by input, frequent": () => equals("plan", anyOf(["free", "pro", "team"])),
    "by input, absent": () => equals("user.id", -1 - below(1000)),
    "by input, a range": () => ({ where: [{ path: ["amount"], op: ">", value: below(90) }] }),
    "by input and tag and a range": () => ({
      tag: "import-7",
      where: [
        { path: ["plan"], op: "=", value: "pro" },
        { path: ["amount"], op: "<", value: 10 + below(80) },
      ],
    }),
    "by input of those with an error": () => ({
      state: ["discarded"],
      where: [{ path: ["user", "mail"], op: "contains", value: `P${below(100)}` }],
    }),
    "by group of errors": () => ({ fingerprint: (below(10) * 1000 + below(10)).toString(16).padStart(16, "0") }),
    "by text of the error": () => ({ search: anyOf([`code ${below(40)}`, `host ${below(1000)}`, "connection TO"]) }),
    "by date": days,
    "by date and name": () => ({ ...days(), name: kind() }),
    "by id": () => ({ search: anyOf(some).id }),
  };
  const any = (): Input => anyOf(Object.values(searches))();
  return {
    "first page": () => ({}),
    ...searches,
    "any of these, any later page": () => ({ ...any(), cursor: toCursor("queue.jobs", [anyOf(some).id]) }),
  };
}
