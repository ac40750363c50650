import type { Database } from "../packages/db/src/index.ts";
import type { Interleave } from "./interleave.ts";
import type { Drive } from "./load.ts";
import type { BenchServer, StartServer } from "./server-process.ts";

export type { BenchServer };

/** What a benchmark works with. All of it is its own, and gone when it ends. */
export interface BenchTools {
  /** Measured rounds per variant, at least 5; a round to warm up comes before them. */
  readonly rounds: number;
  /** Empty but for the migrations, on the disk of this machine. A server of `startServer` works on the same one. */
  readonly database: Database;
  readonly startServer: StartServer;
  /** Where a benchmark may put files of its own. */
  readonly dir: string;
  /** Which of its cases to run; empty for all of them. */
  readonly only: readonly string[];
  /** Takes turns between variants. */
  readonly interleave: Interleave;
  /** Sends load to a server from this process. */
  readonly drive: Drive;
  /** Tells whoever waits how far it is. */
  readonly progress: (text: string) => void;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Report extends Table {
  /** What was sent, as one sentence. */
  readonly load: string;
  /** What else figures depend on, such as versions: a line each. */
  readonly facts?: readonly string[];
  /** Tables that follow the first one, each after a sentence that says what it shows. */
  readonly more?: readonly (Table & { readonly title: string })[];
  /** What the figures say, and what they do not. A sentence each. */
  readonly notes: readonly string[];
}

export interface Bench {
  /** Name of its file. */
  readonly name: string;
  /** What it is to show, as one sentence with the figure that is aimed at. */
  readonly proves: string;
  /** Rounds when nothing else is asked for. Default 5. More and shorter ones where the machine has other work. */
  readonly rounds?: number;
  /** Whether it has cases that can be run alone. */
  readonly hasCases?: boolean;
  readonly run: (tools: BenchTools) => Promise<Report>;
}

/** Figures are compared by people and never fail a build: a benchmark raises an Error only when it could not measure. */
export function defineBench(bench: Bench): Bench {
  return bench;
}
