import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { quantileOf } from "../interleave.ts";
import type { Pressure, Pressed } from "../pressure.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { readFamilyCpu, readProcessCpu, toSpentMs } from "./process-cpu.ts";

// Plain sockets and requests made beforehand: what it takes to send a request and to find the end of its answer, and no more, so
// that the server is what is measured.

const BUFFER_BYTES = 65_536;
const SHOWN_MAX = 2000;

interface Line {
  readonly socket: Socket;
  /** Sends a request and calls back with its answer. */
  onAnswer: (status: number, text: string) => void;
}

async function openLine(url: URL, localAddress: string, fail: (error: Error) => void, shows: () => boolean) {
  let answered = 0;
  const reader = createAnswerReader((status, text) => {
    answered += 1;
    line.onAnswer(status, text);
  }, shows);
  const socket = connect({
    host: url.hostname,
    port: Number(url.port),
    localAddress,
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(BUFFER_BYTES),
      callback: (bytes: number, buffer: Uint8Array): boolean => {
        try {
          reader.push((buffer as Buffer).subarray(0, bytes));
        } catch (error) {
          fail(error as Error);
        }
        return true;
      },
    },
  });
  const line: Line = { socket, onAnswer: () => fail(new Error("An answer came that nobody asked for.")) };
  socket.on("error", fail);
  socket.on("close", () => fail(new Error(`${url.host} closed a connection after ${answered} answers.`)));
  await once(socket, "connect");
  return line;
}

async function press(pressure: Pressure): Promise<Pressed> {
  const { url, connections, expects } = pressure;
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  let isOver = false;
  let isOpening = true;
  const lines: Line[] = [];
  const open = async (): Promise<void> => {
    for (let index = 0; index < connections; index += 1) {
      lines.push(
        await openLine(
          new URL(url),
          `127.0.0.${index + 2}`,
          (error) => {
            if (!isOver) fail(error);
          },
          () => isOpening,
        ),
      );
    }
  };
  const send = createSend(pressure);
  const ask = (line: Line): Promise<string> =>
    new Promise((resolve) => {
      line.onAnswer = (status, text) => {
        if (status === 200) resolve(text);
        else fail(toError(url, status, text));
      };
      send(line);
    });
  try {
    await Promise.race([open(), failed]);
    // One of each connection, whose answer is looked at: after that only status and length are.
    const texts = await Promise.race([Promise.all(lines.map(ask)), failed]);
    const wrong = texts.find((text) => !text.includes(expects));
    if (wrong !== undefined) throw new Error(`${url} answered without ${expects}: ${wrong.slice(0, SHOWN_MAX)}`);
    isOpening = false;
    return await Promise.race([measure(pressure, lines, send, fail), failed]);
  } finally {
    isOver = true;
    for (const { socket } of lines) socket.destroy();
  }
}

/** Sends the requests in turn, on whichever line. */
function createSend({ requests }: Pressure): (line: Line) => void {
  const bytes = requests.map((request) => Buffer.from(request));
  let next = 0;
  return ({ socket }) => {
    socket.write(bytes[next % bytes.length] as Buffer);
    next += 1;
  };
}

async function measure(
  { url, calls, forMs, isAwake, pid, postmasterPid }: Pressure,
  lines: readonly Line[],
  send: (line: Line) => void,
  fail: (error: Error) => void,
): Promise<Pressed> {
  const readDatabase = () => (postmasterPid === undefined ? undefined : readFamilyCpu(postmasterPid));
  const before = { server: readProcessCpu(pid), database: readDatabase() };
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  let lastMs = startedMs;
  let sent = 0;
  const work = (line: Line): Promise<void> =>
    new Promise((resolve) => {
      let sentMs = 0;
      const ask = (): void => {
        sentMs = performance.now();
        if (sent >= calls || sentMs >= startedMs + forMs) {
          resolve();
          return;
        }
        sent += 1;
        send(line);
      };
      line.onAnswer = (status, text) => {
        lastMs = performance.now();
        latenciesMs.push(lastMs - sentMs);
        if (status === 200) ask();
        else fail(toError(url, status, text));
      };
      ask();
    });
  const watch = isAwake ? stayAwake(() => latenciesMs.length) : undefined;
  await Promise.all(lines.map(work));
  const idleShare = watch?.end();
  const after = { server: readProcessCpu(pid), database: readDatabase() };
  return {
    answers: latenciesMs.length,
    elapsedMs: lastMs - startedMs,
    p50Ms: quantileOf(latenciesMs, 0.5),
    p99Ms: quantileOf(latenciesMs, 0.99),
    serverCpuMs: toSpentMs(before.server, after.server),
    databaseCpuMs: before.database && after.database ? toSpentMs(before.database, after.database) : undefined,
    idleShare,
  };
}

/** Looks for answers in turn after turn, without waiting for them. */
function stayAwake(countAnswers: () => number): { end(): number } {
  let turns = 0;
  let idle = 0;
  let seen = 0;
  let next: NodeJS.Immediate;
  const look = (): void => {
    turns += 1;
    const answers = countAnswers();
    if (answers === seen) idle += 1;
    seen = answers;
    next = setImmediate(look);
  };
  look();
  return {
    end: () => {
      clearImmediate(next);
      return idle / turns;
    },
  };
}

const toError = (url: string, status: number, text: string): Error =>
  new Error(`${url} answered ${status}: ${text.slice(0, SHOWN_MAX)}`);

process.on("message", (pressure: Pressure) => {
  press(pressure).then(
    (pressed) => process.send?.({ pressed }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once("disconnect", () => process.exit());
