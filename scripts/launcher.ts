import { readFileSync } from "node:fs";

const POLL_MS = 500;
const LAUNCHERS = /(^|\/)(npm|npx|pnpm|node|sh|dash|bash)$/;

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Ticks since boot: with it a pid that was given out again is not taken for the old process. */
  readonly startedAt: string;
  readonly command: string;
}

/**
 * Calls `onGone` once one of the package managers that started this process has ended. They do not all pass a signal on: `npx`
 * ended by SIGTERM leaves what it ran running. Where there is no `/proc`, nothing is watched.
 */
export function watchLauncher(onGone: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const launchers = findLaunchers();
  if (launchers.length === 0) return;
  const timer = setInterval(() => {
    if (launchers.every((launcher) => readProcess(launcher.pid)?.startedAt === launcher.startedAt)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
}

/** Our ancestors up to the topmost package manager; what stands above, a terminal or a service manager, is not ours to watch. */
function findLaunchers(): Process[] {
  const ancestors: Process[] = [];
  for (
    let current = readProcess(process.ppid);
    current && LAUNCHERS.test(current.command.split(" ")[0] ?? "");
    current = readProcess(current.parent)
  ) {
    ancestors.push(current);
  }
  const top = ancestors.findLastIndex(({ command }) => /\bp?np[mx]\b/.test(command));
  return ancestors.slice(0, top + 1);
}

function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in brackets and may hold anything, brackets too: fields count from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(fields[1]), startedAt: fields[19] ?? "", command };
  } catch {
    // It has ended, or this system has no /proc; either way there is nothing to describe.
    return undefined;
  }
}
