import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { makeDataDir } from "./data-dir.ts";

const root = path.join(import.meta.dirname, "../../..");
const READY_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 30_000;

export type Environment = Readonly<Record<string, string>>;

/** The program that ships, as a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly dataDir: string;
  /** Every line it printed so far, log and messages, stdout and stderr. */
  readonly output: readonly string[];
  /** What it said on stderr so far. */
  readonly errors: readonly string[];
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends it as an operator would, with SIGTERM, and resolves to its exit code. Safe after its end. */
  stop(): Promise<number | null>;
  /** Ends it as a crash would, with SIGKILL, and resolves once it is gone. */
  kill(): Promise<void>;
}

export interface RunningServer extends ServerProcess {
  /** Empty for a process that runs jobs only. */
  readonly url: string;
  /** Printed for whoever is to become the first owner; undefined once there is one. */
  readonly setupUrl: string | undefined;
}

type Watched = ServerProcess & { onLine(listener: (line: string) => void): void };

/**
 * Starts it and waits for nothing. On a free port, with the lab, and with an empty data folder of its own unless told otherwise,
 * which goes with it.
 */
export function spawnServer(env: Environment = {}): Watched {
  const ownDir = env["SWITCHBOARD_DATA_DIR"] === undefined ? makeDataDir() : undefined;
  const child = spawn(path.join(root, "node_modules/.bin/node"), ["--conditions=source", "apps/server/src/main.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      PORT: "0",
      SWITCHBOARD_LAB: "1",
      LOG_LEVEL: "warn",
      ...(ownDir === undefined ? {} : { SWITCHBOARD_DATA_DIR: ownDir }),
      ...env,
    },
  });
  const output: string[] = [];
  const errors: string[] = [];
  const listeners: ((line: string) => void)[] = [];
  const read = (stream: NodeJS.ReadableStream, isError: boolean): void => {
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      if (isError) errors.push(line);
      for (const listener of listeners) listener(line);
    });
  };
  read(child.stdout, false);
  read(child.stderr, true);
  // `close` comes after the last line of output, `exit` may come before.
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    dataDir: ownDir ?? env["SWITCHBOARD_DATA_DIR"] ?? "",
    output,
    errors,
    exited,
    stop,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    onLine: (listener) => void listeners.push(listener),
    [Symbol.asyncDispose]: async () => {
      await stop();
      // After a kill its database is still on its way down.
      if (ownDir !== undefined) rmSync(ownDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Resolves once it is ready. Raises an Error with its output when it ends before or takes longer than a minute. */
export async function startServer(env: Environment = {}): Promise<RunningServer> {
  const server = spawnServer(env);
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
  let url: string | undefined;
  let setupUrl: string | undefined;
  server.onLine((line) => {
    url ??= /^Switchboard is ready: (http\S+)/.exec(line)?.[1];
    if (line.startsWith("Switchboard is ready: this process runs jobs only")) resolve("");
    setupUrl ??= /become its owner: (http\S+)/.exec(line)?.[1];
    // The set-up line follows the ready line at once; with an owner there is none to wait for.
    if (url && (setupUrl || env["SWITCHBOARD_OWNER_EMAIL"])) resolve(url);
  });
  const giveUp = setTimeout(() => reject(new Error("it was not ready in time")), READY_TIMEOUT_MS);
  void server.exited.then((code) => reject(new Error(`it ended with ${code}`)));
  try {
    await ready;
  } catch (error) {
    await server.kill();
    await server[Symbol.asyncDispose]();
    const { message } = error as Error;
    throw new Error(`The server did not start: ${message}\n${server.output.join("\n")}`, { cause: error });
  } finally {
    clearTimeout(giveUp);
  }
  return { ...server, url: url ?? "", setupUrl };
}

/** Runs a server that is expected to end by itself. Raises an Error with its output when it does not within 30 s. */
export async function runServer(env: Environment): Promise<{ code: number | null; errors: readonly string[] }> {
  await using server = spawnServer(env);
  const giveUp = setTimeout(() => void server.kill(), END_TIMEOUT_MS);
  const code = await server.exited;
  clearTimeout(giveUp);
  if (code === null) throw new Error(`The server did not end by itself:\n${server.output.join("\n")}`);
  return { code, errors: server.errors };
}
