import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { openDatabase } from "../packages/db/src/index.ts";
import { makeBenchDir } from "./bench-dir.ts";
import type { Bench } from "./bench.ts";
import { createInterleave } from "./interleave.ts";
import { drive } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { toMarkdown, writeReport } from "./report.ts";
import { createStartServer } from "./server-process.ts";

const ROUNDS_MIN = 5;

/** `pnpm bench <name> [--write] [--rounds <n>] [--only <case>]… [--node <argument>]…`. */
async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      /** Puts the table into bench/README.md. */
      write: { type: "boolean", default: false },
      rounds: { type: "string" },
      /** For a benchmark of several cases: the ones to run. */
      only: { type: "string", multiple: true, default: [] },
      /** For the servers it starts, such as `--node=--cpu-prof`. */
      node: { type: "string", multiple: true, default: [] },
    },
  });
  const bench = await load(positionals[0] ?? "");
  const rounds = Number(values.rounds ?? bench.rounds ?? ROUNDS_MIN);
  if (!Number.isInteger(rounds) || rounds < ROUNDS_MIN) {
    throw new Error(`Fewer than ${ROUNDS_MIN} rounds say nothing: --rounds ${values.rounds}.`);
  }

  if (values.only.length > 0 && !bench.hasCases) throw new Error(`--only: ${bench.name} has no cases.`);
  if (values.write && values.only.length > 0) throw new Error("--write takes all cases: leave out --only.");

  const dataDir = await makeBenchDir();
  const progress = (text: string): void => console.error(`${bench.name}: ${text}`);
  try {
    const database = await openDatabase({ dataDir });
    try {
      const machine = await describeMachine(database);
      const report = await bench.run({
        rounds,
        only: values.only,
        dir: dataDir,
        database,
        startServer: createStartServer({ DATABASE_URL: database.url, SWITCHBOARD_DATA_DIR: dataDir }, values.node),
        interleave: createInterleave(rounds, (round) =>
          progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`),
        ),
        drive,
        progress,
      });
      const markdown = toMarkdown(bench, machine, rounds, report);
      console.log(markdown);
      if (values.write) writeReport(bench.name, markdown);
    } finally {
      await database.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A benchmark is a file beside this one that exports `bench`. */
async function load(name: string): Promise<Bench> {
  const file = path.join(import.meta.dirname, `${name}.ts`);
  const exported =
    /^[a-z-]+$/.test(name) && existsSync(file) ? ((await import(file)) as { bench?: Bench }).bench : undefined;
  if (!exported) throw new Error(`There is no benchmark "${name}". bench/README.md lists them.`);
  return exported;
}

await run();
