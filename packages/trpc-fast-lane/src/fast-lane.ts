import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnyProcedure, AnyRouter, inferRouterContext } from "@trpc/server";
import type { NodeHTTPHandlerOptions } from "@trpc/server/adapters/node-http";
import { createHTTPHandler, type CreateHTTPHandlerOptions } from "@trpc/server/adapters/standalone";
import type { HTTPBaseHandlerOptions, TRPCRequestInfo } from "@trpc/server/http";
import { createAnswer } from "./answer.ts";
import { parseHeaders } from "./headers.ts";
import { Inputs } from "./inputs.ts";
import { createTargetReader, type Target } from "./read-target.ts";
import { watchCaller } from "./request.ts";

type Handler = (req: IncomingMessage, res: ServerResponse) => void;
type Middleware = NonNullable<NodeHTTPHandlerOptions<AnyRouter, IncomingMessage, ServerResponse>["middleware"]>;

/** An answer that the lane writes itself. */
export interface DirectAnswer {
  /**
   * Sends a header with it, in place of an earlier one of exactly this name, given here or in `headers`. Cheaper than `setHeader` of
   * the response.
   */
  setHeader(name: string, value: string): void;
}

/** Called once per request, whatever the size of its batch. May be synchronous, which saves a turn. */
export type CreateContext<Router extends AnyRouter> = (options: {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly info: TRPCRequestInfo;
  /** Set when the lane answers by itself: procedures may then return a `JsonText`. */
  readonly direct: DirectAnswer | undefined;
}) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;

export interface BaseOptions<Router extends AnyRouter> extends HTTPBaseHandlerOptions<Router, IncomingMessage> {
  /** What all procedures are below, beginning and ending with a slash. Default `/`. */
  readonly basePath?: string;
  /**
   * Sent with every answer, names and values in turns: `["x-frame-options", "DENY"]`. Default none. What `createContext`, a procedure
   * or `responseMeta` sets under the same name wins. Raises a TypeError for what the answer sets itself, such as `vary`.
   */
  readonly headers?: readonly string[];
  /** Bytes of a body; a larger one is refused with 413. Default no limit. Above 1 MiB bodies are read by the stock handler. */
  readonly maxBodySize?: number;
  /**
   * Whether calls are given an abort signal. Default true. False, for a context that watches its caller by itself, saves each request
   * that the lane answers an AbortController and the event at its end; `info.signal` is then made when somebody asks for it.
   */
  readonly signals?: boolean;
  /** Asked before every request, as by the stock adapter. */
  readonly middleware?: Middleware;
}

/** Those of the stock standalone adapter, and two of the lane: `headers`, and `direct` for `createContext`. */
export type FastLaneOptions<Router extends AnyRouter> = BaseOptions<Router> &
  (object extends inferRouterContext<Router>
    ? { readonly createContext?: CreateContext<Router> }
    : { readonly createContext: CreateContext<Router> });

/** Bytes. A larger body is left to the stock handler, which counts it while it arrives. */
const BODY_MAX = 1_048_576;
const JSON_TYPE = "application/json";

/** The procedures of one request. */
interface Calls {
  readonly paths: readonly string[];
  readonly procedures: readonly AnyProcedure[];
}

/**
 * A `node:http` handler for any tRPC 11 router. Queries by GET and mutations by POST of JSON, single or batched, are served without
 * building a `Request` and a `Response`; they are answered as the stock handler answers them, status, headers and body, but with a
 * content length in place of chunks. Everything else (subscriptions, streamed batches, form data, lazy routers before their first use,
 * whatever is malformed or too large) goes to the stock handler untouched. A mutation begins when its body has arrived: a caller who
 * leaves before that has started nothing.
 *
 * Reads `_def.procedures` and `_def._config` of the router, which tRPC marks internal: the differential suite must pass before its
 * version is raised.
 */
