import { execFileSync, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const SERVER_CORE = "0";
const OTHER_CORE = "1";

/** Which processes run where. What is measured has a core for itself, so that it is limited by that and by nothing else. */
export interface Cores {
  /** What a command begins with to run on that core; empty where it runs wherever the kernel puts it. */
  readonly server: readonly string[];
  readonly other: readonly string[];
  /** Moves a process with its threads, and what it starts from then on, away from the servers. */
  moveAway(pid: number): void;
  readonly note: string;
}

export function shareCores(): Cores {
  if (availableParallelism() < 2 || spawnSync("taskset", ["--version"]).status !== 0) {
    return {
      server: [],
      other: [],
      moveAway: () => undefined,
      note: "Not pinned to cores, which takes two of them and taskset: servers and load compete, and paces say less than CPU.",
    };
  }
  return {
    server: ["taskset", "-c", SERVER_CORE],
    other: ["taskset", "-c", OTHER_CORE],
    moveAway: (pid) => void execFileSync("taskset", ["-a", "-c", "-p", OTHER_CORE, String(pid)]),
    note: "Every server is pinned to one core, the same one; the load and Postgres run on another.",
  };
}
