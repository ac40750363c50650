import type { IncomingMessage, ServerResponse } from "node:http";
import { getTRPCErrorShape, TRPCError, type AnyRouter } from "@trpc/server";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { findAppError } from "../platform/errors.ts";
import type { Context } from "../trpc/context.ts";
import { BODY_MAX_BYTES, requireSafeRequest } from "./guard.ts";

export const BATCH_MAX = 100;

export interface TrpcHandlerOptions {
  readonly router: AnyRouter;
  readonly allowedOrigins: () => ReadonlySet<string>;
  readonly createContext: (req: IncomingMessage, res: ServerResponse) => Context;
}

/** Answers everything below `/trpc/`. Headers that every response carries are set before. */
export function createTrpcHandler(options: TrpcHandlerOptions): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const context = options.createContext(req, res);
    try {
      requireSafeRequest(req, options.allowedOrigins());
    } catch (thrown) {
      refuse(options.router, context, res, thrown);
      return;
    }
    const url = req.url ?? "/";
    const end = url.indexOf("?");
    const path = url.slice("/trpc/".length, end === -1 ? undefined : end);
    if (!isDecodable(path)) {
      refuse(options.router, context, res, new TRPCError({ code: "BAD_REQUEST" }));
      return;
    }
    let streamRefusal: TRPCError | undefined;
    void nodeHTTPRequestHandler({
      router: options.router,
      req,
      res,
      path,
      createContext: () => ({ ...context, onStreamRefused: (error: TRPCError) => (streamRefusal = error) }),
      maxBodySize: BODY_MAX_BYTES,
      maxBatchSize: BATCH_MAX,
      responseMeta: ({ errors }) => {
        const retryAfter = toRetryAfter(streamRefusal ? [streamRefusal] : errors);
        return {
          ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
          // An EventSource shows its page neither the status nor the body of a refusal: there the error stays the first event.
          ...(streamRefusal && !isEventSource(req) ? { status: getHTTPStatusCodeFromError(streamRefusal) } : {}),
        };
      },
    });
  };
}

const isEventSource = (req: IncomingMessage): boolean => req.headers.accept?.includes("text/event-stream") ?? false;

/** tRPC decodes the path where a throw ends as a 500 that nobody counts or logs. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    // The only thing it throws for is a `%` that begins no character.
    return false;
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
