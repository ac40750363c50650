import type { ServerResponse } from "node:http";
import { initTRPC, lazy, tracked, TRPCError } from "@trpc/server";
import { octetInputParser } from "@trpc/server/http";
import { z } from "zod";
import { openPair, type Pair } from "./pair.fixture.ts";

/** Changes whatever it carries, so that a forgotten step shows. */
const wrapping = {
  serialize: (value: unknown) => ({ wrapped: value === undefined ? null : value, isUndefined: value === undefined }),
  deserialize: (value: unknown) => {
    if (typeof value !== "object" || value === null || !("wrapped" in value))
      throw new Error("Nothing is wrapped here.");
    return value.wrapped;
  },
};

/** Changes what JSON cannot say and hands back everything else as it is, like superjson without its envelope. */
export const typed = {
  serialize: (value: unknown): unknown => {
    if (value instanceof Date) return { $date: value.getTime() };
    if (value instanceof Map) return { $map: [...value].map(typed.serialize) };
    if (typeof value === "bigint") return { $bigint: value.toString() };
    if (Array.isArray(value)) return value.map(typed.serialize);
    if (!isPlainObject(value) || !Object.values(value).some((member) => typed.serialize(member) !== member))
      return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, typed.serialize(member)]));
  },
  deserialize: (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(typed.deserialize);
    if (!isPlainObject(value)) return value;
    if ("$date" in value) return new Date(Number(value["$date"]));
    if ("$map" in value) return new Map(value["$map"] as []);
    if ("$bigint" in value) return BigInt(String(value["$bigint"]));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, typed.deserialize(member)]));
  },
};

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const transformers = { wrapping, typed };

export interface Variant {
  readonly name: string;
  readonly transformer?: keyof typeof transformers;
  readonly meta?: keyof typeof metas;
  readonly context?: "async" | "throws" | "rejects" | "statusAndHeaders";
  readonly formatter?: "odd" | "throws";
  readonly options?: Readonly<Record<string, unknown>>;
}

/** One of everything that a handler can meet: results, failures, streams, lazy routers. */
export function createRouter({ transformer, formatter }: Pick<Variant, "transformer" | "formatter"> = {}) {
  const t = initTRPC.context<{ who: string }>().create({
    ...(transformer ? { transformer: transformers[transformer] } : {}),
    // Stacks differ by nature, and formatting them takes a good part of the time.
    isDev: false,
    sse: { client: { reconnectAfterInactivityMs: 5000 } },
    errorFormatter: ({ shape, input, path, ctx }) => {
      if (formatter === "throws" && path === "boom") throw new Error("No shape for this.");
      const { data } = shape;
      const httpStatus = formatter === "odd" && path === "boom" ? 204 : data.httpStatus;
      const more = { input: input ?? "not read", formattedPath: path ?? "none", who: ctx?.who ?? "nobody" };
      return { ...shape, data: { ...data, httpStatus, ...more } };
    },
  });
  const input = z.object({ id: z.number().int(), name: z.string().max(64) });
  const refuse = t.middleware(() => {
    throw new TRPCError({ code: "FORBIDDEN", message: "not you" });
  });
  const echo = t.procedure.input(z.unknown());
  const nested = t.router({ inner: t.router({ echo: echo.query(({ input: given }) => ({ given })) }) });
  return t.router({
    echo: echo.query(({ input: given }) => ({ given })),
    say: echo.mutation(({ input: given }) => ({ given })),
    add: t.procedure.input(input).mutation(({ input: given, ctx }) => ({ ...given, by: ctx.who })),
    find: t.procedure.input(input).query(({ input: given }) => given),
    ping: t.procedure.query(() => "pong"),
    touch: t.procedure.mutation(() => "touched"),
    refused: t.procedure
      .use(refuse)
      .input(input)
      .query(() => "never"),
    boom: t.procedure.query(() => {
      throw new Error("boom");
    }),
    conflict: echo.mutation(() => {
      throw new TRPCError({ code: "CONFLICT", message: "already there" });
    }),
    text: t.procedure.query(() => {
      throw "a text"; // oxlint-disable-line no-throw-literal -- whatever is thrown must end alike
    }),
    nothing: t.procedure.query(() => undefined),
    nil: t.procedure.query(() => null),
    fn: t.procedure.query(() => () => 1),
    dated: t.procedure.query(() => ({
      at: new Date(0),
      map: new Map([[1, 2]]),
      list: [undefined, null, 1],
      odd: undefined,
    })),
    keyed: t.procedure.query(() => ({ toJSON: (key: string) => ({ key }) })),
    users: t.procedure.query(() =>
      Array.from({ length: 100 }, (_, id) => ({ id, name: `User ${id}`, at: new Date(id) })),
    ),
    circular: t.procedure.query(() => {
      const value: Record<string, unknown> = {};
      value["self"] = value;
      return value;
    }),
    bigint: t.procedure.query(() => ({ value: 1n })),
    later: t.procedure.query(() => ({ value: Promise.resolve(1) })),
    stream: t.procedure.query(async function* () {
      yield 1;
      yield 2;
    }),
    inherited: t.procedure.query(() => Object.create({ value: Promise.resolve(1) }) as object),
    big: t.procedure.query(() => "é".repeat(100_000)),
    signal: t.procedure.query(({ signal }) => ({ isThere: signal !== undefined, isAborted: signal?.aborted })),
    form: t.procedure.input(z.instanceof(FormData)).mutation(async ({ input: form }) => {
      const entries = [...form].map(async ([name, value]) =>
        value instanceof File ? [name, value.name, value.type, await value.text()] : [name, value],
      );
      return Promise.all(entries);
    }),
    octet: t.procedure.input(octetInputParser).mutation(async ({ input: body }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks).toString("base64");
    }),
    count: t.procedure.subscription(async function* () {
      for (let value = 0; value < 3; value += 1) yield value;
    }),
    news: t.procedure.input(z.object({ lastEventId: z.string().optional() }).optional()).subscription(async function* ({
      input: from,
    }) {
      const start = Number(from?.lastEventId ?? 0);
      // Breaks off after two, so that the client comes back for the rest.
      for (let id = start + 1; id <= Math.min(start + 2, 5); id += 1) yield tracked(`${id}`, { id, at: new Date(id) });
      if (start + 2 < 5) throw new TRPCError({ code: "CONFLICT", message: "the line went dead" });
    }),
    refusedNews: t.procedure.use(refuse).subscription(async function* () {
      yield 1;
    }),
    nested,
    toString: t.procedure.query(() => "a procedure of this name"),
    lazy: lazy(async () => ({ late: t.router({ ping: t.procedure.query(() => "late pong") }) }).late),
  });
}

