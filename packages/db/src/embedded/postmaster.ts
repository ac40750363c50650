import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** The process that the cluster's lock file names, when there is such a file. */
export function readPostmasterPid(clusterDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(clusterDir, "postmaster.pid"), "utf8").split("\n")[0]);
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** After a reboot the number in a left-over lock file may belong to any program. A server is started with its cluster's path. */
export function servesCluster(pid: number, clusterDir: string): boolean {
  try {
    const hasProc = existsSync("/proc/self/cmdline");
    const commandLine = hasProc
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8", stdio: "pipe" });
    return commandLine.includes(clusterDir);
  } catch (error) {
    const { code, status } = error as NodeJS.ErrnoException & { status?: number };
    // No such process; `ps` says so by its exit code.
    if (code === "ENOENT" || code === "ESRCH" || status === 1) return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The running server of this cluster, if any. */
export function findPostmaster(clusterDir: string): number | undefined {
  const pid = readPostmasterPid(clusterDir);
  return pid !== undefined && servesCluster(pid, clusterDir) ? pid : undefined;
}

/** Between making its lock file and filling it, a starting server needs microseconds. */
const EMPTY_LOCK_FILE_MAX_AGE_MS = 5000;

/**
 * Removes a lock file that would keep Postgres from starting for ever: one with the number of a foreign process, which Postgres
 * takes for a server when it is of the same user, and an empty one, left by a full disk. A file whose process is gone is left
 * to Postgres: removing it here could hit the one that another starter has just written.
 */
export function removeMisleadingLockFile(clusterDir: string): void {
  const path = join(clusterDir, "postmaster.pid");
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  const pid = readPostmasterPid(clusterDir);
  const isForeign = pid !== undefined && isAlive(pid) && !servesCluster(pid, clusterDir);
  const isLeftEmpty = file.size === 0 && Date.now() - file.mtimeMs > EMPTY_LOCK_FILE_MAX_AGE_MS;
  if (isForeign || isLeftEmpty) rmSync(path, { force: true });
}

/** Sends a signal to the server of this cluster and to nothing else. */
export function signalPostmaster(clusterDir: string, signal: "SIGINT" | "SIGQUIT"): void {
  const pid = findPostmaster(clusterDir);
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
