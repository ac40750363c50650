import { readdirSync, readFileSync } from "node:fs";

/** Ids of the running processes whose command line holds `text`. */
export function findProcesses(text: string): number[] {
  return listProcesses()
    .filter(({ command }) => command.includes(text))
    .map(({ pid }) => pid);
}

/** The processes of this program that another one has forked, oldest first. Its database server is not among them. */
export function findForks(pid: number): number[] {
  return listProcesses()
    .filter(({ parent, command }) => parent === pid && command.includes("apps/server/src/main.ts"))
    .map((fork) => fork.pid)
    .sort((a, b) => a - b);
}

/** Kills the database server of a data folder with every process of it, as the kernel does when memory runs out. */
export function killPostgres(dataDir: string): void {
  const processes = listProcesses();
  const servers = processes.filter(({ command }) => /^\S*\/postgres\0/.test(command) && command.includes(dataDir));
  if (servers.length === 0) throw new Error(`No database server runs for ${dataDir}.`);
  const pids = new Set(servers.map(({ pid }) => pid));
  const children = processes.filter(({ parent }) => pids.has(parent));
  for (const { pid } of [...servers, ...children]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      // Its children end by themselves as soon as it is gone.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Arguments, each ended by a NUL. */
  readonly command: string;
}

function listProcesses(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        // The name stands in brackets and may hold anything, brackets too: fields count from the last one.
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, "utf8") }];
      } catch {
        // It ended while the list was read.
        return [];
      }
    });
}