export function createFastLane<Router extends AnyRouter>(options: FastLaneOptions<Router>): Handler {
  const { router, basePath = "/", maxBatchSize = Infinity, maxBodySize, middleware, signals = true } = options;
  const procedures = router._def.procedures as Readonly<Record<string, AnyProcedure | undefined>>;
  const transformer = router._def._config.transformer.input;
  const bodyMax = Math.min(maxBodySize ?? BODY_MAX, BODY_MAX);
  const canBatch = options.allowBatching ?? options.batching?.enabled ?? true;
  const headers = parseHeaders(options.headers ?? []);
  const answer = createAnswer(options, headers);
  const readTarget = createTargetReader(basePath);

  const createStock = (asked?: Middleware): Handler => {
    const handler = createHTTPHandler({ ...options, middleware: asked } as unknown as CreateHTTPHandlerOptions<Router>);
    return (req, res) => {
      for (let index = 0; index < headers.length; index += 2) {
        if (!res.hasHeader(headers[index] as string))
          res.setHeader(headers[index] as string, headers[index + 1] as string);
      }
      handler(req, res);
    };
  };
  const stock = createStock();

  /** Undefined when the stock handler must decide: unknown, not loaded yet, of another method, a subscription, too many. */
  const findCalls = ({ path, isBatch }: Target, type: "query" | "mutation"): Calls | undefined => {
    if (!isBatch) {
      const procedure = procedures[path];
      return procedure?._def.type === type ? { paths: [path], procedures: [procedure] } : undefined;
    }
    const paths = path.split(",");
    if (!canBatch || paths.length > maxBatchSize) return undefined;
    const found: AnyProcedure[] = [];
    for (const name of paths) {
      const procedure = procedures[name];
      if (procedure?._def.type !== type) return undefined;
      found.push(procedure);
    }
    return { paths, procedures: found };
  };

  const lane: Handler = (req, res) => {
    const type = toType(req, bodyMax);
    const target = type && readTarget(req);
    const calls = target && findCalls(target, type);
    if (!calls) {
      stock(req, res);
      return;
    }
    const { isBatch } = target;
    const begin = (text: string | undefined): void => {
      const inputs = new Inputs(text, isBatch ? calls.paths.length : undefined, transformer);
      void answer({
        req,
        res,
        type,
        isBatch,
        ...calls,
        inputs,
        signal: signals ? watchCaller(res) : undefined,
        added: [],
        metaHeaders: undefined,
      });
    };
    if (type === "query") begin(target.input || undefined);
    else readText(req, begin);
  };
  if (!middleware) return lane;

  return (req, res) => {
    try {
      middleware(req, res, (error) => {
        if (error) createStock((_req, _res, next) => next(error))(req, res);
        else lane(req, res);
      });
    } catch (thrown) {
      createStock(() => {
        throw thrown;
      })(req, res);
    }
  };
}

/** What a request of the two hot shapes calls, going by its method and headers. */
function toType(req: IncomingMessage, bodyMax: number): "query" | "mutation" | undefined {
  const { method, headers } = req;
  const { accept, "content-type": contentType } = headers;
  if (headers["trpc-accept"] !== undefined || accept?.includes("application/jsonl")) return undefined;
  if (method === "GET") return contentType === undefined || contentType.startsWith(JSON_TYPE) ? "query" : undefined;
  if (method !== "POST" || !contentType?.startsWith(JSON_TYPE) || "body" in req) return undefined;
  // Without an announced length, the stock handler counts.
  return Number(headers["content-length"]) <= bodyMax ? "mutation" : undefined;
}

/** `Request.json()` leaves out a byte order mark, and its decoder another one. */
const MARKS = /^\uFEFF{1,2}/;

/** Reads as `Request.json()` decodes: malformed bytes replaced. A body that breaks off is never `done`. */
function readText(req: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    const [first] = chunks;
    const body = chunks.length === 1 && first ? first : Buffer.concat(chunks);
    done(body.toString("utf8").replace(MARKS, ""));
  });
}
