import type { z } from "zod";
import { createBulkhead } from "../platform/bulkhead.ts";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import { systemRandom, type Random } from "../platform/random.ts";
import { retry } from "../platform/retry.ts";
import { isoOf, type Sql } from "../platform/sql.ts";
import { labDeadlineExceeded, labFlakyFailed } from "./lab.errors.ts";
import { createRuns, type Runs } from "./lab.runs.ts";
import type {
  cachedOutput,
  fanOutInput,
  fanOutOutput,
  fastOutput,
  flakyInput,
  flakyOutput,
  limitedInput,
  limitedOutput,
  pooledInput,
  pooledOutput,
  rateLimitedOutput,
  slowInput,
  slowOutput,
} from "./lab.schema.ts";
import { together } from "./together.ts";

export interface LabOptions {
  readonly database: { readonly pool: Sql };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly cache: {
    getOrLoad<Value extends string>(
      key: string,
      load: () => Promise<Value>,
      options: { readonly ttlSeconds: number; readonly tags: readonly string[] },
    ): Promise<{ readonly value: Value; readonly source: "cache" | "load" }>;
  };
  readonly limits: {
    peekPrincipal(path: string, key: string): { readonly remaining: number; readonly resetMs: number };
  };
  /** Where this process listens: runs call it there. */
  readonly baseUrl: () => string;
  readonly random?: Random;
  /** Sends the calls of runs. Default: `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

type In<Schema extends z.ZodType> = z.output<Schema>;

/** Harmless procedures that show what the server does with slow, wide, flaky and limited work. */
export interface Lab extends Service {
  readonly runs: Runs;
  fast(): In<typeof fastOutput>;
  slow(input: In<typeof slowInput>, signal: AbortSignal): Promise<In<typeof slowOutput>>;
  /** Raises 503 `LAB_DEADLINE_EXCEEDED`. */
  fanOut(input: In<typeof fanOutInput>, signal: AbortSignal): Promise<In<typeof fanOutOutput>>;
  /** Tasks of all callers share 10 slots. Raises 503 `CONCURRENCY_FULL` when thousands wait. */
  limited(input: In<typeof limitedInput>, signal: AbortSignal): Promise<In<typeof limitedOutput>>;
  /** Raises 502 `LAB_FLAKY_FAILED` when every attempt failed. */
  flaky(input: In<typeof flakyInput>, signal: AbortSignal): Promise<In<typeof flakyOutput>>;
  cached(key: string): Promise<In<typeof cachedOutput>>;
  pooledQueries(input: In<typeof pooledInput>, signal: AbortSignal): Promise<In<typeof pooledOutput>>;
  /** What the caller's address has left; the call itself has been charged by then. */
  rateLimited(address: string): In<typeof rateLimitedOutput>;
}

const TASK_SLOTS = 10;
const QUERY_SLOTS = 5;
const QUEUE_LIMIT = 20_000;
const CACHED_SECONDS = 30;
const FLAKY_BACKOFF_MS = 20;

export function createLab(options: LabOptions): Lab {
  const { clock, cache, limits, random = systemRandom } = options;
  const sql = options.database.pool;
  const tasks = createBulkhead({ clock, limit: TASK_SLOTS, queueLimit: QUEUE_LIMIT });
  const queries = createBulkhead({ clock, limit: QUERY_SLOTS, queueLimit: QUEUE_LIMIT });
  const runs = createRuns(options);

  const timed = async (work: () => Promise<void>): Promise<number> => {
    const startMs = clock.monotonicMs();
    await work();
    return clock.monotonicMs() - startMs;
  };

  return {
    name: "lab",
    start: async () => undefined,
    stop: () => runs.stopAll(),
    runs,
    fast: () => ({ message: "Hello from Switchboard.", at: clock.now().toISOString() }),
    slow: async ({ delayMs }, signal) => ({ waitedMs: await timed(() => clock.sleep(delayMs, signal)) }),
    fanOut: async ({ branches, delayMs, deadlineMs }, signal) => {
      const deadline = new AbortController();
      const isOver = clock.sleep(deadlineMs, deadline.signal).then(() => {
        throw labDeadlineExceeded(deadlineMs);
      });
      let results: { branch: number; tookMs: number }[] = [];
      const run = Array.from({ length: branches }, (_, branch) => async (branchSignal: AbortSignal) => ({
        branch,
        tookMs: await timed(() => clock.sleep(delayMs, branchSignal)),
      }));
      const totalMs = await timed(async () => {
        const giveUp = new AbortController();
        try {
          results = await Promise.race([together(AbortSignal.any([signal, giveUp.signal]), run), isOver]);
        } finally {
          giveUp.abort();
          deadline.abort();
        }
      });
      return { results, totalMs };
    },
    limited: async ({ tasks: count, delayMs }, signal) => {
      let peak = 0;
      const run = Array.from(
        { length: count },
        (_, task) => (taskSignal: AbortSignal) =>
          tasks.run(taskSignal, async ({ queuedMs }) => {
            peak = Math.max(peak, tasks.inFlight);
            return { task, waitedMs: queuedMs, tookMs: await timed(() => clock.sleep(delayMs, taskSignal)) };
          }),
      );
      const results = await together(signal, run);
      return { limit: tasks.limit, peak, results };
    },
    flaky: async ({ failureRate, attempts }, signal) => {
      let used = 0;
      const attempt = (number: number): Promise<void> => {
        used = number;
        return random() < failureRate ? Promise.reject(labFlakyFailed(attempts)) : Promise.resolve();
      };
      await retry(attempt, { clock, random, attempts, backoffMs: FLAKY_BACKOFF_MS, signal });
      return { attempts: used, ok: true };
    },
    cached: async (key) => {
      const { value, source } = await cache.getOrLoad(`lab:${key}`, () => readTime(sql), {
        ttlSeconds: CACHED_SECONDS,
        tags: ["lab"],
      });
      return { data: { key, loadedAt: value }, source: source === "cache" ? "cache" : "database" };
    },
    pooledQueries: async ({ queries: count }, signal) => {
      let peak = 0;
      const run = Array.from(
        { length: count },
        () => (querySignal: AbortSignal) =>
          queries.run(querySignal, async () => {
            peak = Math.max(peak, queries.inFlight);
            await readTime(sql);
          }),
      );
      const totalMs = await timed(async () => void (await together(signal, run)));
      return { queries: count, limit: queries.limit, peak, totalMs };
    },
    rateLimited: (address) => {
      const { remaining, resetMs } = limits.peekPrincipal("lab.rateLimited", `address:${address}`);
      return { remaining, resetMs };
    },
  };
}

async function readTime(sql: Sql): Promise<string> {
  const { rows } = await sql.query<{ at: string }>(`SELECT ${isoOf("clock_timestamp()")} AS at`);
  const row = rows[0];
  if (!row) throw new Error("The database did not tell the time.");
  return row.at;
}
