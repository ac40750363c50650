import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import { initTRPC, TRPCError, type AnyRouter } from "@trpc/server";
import { expect, onTestFinished, test } from "vitest";
import { createFastLane, JsonText, type DirectAnswer, type FastLaneOptions } from "./index.ts";
import { openPair } from "./pair.fixture.ts";

// What the lane adds to the stock handler: headers of its own, `direct`, `JsonText`.

interface Ctx {
  readonly direct: DirectAnswer | undefined;
  readonly res: ServerResponse;
}

const t = initTRPC.context<Ctx>().create();
const users = '[{"id":1,"name":"é \\ud83d\\ude00"},{"id":2,"name":null}]';
const router = t.router({
  ping: t.procedure.query(() => "pong"),
  touch: t.procedure.mutation(() => "touched"),
  boom: t.procedure.query(() => {
    throw new TRPCError({ code: "CONFLICT", message: "boom" });
  }),
  stream: t.procedure.query(() => ({ later: Promise.resolve(1) })),
  users: t.procedure.query(({ ctx }) => (ctx.direct ? new JsonText(users) : (JSON.parse(users) as unknown))),
  always: t.procedure.query(() => new JsonText(users)),
  direct: t.procedure.query(({ ctx }) => ctx.direct !== undefined),
  tag: t.procedure
    .input((value) => String(value))
    .query(({ input, ctx }) => {
      ctx.direct?.setHeader("etag", input);
      return input;
    }),
  own: t.procedure.query(({ ctx }) => {
    ctx.res.setHeader("x-frame-options", "SAMEORIGIN");
    return "own";
  }),
  count: t.procedure.subscription(async function* () {
    yield 1;
  }),
});

const pairs = ["x-frame-options", "DENY", "Referrer-Policy", "no-referrer"];

