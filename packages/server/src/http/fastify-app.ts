import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { AppError } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { registerFileRoutes, type FileRoutesOptions } from "./file-routes.ts";
import { BODY_MAX_BYTES, requireSafeRequest } from "./guard.ts";

export type Readiness = "starting" | "ready" | "draining";

export interface FastifyAppOptions extends FileRoutesOptions {
  readonly logger: Logger;
  /** Folder of the built dashboard; undefined serves none. */
  readonly dashboardDir: string | undefined;
  /** `/api/auth/*`. */
  readonly handleAuth: (request: Request, address: string) => Promise<Response>;
  readonly addressOf: (req: IncomingMessage) => string;
  /** Body of `/health`, and whether the parts it rests on answer. */
  readonly health: () => Promise<{ readonly isHealthy: boolean; readonly body: Readonly<Record<string, unknown>> }>;
  readonly metrics: () => Promise<string>;
  readonly openApi: () => Readonly<Record<string, unknown>>;
  /** Ends a connection on which nothing readable arrived. */
  readonly refuseUnreadable: (error: NodeJS.ErrnoException, socket: Socket) => void;
}

/** Everything that is not tRPC: health, metrics, OpenAPI, sign-in and the dashboard's files. */
export async function createFastifyApp(
  options: FastifyAppOptions,
  state: () => Readiness,
  createListener: (handler: (req: IncomingMessage, res: ServerResponse) => void) => Server,
): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: BODY_MAX_BYTES,
    logger: false,
    frameworkErrors: (_error, _request, reply: FastifyReply) =>
      void reply.code(400).send({ error: "The request could not be read." }),
    clientErrorHandler: (error, socket) => options.refuseUnreadable(error, socket),
    serverFactory: (handler) => createListener(handler),
  });
  app.addHook("onResponse", (request, reply, done) => {
    options.logger.info("request", {
      method: request.method,
      path: request.url.split("?")[0],
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      address: options.addressOf(request.raw),
    });
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    options.logger.error("request.failed", { path: request.url.split("?")[0], err: error });
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    const text = status < 500 ? "The request could not be read." : "Something went wrong on the server.";
    return reply.code(status).send({ error: text });
  });

  app.get("/health", async (_request, reply) => {
    const { isHealthy, body } = await options.health();
    return reply.code(isHealthy ? 200 : 503).send({ status: state(), ...body });
  });
  app.get("/health/live", () => ({ status: "live" }));
  app.get("/health/ready", async (_request, reply) => {
    const isReady = state() === "ready" && (await options.health()).isHealthy;
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? "ready" : state() === "ready" ? "unhealthy" : state() });
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(await options.metrics()),
  );
  app.get("/openapi.json", (_request, reply) => reply.send(options.openApi()));
  registerAuth(app, options);
  registerFileRoutes(app, options);
  await registerDashboard(app, options.dashboardDir);
  return app;
}

function registerAuth(app: FastifyInstance, options: FastifyAppOptions): void {
  void app.register(async (scope) => {
    // The auth handler reads the body by itself, as bytes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    // Before the body is read: what is refused for its size or its sender is not listened to.
    scope.addHook("onRequest", async (request, reply) => {
      try {
        requireSafeRequest(request.raw, options.allowedOrigins);
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        const status = thrown.kind === "FORBIDDEN" ? 403 : thrown.kind === "PAYLOAD_TOO_LARGE" ? 413 : 415;
        reply.code(status).header("connection", "close").header("cache-control", "no-store");
        await reply.send({ code: thrown.code, message: thrown.publicMessage });
      }
    });
    scope.all("/api/auth/*", async (request, reply) => {
      const headers = new Headers();
      for (const [name, value] of Object.entries(request.headers)) {
        if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
      }
      const [origin] = options.allowedOrigins();
      const body = request.body as Buffer | undefined;
      const response = await options.handleAuth(
        new Request(new URL(request.url, origin), {
          method: request.method,
          headers,
          ...(body && body.length > 0 ? { body: new Uint8Array(body) } : {}),
        }),
        options.addressOf(request.raw),
      );
      reply.code(response.status);
      for (const [name, value] of response.headers) if (name !== "set-cookie") reply.header(name, value);
      const cookies = response.headers.getSetCookie();
      if (cookies.length > 0) reply.header("set-cookie", cookies);
      return reply.header("cache-control", "no-store").send(Buffer.from(await response.arrayBuffer()));
    });
  });
}

async function registerDashboard(app: FastifyInstance, dir: string | undefined): Promise<void> {
  if (dir) {
    await app.register(fastifyStatic, {
      root: dir,
      setHeaders: (reply, path) => {
        // Vite names its assets by their content; everything else is asked for again.
        const isHashed = path.includes("/assets/");
        reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
    // The dashboard routes in the browser: any path of it is the same page.
    if (dir && wantsPage && !request.url.startsWith("/api/")) return reply.sendFile("index.html");
    return reply.code(404).send({ error: "There is nothing here." });
  });
}
