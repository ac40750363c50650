import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface TestRedis extends AsyncDisposable {
  url: string;
  host: string;
  port: number;
  pid(): number | undefined;
  /** Ends the server at once, as a crash does. Its memory is gone: nothing is saved. */
  kill(): Promise<void>;
  /** A new, empty server at the same address. */
  restart(): Promise<void>;
  /** Safe twice. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const READY_TIMEOUT_MS = 10_000;
const PING_TIMEOUT_MS = 1000;

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  socket.setTimeout(PING_TIMEOUT_MS, () => socket.destroy(new Error("no reply")));
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [reply] = (await once(socket, "data")) as [Buffer];
    return reply.toString().startsWith("+PONG");
  } catch {
    // Not listening so far: the caller asks again.
    return false;
  } finally {
    socket.destroy();
  }
}

/** A Redis process of its own, without persistence. Needs the program `redis-server` (Debian package `redis-server`). */
export async function startRedis(): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), "switchboard-redis-"));
  const port = await findFreePort();

  async function launch() {
    const options = ["--port", String(port), "--bind", HOST, "--dir", dir, "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    let failure: Error | undefined;
    child.once("error", (error: NodeJS.ErrnoException) => {
      const isAbsent = error.code === "ENOENT";
      failure = isAbsent ? new Error("redis-server is not installed: install Debian's package redis-server.") : error;
    });
    child.once("exit", (code, signal) => {
      failure ??= new Error(`redis-server ended (${code ?? signal}): ${output.slice(-2000)}`);
    });
    const giveUpAt = performance.now() + READY_TIMEOUT_MS;
    while (!(await answersPing(port))) {
      if (performance.now() > giveUpAt) failure ??= new Error(`redis-server does not answer: ${output.slice(-2000)}`);
      if (failure !== undefined) {
        child.kill("SIGKILL");
        throw failure;
      }
      await sleep(10);
    }
    return child;
  }

  let child = await launch().catch(async (error: unknown) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async function stop(): Promise<void> {
    await kill();
    await rm(dir, { recursive: true, force: true });
  }

  return {
    url: `redis://${HOST}:${port}`,
    host: HOST,
    port,
    pid: () => child.pid,
    kill,
    async restart() {
      await kill();
      child = await launch();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
