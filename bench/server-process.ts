import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the kernel counts the time of processes: 100 times a second on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
const READY_TIMEOUT_MS = 60_000;

export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds of CPU, in the program and in the kernel for it, since it started. In steps of 10. */
  readCpuMs(): number;
}

/**
 * Starts a program as a process of its own and resolves once it sends `{ type: "ready", url }` to its parent, as the server that ships
 * does. Raises an Error when it ends before that or takes longer than a minute. What it logs is written to nowhere; what it
 * says on stderr is shown. `through` is a command that starts it, such as taskset with the core to run on.
 */
export type StartServer = (
  program?: URL,
  env?: Readonly<Record<string, string>>,
  through?: readonly string[],
) => Promise<BenchServer>;

/** That of the distribution, which has the packages of the distribution. */
export const PYTHON = "/usr/bin/python3";

const shipped = new URL("../apps/server/src/main.ts", import.meta.url);

export function createStartServer(shared: Readonly<Record<string, string>>, nodeArgs: readonly string[]): StartServer {
  return async (program = shipped, env = {}, through = []) => {
    const runtime = program.pathname.endsWith(".py")
      ? [PYTHON]
      : [process.execPath, "--conditions=source", ...nodeArgs];
    const [execPath = "", ...execArgv] = [...through, ...runtime];
    const child = fork(fileURLToPath(program), {
      execPath,
      execArgv,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PORT: "0", ...shared, ...env },
    });
    const exited = once(child, "exit");
    const stop = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exited;
    };
    const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
    child.on("message", (message) => {
      const { type, url } = message as { readonly type?: unknown; readonly url?: unknown };
      if (type === "ready") resolve(String(url));
    });
    child.once("exit", (code) => reject(new Error(`${program.pathname} ended with ${code}.`)));
    const giveUp = setTimeout(() => reject(new Error(`${program.pathname} was not ready in time.`)), READY_TIMEOUT_MS);
    try {
      const url = await ready;
      const pid = child.pid ?? 0;
      return { url, pid, readCpuMs: () => readCpuMs(pid), [Symbol.asyncDispose]: stop };
    } catch (error) {
      await stop();
      throw error;
    } finally {
      clearTimeout(giveUp);
    }
  };
}

/** From /proc, which Linux alone has: the time that the kernel charged, whatever the process says of itself. */
function readCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name of the program stands in brackets and may hold anything; what counts comes after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [userTicks, kernelTicks] = [Number(fields[11]), Number(fields[12])];
  return ((userTicks + kernelTicks) * 1000) / TICKS_PER_SECOND;
}
