import type { JobContext } from "../packages/server/src/define.ts";

/** What is compared: jobs that do nothing, stored and run, over the same database server. */
export interface QueueSide {
  /** Vacuums and analyzes its tables, so that no round pays for the one before. */
  tidy(): Promise<void>;
  /** One batch, on disk when it resolves. */
  insert(inputs: readonly unknown[]): Promise<void>;
  /** Runs waiting jobs until `count` have run. */
  run(count: number, loops: number): Promise<Ran>;
}

export interface Ran {
  /** Milliseconds until the last of them began. */
  readonly ranMs: number;
  /** Milliseconds until each of them was stored as completed. */
  readonly endedMs: number;
}

export interface CommandInput {
  readonly id: string;
  readonly batches?: number;
  readonly perBatch?: number;
  readonly count?: number;
  readonly loops?: number;
}
export type Command = (input: CommandInput) => Promise<Readonly<Record<string, unknown>>>;

/** The jobs of the process whose latency is measured. */
export interface Worker {
  touch(): { readonly startedNs: string };
  hold(context: Pick<JobContext<unknown>, "jobId" | "signal">): Promise<null>;
}