/** The router behind both handlers. */
export function openBoth(variant: Variant): Promise<Pair> {
  return openPair(() => ({
    router: createRouter(variant),
    maxBatchSize: 10,
    maxBodySize: 100_000,
    createContext: makeContext(variant),
    ...(variant.meta ? { responseMeta: metas[variant.meta] } : {}),
    ...variant.options,
  }));
}

function makeContext({ context }: Variant): (given: { res: ServerResponse }) => unknown {
  switch (context) {
    case "async":
      return async () => ({ who: "async" });
    case "throws":
      return () => {
        throw new TRPCError({ code: "UNAUTHORIZED", message: "no context" });
      };
    case "rejects":
      return () => Promise.reject(new Error("no context, late"));
    case "statusAndHeaders":
      return ({ res }) => {
        res.statusCode = 202;
        res.setHeader("vary", "origin").setHeader("X-Own", ["1", "2"]).setHeader("set-cookie", "c=3");
        return { who: "headers" };
      };
    default:
      return () => ({ who: "sync" });
  }
}

interface MetaArguments {
  readonly paths?: readonly string[];
  readonly errors: readonly TRPCError[];
  readonly data: readonly object[];
  readonly type: unknown;
  readonly eagerGeneration: boolean;
  readonly ctx: unknown;
  readonly info?: {
    readonly isBatchCall: boolean;
    readonly url: URL | null;
    readonly accept: unknown;
    readonly connectionParams: unknown;
    readonly signal: AbortSignal;
    readonly calls: readonly {
      readonly path: string;
      readonly batchIndex: number;
      readonly procedure: unknown;
      result(): unknown;
    }[];
  };
}

const metas = {
  /** Says all that it was told. */
  lists: ({ paths, errors, data, type, eagerGeneration, ctx, info }: MetaArguments) => {
    const seen = {
      paths,
      type,
      eagerGeneration,
      ctx,
      errors: errors.map(({ code }) => code),
      kinds: data.map((item) => Object.keys(item)),
      isBatch: info?.isBatchCall,
      accept: info?.accept,
      params: info?.connectionParams,
      isAborted: info?.signal.aborted,
      url: info?.url && info.url.pathname + info.url.search,
      isSameUrl: info?.url === info?.url,
      calls: info?.calls.map((call) => [
        call.path,
        call.batchIndex,
        call.procedure !== null,
        JSON.stringify(call.result()) ?? "none",
      ]),
    };
    const isRefused = errors.some(({ code }) => code === "FORBIDDEN");
    return {
      headers: {
        "x-seen": Buffer.from(JSON.stringify(seen)).toString("base64url"),
        "set-cookie": ["a=1", "b=2"],
        vary: "origin",
        "x-list": ["1", "2"],
        "x-undefined": undefined,
      },
      ...(isRefused ? { status: 418 } : {}),
    };
  },
  headers: ({ errors }: MetaArguments) => ({
    headers: new Headers([
      ["x-own", "1"],
      ["x-own", "2"],
      ["vary", "origin"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]),
    status: errors.length > 0 ? 0 : 201,
  }),
  /** What the types forbid, and JavaScript does. */
  nothing: () => undefined,
  emptyStatus: () => ({ status: 204 }),
  oddStatus: ({ errors }: MetaArguments) => ({ status: errors.length > 0 ? 499 : 999 }),
  badHeader: () => ({ headers: { "x-fine": "1", "not a name": "1" } }),
  controlHeader: () => ({ headers: { "x-control": "a\u0001b" } }),
  throws: ({ errors }: MetaArguments) => {
    if (errors.length === 0) throw new TRPCError({ code: "BAD_GATEWAY", message: "no meta" });
    return { headers: { "x-failed": "1" } };
  },
};
