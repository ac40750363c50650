import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type HTTPBatchLinkOptions,
  type TRPCClient,
  type TRPCLink,
} from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import type { AppRouter } from "@switchboard/server/router";
import { defaultRetryAfter, retryAfterLink, type RetryAfterOptions } from "./retry-after-link.ts";

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:4600`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. Without one, calls carry what the browser has: its cookie. */
  readonly apiKey?: string;
  /** Calls made in the same tick travel together, at most this many. Default 50; the server takes 100. */
  readonly maxBatch?: number;
  readonly retryAfter?: Partial<RetryAfterOptions>;
  /** `EventSource` for subscriptions where the platform has none or where a key must be sent with them. */
  readonly EventSource?: typeof globalThis.EventSource;
  readonly fetch?: HTTPBatchLinkOptions<AnyRouter["_def"]["_config"]["$types"]>["fetch"];
}

/** Below what servers and proxies take as one address; a longer batch travels as several. */
const URL_MAX_LENGTH = 6000;

/** Links of a client, for those who build theirs by another factory, such as the dashboard's React one. */
export function createLinks<Router extends AnyRouter = AppRouter>(options: ClientOptions): TRPCLink<Router>[] {
  const url = new URL("/trpc", options.url).href;
  const headers = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };
  const subscription = {
    url,
    ...(options.EventSource ? { EventSource: options.EventSource } : {}),
    ...(options.EventSource && options.apiKey ? { eventSourceOptions: () => ({ headers }) } : {}),
  };
  const batch = {
    url,
    headers,
    maxItems: options.maxBatch ?? 50,
    maxURLLength: URL_MAX_LENGTH,
    ...(options.fetch ? { fetch: options.fetch } : {}),
  };
  return [
    retryAfterLink<Router>({ ...defaultRetryAfter, ...options.retryAfter }),
    splitLink<Router>({
      condition: (op) => op.type === "subscription",
      true: httpSubscriptionLink(subscription as never),
      false: httpBatchLink(batch as never),
    }),
  ];
}

/** The client of a server without procedures of its own. */
export type Client = TRPCClient<AppRouter>;

/** A client that is typed by the server's router and knows nothing else of it. */
export function createClient<Router extends AnyRouter = AppRouter>(options: ClientOptions): TRPCClient<Router> {
  return createTRPCClient<Router>({ links: createLinks<Router>(options) });
}
