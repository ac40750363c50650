import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Server as NetServer, type AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../platform/clock.ts";
import type { Service } from "../platform/lifecycle.ts";
import { createFastifyApp, type FastifyAppOptions, type Readiness } from "./fastify-app.ts";
import { createPatience, type Patience } from "./patience.ts";
import { apiHeaders, securityHeaders, strictTransportSecurity } from "./security-headers.ts";
import { createTrpcHandler, type TrpcHandlerOptions } from "./trpc-handler.ts";

export interface HttpServerOptions
  extends Omit<FastifyAppOptions, "expectUpload" | "refuseUnreadable">, TrpcHandlerOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** Whether browsers reach it over https. */
  readonly isSecure: boolean;
  /** How long requests under way may take once draining began. Default 10,000. */
  readonly drainMs?: number;
  readonly patience?: Partial<Patience> | undefined;
  /** Called for every request, before anything else looks at it. */
  readonly onRequest?: (() => void) | undefined;
}

export interface HttpServer extends Service {
  /** Where it listens, for example `http://127.0.0.1:4600`. Undefined before start. */
  origin(): string | undefined;
  /** From here on readiness is 503 and each answer closes its connection. */
  drain(): void;
}

const DRAIN_MS = 10_000;
const QUIET_MS = 250;
const LAST_REQUESTS_MS = 2000;
const KEEP_ALIVE_MS = 61_000;

/** A request that announces no body is no stream to be read to its end: a twentieth of what it costs. Unknown to Node's types as yet. */
const LISTENER = { optimizeEmptyRequests: true };

/** One listener: `/trpc/` goes to tRPC, everything else to Fastify. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  let state: Readiness = "starting";
  let server: Server | undefined;
  let app: FastifyInstance | undefined;
  let open = 0;
  const idle = new Set<() => void>();

  const transport = options.isSecure ? { "strict-transport-security": strictTransportSecurity } : {};
  const documentHeaders = Object.entries({ ...securityHeaders, ...transport });
  const handleTrpc = createTrpcHandler(options, { ...apiHeaders, ...transport });

  const { listener, limitConnections, expectUpload, refuseUnreadable } = createPatience(options);

  const onClose = (): void => {
    open -= 1;
    if (open === 0) for (const wake of idle) wake();
  };
  const dispatch =
    (fastify: (req: IncomingMessage, res: ServerResponse) => void) =>
    (req: IncomingMessage, res: ServerResponse): void => {
      open += 1;
      options.onRequest?.();
      res.on("close", onClose);
      if (state === "draining") res.setHeader("connection", "close");
      if (req.url?.startsWith("/trpc/")) {
        handleTrpc(req, res);
        return;
      }
      for (const [name, value] of documentHeaders) res.setHeader(name, value);
      fastify(req, res);
    };

  const untilIdle = (): Promise<void> =>
    open === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          const wake = (): void => {
            idle.delete(wake);
            resolve();
          };
          idle.add(wake);
        });

  const waitFor = async (work: Promise<void>, ms: number): Promise<void> => {
    const giveUp = new AbortController();
    const timeout = options.clock.sleep(ms, giveUp.signal).catch(() => undefined);
    await Promise.race([work, timeout]);
    giveUp.abort();
  };

  return {
    name: "http",
    origin: () => {
      const address = server?.address() as AddressInfo | null | undefined;
      if (!address) return undefined;
      const host = address.address === "::" || address.address === "0.0.0.0" ? "127.0.0.1" : address.address;
      return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
    },
    drain: () => {
      state = "draining";
    },
    start: async () => {
      app = await createFastifyApp(
        { ...options, expectUpload, refuseUnreadable },
        () => state,
        (handler) => {
          server = createServer({ ...listener, ...LISTENER, keepAliveTimeout: KEEP_ALIVE_MS }, dispatch(handler));
          limitConnections(server);
          return server;
        },
      );
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        throw toListenError(error, options);
      }
      state = "ready";
    },
    stop: async () => {
      if (!app || !server) return;
      state = "draining";
      // Requests under way get their time while the listener still tells who asks that it is draining. Then nobody new is let
      // in, and connections that only wait are closed after a quiet moment: a request may be on its way on one of them. The
      // close of HTTP servers would cut them at once, so the one of plain sockets is called.
      await waitFor(untilIdle(), options.drainMs ?? DRAIN_MS);
      NetServer.prototype.close.call(server);
      await options.clock.sleep(QUIET_MS);
      await waitFor(untilIdle(), LAST_REQUESTS_MS);
      server.closeAllConnections();
      await app.close();
      app = undefined;
      server = undefined;
    },
  };
}

function toListenError(error: unknown, { host, port }: HttpServerOptions): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EADDRINUSE")
    return new ListenError(`Port ${port} on ${host} is taken. Set PORT to another one, or stop what listens there.`);
  if (code === "EACCES")
    return new ListenError(`Port ${port} needs more rights than this user has. Set PORT to one above 1023.`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new ListenError(`This machine has no address ${host}. Set HOST to one that it has.`);
  return error;
}

/** The server cannot listen where it was told to. The message says what to change. */
export class ListenError extends Error {
  readonly publicMessage: string;

  constructor(message: string) {
    super(message);
    this.name = "ListenError";
    this.publicMessage = message;
  }
}
