import type { IncomingMessage, ServerResponse } from "node:http";
import { createFastLane } from "@switchboard/trpc-fast-lane";
import { getTRPCErrorShape, TRPCError, type AnyRouter } from "@trpc/server";
import { getHTTPStatusCodeFromError, type ResponseMeta } from "@trpc/server/http";
import { findAppError } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { Context } from "../trpc/context.ts";
import type { CreateContext } from "./context.ts";
import { BODY_MAX_BYTES, requireSafeRequest } from "./guard.ts";

export const BATCH_MAX = 100;

const BASE_PATH = "/trpc/";

export interface TrpcHandlerOptions {
  readonly router: AnyRouter;
  readonly allowedOrigins: () => ReadonlySet<string>;
  readonly createContext: CreateContext;
  readonly logger: Logger;
}

/** What a stream was refused for, which tRPC would answer with 200. */
interface StreamRefusal {
  readonly error: TRPCError;
  readonly req: IncomingMessage;
}

/** Answers everything below `/trpc/`, on the fast lane where it can. `headers` go out with every answer. */
export function createTrpcHandler(
  { router, allowedOrigins, createContext, logger }: TrpcHandlerOptions,
  headers: Readonly<Record<string, string>>,
): (req: IncomingMessage, res: ServerResponse) => void {
  const refusals = new WeakMap<Context, StreamRefusal>();
  const handle = createFastLane<AnyRouter>({
    router,
    basePath: BASE_PATH,
    headers: Object.entries(headers).flat(),
    maxBodySize: BODY_MAX_BYTES,
    maxBatchSize: BATCH_MAX,
    // The context watches the caller, and each call has a signal of its own with its deadline.
    signals: false,
    createContext: ({ req, res, direct }) => {
      if (direct) return createContext(req, res, direct);
      const context = createContext(req, res);
      const onStreamRefused = (error: TRPCError): void => void refusals.set(watched, { error, req });
      const watched: Context = { ...context, onStreamRefused };
      return watched;
    },
    onError: ({ error, path, ctx }) => {
      // Every call logs itself; this one did not come as far. Strangers can send what is unreadable as often as they like.
      if (ctx) return;
      const status = getHTTPStatusCodeFromError(error);
      if (status < 500) logger.info("refused", { path, code: error.code, status });
      else logger.error("context.failed", { path, err: error.cause ?? error });
    },
    responseMeta: ({ ctx, errors }) => {
      const refusal = ctx && refusals.get(ctx as Context);
      return refusal ? toStreamMeta(refusal) : toMeta(errors);
    },
  });
  return (req, res) => {
    try {
      requireSafeRequest(req, allowedOrigins);
      requireReadable(req);
    } catch (thrown) {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
      refuse(router, createContext(req, res), res, thrown);
      return;
    }
    handle(req, res);
  };
}

const NO_META: ResponseMeta = {};

function toMeta(errors: readonly TRPCError[]): ResponseMeta {
  const retryAfter = errors.length === 0 ? undefined : toRetryAfter(errors);
  return retryAfter === undefined ? NO_META : { headers: { "retry-after": retryAfter } };
}

/** An EventSource shows its page neither the status nor the body of a refusal: there the error stays the first event. */
function toStreamMeta({ error, req }: StreamRefusal): ResponseMeta {
  const meta = toMeta([error]);
  return isEventSource(req) ? meta : { ...meta, status: getHTTPStatusCodeFromError(error) };
}

const isEventSource = (req: IncomingMessage): boolean => req.headers.accept?.includes("text/event-stream") ?? false;

/**
 * tRPC makes a `Request` of it and decodes the path where a throw ends as a 500 that nobody counts or logs. Of a host with a name
 * in front, and of TRACE, no `Request` can be made.
 */
function requireReadable({ method, headers, url = "/" }: IncomingMessage): void {
  if (method === "TRACE") throw new TRPCError({ code: "METHOD_NOT_SUPPORTED" });
  if (headers.host?.includes("@")) throw new TRPCError({ code: "BAD_REQUEST" });
  const end = url.indexOf("?");
  const path = end === -1 ? url : url.slice(0, end);
  if (!path.includes("%")) return;
  try {
    decodeURIComponent(path);
  } catch {
    // The only thing it throws for is a `%` that begins no character.
    throw new TRPCError({ code: "BAD_REQUEST" });
  }
}

/** Seconds, rounded up: the longest wait of any call in the batch. */
function toRetryAfter(errors: readonly unknown[]): string | undefined {
  const waits = errors.flatMap((error) => findAppError(error)?.retryAfterMs ?? []);
  return waits.length === 0 ? undefined : String(Math.max(1, Math.ceil(Math.max(...waits) / 1000)));
}

/** Answers in the shape of a tRPC error, and closes the connection: the body was not read and must not be. */
function refuse(router: AnyRouter, context: Context, res: ServerResponse, thrown: unknown): void {
  const app = findAppError(thrown);
  const error =
    thrown instanceof TRPCError ? thrown : new TRPCError({ code: app?.kind ?? "INTERNAL_SERVER_ERROR", cause: thrown });
  const shape = getTRPCErrorShape({
    config: router._def._config,
    error,
    type: "unknown",
    path: undefined,
    input: undefined,
    ctx: context,
  });
  context.log.info("refused", { code: app?.code ?? error.code, status: shape.data.httpStatus });
  res.writeHead(shape.data.httpStatus, { "content-type": "application/json", connection: "close" });
  res.end(JSON.stringify({ error: shape }));
}
