import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Pressure {
  readonly url: string;
  /** Requests as they travel, sent in turn. */
  readonly requests: readonly string[];
  /** Each sends its next request once it has the answer to the last, from an address of its own. */
  readonly connections: number;
  /** It ends with this many answers or after this time, whichever is first. */
  readonly calls: number;
  readonly forMs: number;
  /** What the body of a right answer has in it. */
  readonly expects: string;
  /**
   * Never sleeps between answers. Waking a process that sleeps is paid by the one whose answer wakes it, and the slower a server, the more
   * of its answers would: over a network none does. Not where the database shares the core.
   */
  readonly isAwake: boolean;
  /** The server whose CPU is read. */
  readonly pid: number;
  /** The database server behind it, for those that have one. */
  readonly postmasterPid?: number | undefined;
}

export interface Pressed {
  readonly answers: number;
  /** From the first request to the last answer. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverCpuMs: number;
  /** Of the database server and all its processes. */
  readonly databaseCpuMs: number | undefined;
  /** Of the turns of the sender, those in which no answer had come: what it could have sent more. Undefined for one that sleeps. */
  readonly idleShare: number | undefined;
}

export interface Presser extends AsyncDisposable {
  /** Resolves once the last answer is there. Raises an Error with the first answer that is not 200. */
  press(pressure: Pressure): Promise<Pressed>;
}

const program = fileURLToPath(new URL("pressure/pressure-process.ts", import.meta.url));

/** Load from a process of its own, that stays clear of the server's core where `through` says so. */
export function createPresser(through: readonly string[]): Presser {
  const [command, ...args] = [...through, process.execPath, "--conditions=source"];
  const child = fork(program, { execPath: command, execArgv: args, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(child, "exit");
  return {
    press: async (pressure) => {
      child.send(pressure);
      const [message] = (await Promise.race([
        once(child, "message"),
        exited.then(([code]) => {
          throw new Error(`The process that sends the load ended with ${String(code)}.`);
        }),
      ])) as [{ readonly pressed?: Pressed; readonly error?: string }];
      if (!message.pressed) throw new Error(message.error ?? "The process that sends the load sent no figures.");
      return message.pressed;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** A request as it travels. */
export function toRequest(
  method: "GET" | "POST",
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): string {
  const all = {
    host: "localhost",
    ...headers,
    ...(method === "POST"
      ? { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }
      : {}),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}
