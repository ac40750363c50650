import { STATUS_CODES, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { securityHeaders } from "./security-headers.ts";

/** How long the server listens to whoever does not come to an end, in milliseconds, and to how many at once. */
export interface Patience {
  /** For the headers of a request, from the opening of the connection or the first byte. Default 15,000. */
  readonly headersMs: number;
  /** For a whole request: 1 MiB over a line of 300 kbit/s. Default 30,000. */
  readonly requestMs: number;
  /** For a file, from somebody who may send one: 64 MiB over a line of 1 Mbit/s. Default 600,000. */
  readonly uploadMs: number;
  /** How often it is looked at: each of the others may last so much longer. Default 5,000. */
  readonly checkEveryMs: number;
  /** Connections at once, idle ones too; a further one is closed unheard. Default 10,000, of which each costs some 10 KB. */
  readonly connections: number;
}

const DEFAULTS: Patience = {
  headersMs: 15_000,
  requestMs: 30_000,
  uploadMs: 600_000,
  checkEveryMs: 5000,
  connections: 10_000,
};
const FULL_LOG_EVERY_MS = 10_000;

/** By the code that Node gives the failure. */
const REFUSALS: Readonly<Record<string, readonly [status: number, text: string] | undefined>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in time."],
  HPE_HEADER_OVERFLOW: [431, "The headers of the request are too large."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "The chunks of the body carry too much beside it."],
};
const UNREADABLE = [400, "The request could not be read."] as const;

export interface PatienceKeeper {
  /** For Node's own checks, which end a request that is late. */
  readonly listener: ServerOptions;
  limitConnections(server: Server): void;
  /** Gives a request whose sender has been let in the time that a file takes. */
  expectUpload(req: IncomingMessage, res: ServerResponse): void;
  /** Ends a connection on which nothing readable arrived, or not in time. */
  refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void;
}

export function createPatience(deps: {
  readonly patience?: Partial<Patience> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}): PatienceKeeper {
  const { clock, logger } = deps;
  const patience = { ...DEFAULTS, ...deps.patience };
  /** What to do once a file has arrived after all. */
  const uploads = new WeakMap<Socket, { inTime: () => void }>();

  const end = (error: NodeJS.ErrnoException, socket: Socket): void => {
    const [status, text] = REFUSALS[error.code ?? ""] ?? UNREADABLE;
    logger.info("request.unreadable", { code: error.code, status, address: socket.remoteAddress });
    if (socket.writable && !hasAnswerBegun(socket)) socket.write(toAnswer(status, text));
    socket.destroy();
  };

  return {
    listener: {
      headersTimeout: patience.headersMs,
      requestTimeout: patience.requestMs,
      connectionsCheckingInterval: patience.checkEveryMs,
    },
    limitConnections: (server) => {
      let loggedMs = -Infinity;
      server.maxConnections = patience.connections;
      server.on("drop", () => {
        if (clock.monotonicMs() - loggedMs < FULL_LOG_EVERY_MS) return;
        loggedMs = clock.monotonicMs();
        logger.warn("connections.full", { connections: patience.connections });
      });
    },
    expectUpload: ({ socket }, res) => {
      const upload = { inTime: () => undefined };
      uploads.set(socket, upload);
      res.once("close", () => {
        uploads.delete(socket);
        upload.inTime();
      });
    },
    refuseUnreadable: (error, socket) => {
      // Reset by the other side: there is nobody left to tell.
      if (error.code === "ECONNRESET" || socket.destroyed) return;
      const upload = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? uploads.get(socket) : undefined;
      // Node tells of a late request once and then forgets it.
      if (upload) upload.inTime = clock.after(patience.uploadMs - patience.requestMs, () => end(error, socket));
      else end(error, socket);
    },
  };
}

/** Words in the middle of an answer would be taken for a part of it. Node's own handler asks the same. */
function hasAnswerBegun(socket: Socket): boolean {
  return (socket as { readonly _httpMessage?: ServerResponse | null })._httpMessage?.headersSent ?? false;
}

function toAnswer(status: number, text: string): string {
  const body = JSON.stringify({ error: text });
  const headers = { ...securityHeaders, "content-type": "application/json", "content-length": body.length };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "connection: close", "", body].join("\r\n");
}
