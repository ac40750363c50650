import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds on a core so far, by thread. */
type Reading = ReadonlyMap<string, number>;

/** All threads of a process, from the kernel and to the nanosecond. Linux only. */
export function readProcessCpu(pid: number): Reading {
  return new Map(
    readdirSync(`/proc/${pid}/task`).flatMap((thread): [string, number][] => {
      const ms = readThread(`/proc/${pid}/task/${thread}`);
      return ms === undefined ? [] : [[`${pid}/${thread}`, ms]];
    }),
  );
}

/** A database server with each process that it started: those of its connections and those that write in the background. */
export function readFamilyCpu(pid: number): Reading {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean);
  return new Map(
    [String(pid), ...children].flatMap((member): [string, number][] => {
      const ms = readThread(`/proc/${member}`);
      return ms === undefined ? [] : [[member, ms]];
    }),
  );
}

/** What began in between has spent all of its time there; what ended in between is not in it. */
export function toSpentMs(before: Reading, after: Reading): number {
  return [...after].reduce((sum, [key, ms]) => sum + ms - (before.get(key) ?? 0), 0);
}

function readThread(dir: string): number | undefined {
  try {
    // Nanoseconds on a core, the first of three numbers.
    return Number(readFileSync(`${dir}/schedstat`, "latin1").split(" ")[0]) / 1e6;
  } catch (error) {
    // It ended since it was listed.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
