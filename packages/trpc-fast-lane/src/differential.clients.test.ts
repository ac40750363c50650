import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  retryLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import { EventSource } from "eventsource";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pair } from "./pair.fixture.ts";
import { openBoth, typed, type createRouter } from "./router.fixture.ts";

// The clients of tRPC itself, against both handlers: they must see the same results and the same errors.

type Router = ReturnType<typeof createRouter>;
type Client = ReturnType<typeof createTRPCClient<Router>>;

const both: Partial<Record<"plain" | "typed", Pair>> = {};
beforeAll(async () => {
  both.plain = await openBoth({ name: "plain" });
  both.typed = await openBoth({ name: "typed", transformer: "typed" });
});
afterAll(async () => {
  await both.plain?.[Symbol.asyncDispose]();
  await both.typed?.[Symbol.asyncDispose]();
});

function describeOutcome(outcome: PromiseSettledResult<unknown>): unknown {
  if (outcome.status === "fulfilled") return outcome;
  const error: unknown = outcome.reason;
  if (!(error instanceof TRPCClientError)) return String(error);
  return [error.message, error.data, error.shape];
}

async function sameOn(
  kind: "plain" | "typed",
  link: (url: string) => TRPCLink<Router> | TRPCLink<Router>[],
  calls: (client: Client) => Promise<unknown>[],
) {
  const pair = both[kind] as Pair;
  const seen = await Promise.all(
    [pair.stock, pair.lane].map(async ({ url, reports }) => {
      reports.length = 0;
      const client = createTRPCClient<Router>({ links: [link(`${url}/trpc`)].flat() });
      const outcomes = (await Promise.allSettled(calls(client))).map(describeOutcome);
      return { outcomes, reports: reports.map((report) => JSON.stringify(report)).toSorted() };
    }),
  );
  expect(seen[1]).toEqual(seen[0]);
  return seen[1]?.outcomes ?? [];
}

/** Comes back with the id of the last event it saw. */
const again = retryLink<Router>({ retry: () => true, retryDelayMs: () => 0 });

const calls = (client: Client): Promise<unknown>[] => [
  client.find.query({ id: 1, name: "a" }),
  client.boom.query(),
  client.add.mutate({ id: 2, name: "ü" }),
  client.dated.query(),
  client.nested.inner.echo.query({ at: new Date(5) }),
  client.nothing.query(),
  client.find.query({ id: "x" as never, name: "a" }),
  client.refused.query({ id: 1, name: "a" }),
  client.lazy.ping.query(),
  client.users.query(),
  client.conflict.mutate("é"),
];

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe.each(["plain", "typed"] as const)("%s data", (kind) => {
  const transformer = (kind === "typed" ? typed : undefined) as never;

  test("one call a request", async () => {
    const outcomes = await sameOn(kind, (url) => httpLink({ url, transformer }), calls);
    expect(outcomes[0]).toEqual({ status: "fulfilled", value: { id: 1, name: "a" } });
    const dated = (outcomes[3] as PromiseFulfilledResult<{ at: unknown }>).value.at;
    expect(dated).toEqual(kind === "typed" ? new Date(0) : "1970-01-01T00:00:00.000Z");
  });

  test("many calls a request", async () => {
    const outcomes = await sameOn(kind, (url) => httpBatchLink({ url, transformer, maxItems: 10 }), calls);
    expect(outcomes[2]).toEqual({ status: "fulfilled", value: { id: 2, name: "ü", by: "sync" } });
  });

  test("many calls a request, by POST only", async () => {
    const link = (url: string): TRPCLink<Router> =>
      httpBatchLink({ url, transformer, maxItems: 10, methodOverride: "POST" });
    const outcomes = await sameOn(kind, link, calls);
    // The option for it is off.
    expect(outcomes[0]).toMatchObject([
      expect.stringContaining("Unsupported POST"),
      { code: "METHOD_NOT_SUPPORTED" },
      {},
    ]);
  });

  test("many calls a request, each answer as it comes", async () => {
    const streamed = await sameOn(
      kind,
      (url) => httpBatchStreamLink({ url, transformer, maxItems: 10 }),
      (client) => [
        ...calls(client),
        client.stream.query().then((items) => collect(items)),
        client.later.query().then(({ value }) => value),
      ],
    );
    expect(streamed.slice(-2)).toEqual([
      { status: "fulfilled", value: [1, 2] },
      { status: "fulfilled", value: 1 },
    ]);
  });

  test("forms with files, and plain bytes", async () => {
    const form = new FormData();
    form.append("name", "é");
    form.append("file", new File(["some text"], "ü.txt", { type: "text/plain" }));
    const outcomes = await sameOn(
      "plain",
      (url) => httpLink({ url }),
      (client) => [
        client.form.mutate(form),
        client.octet.mutate(new Blob([new Uint8Array([0, 1, 255])])),
        client.octet.mutate("not bytes" as never),
      ],
    );
    expect(outcomes.slice(0, 2)).toEqual([
      {
        status: "fulfilled",
        value: [
          ["name", "é"],
          ["file", "ü.txt", "text/plain", "some text"],
        ],
      },
      { status: "fulfilled", value: "AAH/" },
    ]);
  });

  test("a subscription that breaks off goes on where it was", async () => {
    const subscribe = (client: Client): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const seen: unknown[] = [];
        const subscription = client.news.subscribe(undefined, {
          onData: ({ id, data }) => {
            seen.push([id, data]);
            if (id !== "5") return;
            subscription.unsubscribe();
            resolve(seen);
          },
          onError: reject,
        });
      });
    const [outcome] = await sameOn(
      kind,
      (url) => [again, httpSubscriptionLink({ url, transformer, EventSource })],
      (client) => [subscribe(client)],
    );
    const at = (id: number): unknown => (kind === "typed" ? new Date(id) : new Date(id).toISOString());
    expect(outcome).toEqual({ status: "fulfilled", value: [1, 2, 3, 4, 5].map((id) => [`${id}`, { id, at: at(id) }]) });
    // Each break was told to the server, and only those.
    expect(both[kind]?.lane.reports).toHaveLength(2);
  });

  test("a subscription that is refused", async () => {
    const subscribe = (client: Client): Promise<unknown> =>
      new Promise((resolve, reject) => {
        client.refusedNews.subscribe(undefined, { onData: resolve, onError: reject });
      });
    const [outcome] = await sameOn(
      kind,
      (url) => httpSubscriptionLink({ url, transformer, EventSource }),
      (client) => [subscribe(client)],
    );
    expect(outcome).toMatchObject(["not you", { code: "FORBIDDEN" }, {}]);
  });
});
