import { existsSync, readFileSync } from "node:fs";
import type { Database } from "../packages/db/src/index.ts";

/** Milliseconds of CPU so far, by process: this one with all its threads, and each connection to its database. */
export type CpuReading = ReadonlyMap<string, number>;

/** From the kernel, which no other load on the machine disturbs as it does times. Linux only. */
export async function readCpu(pool: Database["pool"]): Promise<CpuReading> {
  const { rows } = await pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
  );
  const { user, system } = process.cpuUsage();
  return new Map([
    ["here", (user + system) / 1000],
    ...rows
      .filter(({ pid }) => existsSync(`/proc/${pid}/schedstat`))
      // Nanoseconds on a core, the first of three numbers.
      .map(({ pid }): [string, number] => [
        String(pid),
        Number(readFileSync(`/proc/${pid}/schedstat`, "latin1").split(" ")[0]) / 1e6,
      ]),
  ]);
}

/** A connection that was made in between has spent all of its time there. */
export function toSpentMs(before: CpuReading, after: CpuReading): number {
  return [...after].reduce((sum, [key, ms]) => sum + ms - (before.get(key) ?? 0), 0);
}
