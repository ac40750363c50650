import {
  createTRPCClient,
  createTRPCUntypedClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type HTTPBatchLinkOptions,
  type TRPCClient,
  type TRPCLink,
} from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import type { AppRouter } from "@switchboard/server/router";
import { createEventSource, toKeyOptions, type EventSourceOptions } from "./event-source.ts";
import { createJobs, type Jobs, type JobTypes } from "./jobs.ts";
import { defaultRetryAfter, retryAfterLink, type RetryAfterOptions } from "./retry-after-link.ts";

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:4600`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. Without one, calls carry what the browser has: its cookie. */
  readonly apiKey?: string;
  /** Calls made in the same tick travel together, at most this many. Default 50; the server takes 100. */
  readonly maxBatch?: number;
  readonly retryAfter?: Partial<RetryAfterOptions>;
  /**
   * `EventSource` for subscriptions. Default: the platform's, or where it has none or a key must be sent with them, the package
   * `eventsource`.
   */
  readonly EventSource?: typeof globalThis.EventSource;
  readonly fetch?: HTTPBatchLinkOptions<AnyRouter["_def"]["_config"]["$types"]>["fetch"];
}

/** Below what servers and proxies take as one address; a longer batch travels as several. */
const URL_MAX_LENGTH = 6000;

/** Links of a client, for those who build theirs by another factory, such as the dashboard's React one. */
export function createLinks<Router extends AnyRouter = AppRouter>(options: ClientOptions): TRPCLink<Router>[] {
  const { EventSource, apiKey } = options;
  const eventSource = {
    ...(EventSource ? { EventSource } : {}),
    // A browser's own takes no headers.
    ...(EventSource && apiKey ? { eventSourceOptions: () => toKeyOptions(toHttp(options).headers) } : {}),
  };
  return toLinks(options, eventSource);
}

function toLinks<Router extends AnyRouter>(
  options: ClientOptions,
  eventSource: Partial<EventSourceOptions>,
): TRPCLink<Router>[] {
  const http = toHttp(options);
  const batch = { ...http, maxItems: options.maxBatch ?? 50, maxURLLength: URL_MAX_LENGTH };
  return [
    retryAfterLink<Router>({ ...defaultRetryAfter, ...options.retryAfter }),
    splitLink<Router>({
      condition: (op) => op.type === "subscription",
      true: httpSubscriptionLink({ url: http.url, ...eventSource } as never),
      false: httpBatchLink(batch as never),
    }),
  ];
}

function toHttp({ url, apiKey, fetch }: ClientOptions) {
  return {
    url: new URL("/trpc", url).href,
    headers: (apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) as Readonly<Record<string, string>>,
    ...(fetch ? { fetch } : {}),
  };
}

/** A client: the procedures of the server, and its jobs under `jobs`. */
export type Client<Router extends AnyRouter = AppRouter, Types extends JobTypes = JobTypes> = TRPCClient<Router> & {
  readonly jobs: Jobs<Types>;
};

/**
 * A client that is typed by the server's router and jobs and knows nothing else of them: `createClient<AppRouter, Jobs>({ url })`. Without
 * `Jobs` any name and any input is taken, for the server to judge.
 */
export function createClient<Router extends AnyRouter = AppRouter, Types extends JobTypes = JobTypes>(
  options: ClientOptions,
): Client<Router, Types> {
  const http = toHttp(options);
  const isMakerNeeded = !options.EventSource && (!("EventSource" in globalThis) || options.apiKey !== undefined);
  const maker = isMakerNeeded ? createEventSource(http.headers) : undefined;
  const links = <Any extends AnyRouter>(): TRPCLink<Any>[] =>
    maker ? toLinks<Any>(options, maker) : createLinks<Any>(options);
  const jobs = createJobs<Types>({
    client: createTRPCUntypedClient<AnyRouter>({ links: links<AnyRouter>() }),
    prepareStreams: async () => maker?.prepare(),
    waiting: createTRPCUntypedClient<AnyRouter>({ links: [httpLink(http as never)] }),
  });
  const procedures = createTRPCClient<Router>({ links: links<Router>() });
  return new Proxy(procedures, {
    get: (target, name) => (name === "jobs" ? jobs : (Reflect.get(target, name) as unknown)),
  }) as Client<Router, Types>;
}
