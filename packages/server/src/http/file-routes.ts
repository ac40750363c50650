import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { admit } from "../middleware/admit.ts";
import type { Call, Permit } from "../middleware/chain.ts";
import type { FileRoute } from "../middleware/file-route.ts";
import { requireStorableText } from "../middleware/text.ts";
import { beginTrace, toTrpcError } from "../middleware/trace.ts";
import { settleWhenDone, watchRight } from "../middleware/watch-right.ts";
import { withDeadline } from "../platform/deadline.ts";
import { findAppError } from "../platform/errors.ts";
import type { Context } from "../trpc/context.ts";
import { describeError } from "../trpc/error-formatter.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import type { CreateContext } from "./context.ts";
import { bodyTooLarge, requireSafeRequest } from "./guard.ts";
import type { CatalogEntry } from "./openapi.ts";

export interface FileRoutesOptions {
  readonly fileRoutes: readonly FileRoute[];
  readonly allowedOrigins: () => ReadonlySet<string>;
  readonly createContext: CreateContext;
  readonly catalog: () => readonly CatalogEntry[];
  /** Called for a request that carries a file, once its sender has been let in. */
  readonly expectUpload: (req: IncomingMessage, res: ServerResponse) => void;
}

/** Serves the file routes behind the same chain as the procedures; errors are `{ code, message, details?, retryAfterMs? }`. */
export function registerFileRoutes(app: FastifyInstance, options: FileRoutesOptions): void {
  void app.register((scope, _options, done) => {
    // The handlers read the body by themselves, as it comes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null));
    for (const route of options.fileRoutes) {
      scope.route({
        method: route.method,
        url: route.url,
        exposeHeadRoute: false,
        // Counted while it is read.
        bodyLimit: Number.MAX_SAFE_INTEGER,
        handler: (request, reply) => answer(route, options, request, reply),
      });
    }
    done();
  });
}

async function answer(
  route: FileRoute,
  options: FileRoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ctx = options.createContext(request.raw, reply.raw);
  const call = toCall(route, options.catalog());
  const trace = beginTrace({ ...call, path: route.action ?? call.path }, ctx, route.action !== undefined);
  const deadline = withDeadline(undefined, ctx.signal, route.deadlineMs);
  let permit: Permit | undefined;
  const finish = async (error: TRPCError | undefined): Promise<TRPCError | undefined> => {
    permit?.release();
    deadline.clear();
    return trace.end(error, permit?.queuedMs ?? 0);
  };

  reply.header("cache-control", "no-store");
  try {
    requireSafeRequest(request.raw, options.allowedOrigins, route.body);
    const admission = await admit(call, ctx, trace, deadline.signal);
    ({ permit } = admission);
    if (route.body) options.expectUpload(request.raw, reply.raw);
    const fields = { ...(request.query as object), ...(request.params as object) };
    requireStorableText(fields);
    const result = await route.handle({
      principal: requirePrincipal(admission.principal),
      input: parseInput(route, fields),
      body: readBody(request.raw, route.body?.maxBytes ?? 0),
      signal: deadline.signal,
      note: trace.note,
    });
    if (result.kind === "json") {
      const unaudited = await finish(undefined);
      if (unaudited) return sendError(reply, ctx, unaudited);
      return await reply.code(result.status).send(result.body);
    }
    reply.header("content-type", result.mediaType);
    reply.header("content-disposition", `attachment; filename="${result.fileName}"`);
    // Cut off rather than ended when it fails half-way: the caller must see that this is not all.
    return await reply.send(
      Readable.from(settleWhenDone(result.chunks, () => watchRight(call, ctx, deadline), finish)),
    );
  } catch (thrown) {
    const error = toTrpcError(thrown);
    await finish(error);
    return sendError(reply, ctx, error);
  }
}

function toCall(route: FileRoute, catalog: readonly CatalogEntry[]): Call {
  const entry = catalog.find(({ path }) => path === route.procedure);
  if (!entry) throw new Error(`${route.url} goes by the right of ${route.procedure}, which is no procedure.`);
  return entry;
}

function parseInput(route: FileRoute, fields: object): unknown {
  const parsed = route.input.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new TRPCError({ code: "BAD_REQUEST", cause: parsed.error });
}

async function* readBody(req: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw bodyTooLarge(maxBytes);
    yield chunk;
  }
}

function sendError(reply: FastifyReply, ctx: Context, error: TRPCError): FastifyReply {
  const { message, app } = describeError(error, ctx.requestId);
  const retryAfterMs = findAppError(error)?.retryAfterMs;
  if (retryAfterMs !== undefined) reply.header("retry-after", String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  // The body was perhaps not read to its end, and must not be.
  reply.header("connection", "close").type("application/json");
  return reply.code(getHTTPStatusCodeFromError(error)).send({ message, ...app });
}
