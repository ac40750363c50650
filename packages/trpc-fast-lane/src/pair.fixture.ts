import {
  Agent,
  createServer,
  request as openRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { createFastLane } from "./fast-lane.ts";

export type SideName = "stock" | "lane";

export interface Answer {
  readonly status: number;
  /** Names and values in turns, in their order. */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface Ask {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Side {
  readonly name: SideName;
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** What `onError` was told. */
  readonly reports: unknown[];
  ask(request: Ask): Promise<Answer>;
  /** Writes bytes onto a socket and reads the answers until it closes. */
  askRaw(bytes: string | Uint8Array): Promise<readonly Answer[]>;
}

export interface Pair {
  readonly stock: Side;
  readonly lane: Side;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options that both handlers take. */
export type SharedOptions = Readonly<Record<string, unknown>>;

/** How a connection is kept and how a body is cut into pieces is not part of an answer. */
const FRAMING = new Set(["date", "connection", "keep-alive", "content-length", "transfer-encoding"]);

/** The same options, made once for each side, behind both handlers. */
export async function openPair(makeOptions: (side: SideName) => SharedOptions): Promise<Pair> {
  const [stock, lane] = [await openSide("stock", makeOptions), await openSide("lane", makeOptions)];
  return {
    stock,
    lane,
    [Symbol.asyncDispose]: async () => {
      for (const { server } of [stock, lane]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function openSide(name: SideName, makeOptions: (side: SideName) => SharedOptions): Promise<Side> {
  const reports: unknown[] = [];
  const onError = ({ error, path, type, input, ctx }: Record<string, unknown> & { error: TRPCError }): void =>
    void reports.push([error.code, error.message, path, type, JSON.stringify(input) ?? "none", ctx]);
  const options = { basePath: "/trpc/", onError, ...makeOptions(name) };
  const handler: (req: IncomingMessage, res: ServerResponse) => void =
    name === "stock" ? createHTTPHandler(options as never) : createFastLane(options as never);
  const server = createServer(handler);
  await new Promise<void>((resolve) => void server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    reports,
    ask: (request) => ask(port, agent, request),
    askRaw: (bytes) => askRaw(port, bytes),
  };
}

const withoutFraming = (raw: readonly string[]): string[] =>
  raw.flatMap((name, index) => {
    const key = name.toLowerCase();
    return index % 2 > 0 || FRAMING.has(key) ? [] : [key, raw[index + 1] ?? ""];
  });

/** With node:http and not `fetch`, which hides and normalises much of what a client can send. */
function ask(port: number, agent: Agent, { path, method = "GET", headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const given = { host: "desk.test", ...headers };
    const request = openRequest({ port, host: "127.0.0.1", path, method, headers: given, agent });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: withoutFraming(response.rawHeaders), body: text });
      });
    });
    request.end(body);
  });
}

/** An open connection, for what only its two ends know. */
export function open(side: Side): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(side.port, "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}

function askRaw(port: number, bytes: string | Uint8Array): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    // A server that closes before it has read everything may reset: what it wrote before counts.
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? undefined : reject(error)));
    socket.on("close", () => resolve(parseAnswers(Buffer.concat(chunks).toString("latin1"))));
  });
}

/** Reads answers off a connection, whichever way their bodies end. */
function parseAnswers(text: string): readonly Answer[] {
  const answers: Answer[] = [];
  let rest = text;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
    const raw = lines.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
    const status = Number(first.split(" ")[1]);
    const of = (name: string): string | undefined => raw[raw.findIndex((text) => text.toLowerCase() === name) + 1];
    const headers = withoutFraming(raw);
    rest = rest.slice(end + 4);
    let body = "";
    if (headers.length < raw.length && raw.some((text) => text.toLowerCase() === "transfer-encoding")) {
      for (;;) {
        const size = Number.parseInt(rest, 16);
        rest = rest.slice(rest.indexOf("\r\n") + 2);
        body += rest.slice(0, size);
        rest = rest.slice(size + 2);
        if (!(size > 0)) break;
      }
    } else if (status !== 204 && status !== 100) {
      const length = raw.some((text) => text.toLowerCase() === "content-length")
        ? Number(of("content-length"))
        : rest.length;
      body = rest.slice(0, length);
      rest = rest.slice(length);
    }
    answers.push({ status, headers, body });
  }
  return answers;
}

/** An answer, or how the connection ended instead. */
export const settle = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: NodeJS.ErrnoException) => ({ failed: error.code }));