async function openLane(options: Partial<FastLaneOptions<AnyRouter>> = {}, before?: (res: ServerResponse) => void) {
  const handle = createFastLane<AnyRouter>({
    router,
    basePath: "/trpc/",
    headers: pairs,
    maxBodySize: 1000,
    createContext: ({ res, direct }) => ({ res, direct }),
    ...options,
  });
  const server = createServer((req: IncomingMessage, res) => {
    before?.(res);
    handle(req, res);
  });
  await new Promise<void>((resolve) => void server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/trpc`;
  return { url, get: (path: string, init?: RequestInit) => fetch(`${url}/${path}`, init) };
}

const post = (body: string): RequestInit => ({ method: "POST", body, headers: { "content-type": "application/json" } });

test.each<[string, string, RequestInit?]>([
  ["a query", "ping"],
  ["a batch", "ping,boom?batch=1"],
  ["a mutation", "touch", post("{}")],
  ["a failure", "boom"],
  ["data that is a stream", "stream"],
  ["no such procedure", "nope"],
  ["a path that does not decode", "%zz"],
  ["a body that is too large", "touch", post(`"${"x".repeat(2000)}"`)],
  ["a streamed batch", "ping?batch=1", { headers: { "trpc-accept": "application/jsonl" } }],
  ["a subscription", "count", { headers: { accept: "text/event-stream" } }],
  ["another method", "ping", { method: "OPTIONS" }],
  ["a HEAD", "ping", { method: "HEAD" }],
])("the headers of all answers go out with %s", async (_name, path, init) => {
  const { get } = await openLane();
  const response = await get(path, init);
  await response.text();
  expect(response.headers.get("x-frame-options")).toBe("DENY");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
});

test("the headers of all answers go out with a refused context and with response meta", async () => {
  const createContext = (): never => {
    throw new TRPCError({ code: "UNAUTHORIZED" });
  };
  const { get } = await openLane({
    createContext,
    responseMeta: () => ({ headers: { "x-meta": "1", "referrer-policy": "origin" } }),
  });
  const response = await get("ping");
  expect(response.status).toBe(401);
  const names = ["x-frame-options", "x-meta", "referrer-policy"];
  expect(names.map((name) => response.headers.get(name))).toEqual(["DENY", "1", "origin"]);
});

test("what was set on the response wins over the headers of all answers, by the lane and by the stock handler", async () => {
  const { get } = await openLane({}, (res) => void res.setHeader("referrer-policy", "origin"));
  for (const path of ["own", "own?batch=1&connectionParams={}"]) {
    // oxlint-disable-next-line no-await-in-loop
    const { headers } = await get(path);
    expect([headers.get("x-frame-options"), headers.get("referrer-policy")]).toEqual(["SAMEORIGIN", "origin"]);
  }
});

test.each<[readonly string[], RegExp]>([
  [["x-odd"], /take turns/],
  [["Vary", "origin"], /vary is set by each answer/],
  [["content-length", "1"], /content-length is set/],
  [["x-twice", "1", "X-Twice", "2"], /x-twice is there twice/],
  [["not a name", "1"], /valid HTTP token/],
  [["x-break", "a\r\nset-cookie: b=1"], /Invalid character/],
])("headers that no answer could be sent with are refused at once: %j", (headers, message) => {
  expect(() => createFastLane({ router, headers, createContext: (ctx) => ctx })).toThrow(message);
});

test("a header of one answer replaces an earlier one and one of all answers, and is of that answer only", async () => {
  const { get } = await openLane({
    createContext: ({ res, direct }) => {
      direct?.setHeader("etag", "first");
      direct?.setHeader("x-frame-options", "SAMEORIGIN");
      return { res, direct };
    },
  });
  const tagged = await get('tag?input="second"');
  expect([tagged.headers.get("etag"), tagged.headers.get("x-frame-options")]).toEqual(["second", "SAMEORIGIN"]);
  expect(tagged.headers.get("referrer-policy")).toBe("no-referrer");
  const batch = await get(`tag,tag,boom?batch=1&input=${encodeURIComponent('{"0":"a","1":"b"}')}`);
  expect([batch.status, batch.headers.get("etag")]).toEqual([207, "b"]);
  expect((await get("ping")).headers.get("etag")).toBe("first");
  const { get: getWithMeta } = await openLane({ responseMeta: () => ({ headers: { "x-meta": "1" } }) });
  const { headers } = await getWithMeta('tag?input="third"');
  expect([headers.get("etag"), headers.get("x-meta"), headers.get("x-frame-options")]).toEqual(["third", "1", "DENY"]);
});

test("a header that would break the answer apart is not sent", async () => {
  const { get } = await openLane();
  const response = await get(`tag?input=${encodeURIComponent('"a\\r\\nset-cookie: b=1"')}`);
  expect([response.status, response.headers.get("set-cookie"), response.headers.get("etag")]).toEqual([
    500,
    null,
    null,
  ]);
  expect(await response.json()).toMatchObject({ error: { message: 'Invalid character in header content ["etag"]' } });
});

test("without signals a call gets none, and one that is asked for aborts when the caller leaves", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const seen: unknown[] = [];
  const own = t.router({
    short: t.procedure.query(({ signal }) => {
      seen.push(signal);
      return "answered";
    }),
    hang: t.procedure.query(() => Promise.withResolvers<never>().promise),
  });
  const { get } = await openLane({
    router: own,
    signals: false,
    createContext: ({ res, direct, info }) => {
      if (info.calls[0]?.path === "hang") asked.resolve(info.signal);
      return { res, direct };
    },
  });
  await get("short");
  expect(seen).toEqual([undefined]);

  const leaving = new AbortController();
  const left = get("hang", { signal: leaving.signal });
  const signal = await asked.promise;
  expect(signal.aborted).toBe(false);
  const aborted = once(signal, "abort");
  leaving.abort();
  await expect(left).rejects.toThrow();
  await aborted;
});

test("JSON that was text before goes out as it is", async () => {
  const { get } = await openLane();
  const single = await get("users");
  const text = await single.text();
  expect(text).toBe(`{"result":{"data":${users}}}`);
  expect(single.headers.get("content-length")).toBe(`${Buffer.byteLength(text)}`);
  const batch = await get("users,ping,boom,users?batch=1");
  const parts = (await batch.text()).split(`{"result":{"data":${users}}}`);
  expect([parts.length, parts[0], parts[2]]).toEqual([3, "[", "]"]);
  expect(parts[1]).toMatch(/^,\{"result":\{"data":"pong"\}\},\{"error":\{"message":"boom"/);
});

test("text is not looked at on its way, so that it costs no parse", async () => {
  const broken = t.router({ text: t.procedure.query(() => new JsonText("{not json")) });
  const { get } = await openLane({ router: broken });
  expect(await (await get("text")).text()).toBe('{"result":{"data":{not json}}');
});

test("a transformer is given what the text says", async () => {
  const naming = {
    serialize: (value: unknown) => ({ keys: Object.keys(value as object), value }),
    deserialize: (value: unknown) => value,
  };
  const named = initTRPC.create({ transformer: naming });
  const inner = named.router({ text: named.procedure.query(() => new JsonText('{"a":[1]}')) });
  const { get } = await openLane({ router: inner });
  const expected = '{"result":{"data":{"keys":["a"],"value":{"a":[1]}}}}';
  expect(await (await get("text")).text()).toBe(expected);
  expect(await (await get("text,text?batch=1")).text()).toBe(`[${expected},${expected}]`);
});

test("whoever answers in another way serialises the same text", async () => {
  const { get, url } = await openLane();
  expect(await (await get("always?connectionParams={}")).text()).toBe(
    JSON.stringify({ result: { data: JSON.parse(users) } }),
  );
  const client = createTRPCClient<typeof router>({ links: [httpBatchStreamLink({ url })] });
  expect(await Promise.all([client.users.query(), client.direct.query()])).toEqual([JSON.parse(users), false]);
});

test.each<[string, string, RequestInit?]>([
  ["direct", '"data":true'],
  ["direct?batch=1", '"data":true'],
  ["direct?connectionParams={}", '"data":false'],
  // That refusal is the stock handler's, and asks for no context.
  ["direct", "Streaming requests must be batched", { headers: { accept: "application/jsonl, */*" } }],
])("%s says whether the lane answers itself: %s", async (path, expected, init) => {
  const { get } = await openLane();
  expect(await (await get(path, init)).text()).toContain(expected);
});

test("a middleware is asked first, and its refusals are those of the stock handler", async () => {
  await using both = await openPair((side) => ({
    router,
    createContext: () => ({ side }),
    middleware: (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => {
      res.setHeader("x-asked", "1");
      if (req.headers["x-do"] === "answer") res.end("by the middleware");
      else if (req.headers["x-do"] === "throw") throw new TRPCError({ code: "TIMEOUT", message: "thrown" });
      else
        next(req.headers["x-do"] === "refuse" ? new TRPCError({ code: "FORBIDDEN", message: "refused" }) : undefined);
    },
  }));
  const shape = { stack: expect.any(String) as string };
  for (const [wanted, status] of [
    ["answer", 200],
    ["throw", 408],
    ["refuse", 403],
    ["pass", 200],
  ] as const) {
    const request = { path: "/trpc/ping", headers: { "x-do": wanted } };
    // oxlint-disable-next-line no-await-in-loop
    const [expected, found] = await Promise.all([both.stock.ask(request), both.lane.ask(request)]);
    const strip = (text: string): string => text.replace(/"stack":"(?:[^"\\]|\\.)*"/, JSON.stringify(shape));
    expect({ ...found, body: strip(found.body) }).toEqual({ ...expected, body: strip(expected.body) });
    expect([found.status, found.headers.includes("x-asked")]).toEqual([status, true]);
  }
});

test("a body that was read before is taken from the request", async () => {
  await using both = await openPair(() => ({
    router,
    createContext: () => ({}),
    middleware: async (req: IncomingMessage, _res: ServerResponse, next: () => void) => {
      const chunks = await req.toArray();
      Object.assign(req, { body: chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined });
      next();
    },
  }));
  const request = {
    path: "/trpc/touch",
    method: "POST",
    body: '{"a":1}',
    headers: { "content-type": "application/json", "content-length": "7" },
  };
  const [expected, found] = await Promise.all([both.stock.ask(request), both.lane.ask(request)]);
  expect(found).toEqual(expected);
  expect(found.body).toBe('{"result":{"data":"touched"}}');
});

test("input that does not parse is parsed once for all calls that read it, as in the stock handler", async () => {
  const parsed = { stock: 0, lane: 0 };
  await using both = await openPair((side) => {
    const broken = {
      serialize: (value: unknown) => value,
      deserialize: () => {
        parsed[side] += 1;
        throw new Error("no such thing");
      },
    };
    const given = initTRPC.create({ transformer: broken, isDev: false });
    const echo = given.procedure.input((value) => value).query(() => "never");
    return { router: given.router({ echo }) };
  });
  const request = { path: `/trpc/echo,echo,echo?batch=1&input=${encodeURIComponent('{"0":1,"1":2,"2":3}')}` };
  const [expected, found] = await Promise.all([both.stock.ask(request), both.lane.ask(request)]);
  expect(found).toEqual(expected);
  expect(both.lane.reports).toEqual(both.stock.reports);
  expect(parsed).toEqual({ stock: 1, lane: 1 });
});

test("an onError that throws fails the whole batch, as in the stock handler", async () => {
  await using both = await openPair(() => ({
    router: initTRPC.create({ isDev: false }).router({ ping: router.ping, boom: router.boom }),
    onError: ({ path }: { readonly path?: string }) => {
      if (path === "boom") throw new Error("the log is full");
    },
  }));
  const request = { path: "/trpc/ping,boom?batch=1" };
  const [expected, found] = await Promise.all([both.stock.ask(request), both.lane.ask(request)]);
  expect(found).toEqual(expected);
  expect(found).toMatchObject({ status: 500, body: expect.stringContaining("the log is full") as string });
});

test("a failure that nothing can describe ends the request, and is warned of", async () => {
  const warned = new Promise<Error>((resolve) => void process.once("warning", resolve));
  const { get } = await openLane({
    onError: () => {
      throw new Error("the log is full");
    },
  });
  const response = await get("boom");
  expect([response.status, await response.text(), response.headers.get("content-length")]).toEqual([500, "", "0"]);
  expect((await warned).message).toBe("the log is full");
  expect((await get("ping")).status).toBe(200);
});

test("strange hosts do not keep the usual ones from the lane", async () => {
  await using both = await openPair(() => ({ router, createContext: ({ direct }: Ctx) => ({ direct }) }));
  const hosts = Array.from({ length: 1500 }, (_, index) => `h${index}.test`);
  for (const host of [...hosts, "desk.test", "user@desk.test"]) {
    // oxlint-disable-next-line no-await-in-loop
    const { body } = await both.lane.ask({ path: "/trpc/direct", headers: { host } });
    expect(body.includes("true")).toBe(!host.includes("@"));
  }
});
