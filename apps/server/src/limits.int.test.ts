import { request } from "node:http";
import {
  createCaller,
  createTestDatabase,
  ownerEnvironment,
  signIn,
  signInOwner,
  startServer,
  toAnswer,
  type Caller,
  type RunningServer,
  type TestDatabase,
  type WireError,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// What callers are allowed, as they see it: rates, slots, batches and streams, with the limits that ship.

let database: TestDatabase;
let server: RunningServer;
let desk: Caller;
let anybody: Caller;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ ...ownerEnvironment, DATABASE_URL: database.url });
  desk = await signInOwner(server);
  anybody = createCaller(server.url);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

interface LimitRow {
  readonly name: string;
  readonly limit: number;
  readonly allowed: number;
  readonly rejected: number;
  readonly inFlight: number | null;
}

async function readLimit(name: string): Promise<LimitRow> {
  return (await desk.query("limits.get", { name })).data<LimitRow>();
}

type BatchPart = { readonly result?: unknown; readonly error?: WireError };

async function callBatch(paths: readonly string[]): Promise<{ status: number; headers: Headers; parts: BatchPart[] }> {
  const response = await fetch(`${server.url}/trpc/${paths.join(",")}?batch=1&input={}`);
  const { status, headers } = response;
  return { status, headers, parts: (await response.json()) as BatchPart[] };
}

const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

test("lab.rateLimited allows exactly 50 calls in 10 s, alone or in batches, and blocks nothing else", async () => {
  const batch = await callBatch(times(30, () => "lab.rateLimited"));
  expect(batch.status).toBe(200);
  const answers = await Promise.all(times(40, () => anybody.query("lab.rateLimited")));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
  expect(refused).toHaveLength(20);

  for (const answer of refused) {
    const { app } = answer.error().data;
    expect(app.code).toBe("RATE_LIMITED");
    expect(app.retryAfterMs).toBeGreaterThan(0);
    expect(app.retryAfterMs).toBeLessThanOrEqual(10_000);
    expect(Number(answer.headers.get("retry-after"))).toBe(Math.max(1, Math.ceil((app.retryAfterMs ?? 0) / 1000)));
    expect(answer.headers.get("ratelimit-policy")).toBe('"lab.rateLimited";q=50;w=10');
    expect(answer.headers.get("ratelimit")).toMatch(/^"lab.rateLimited";r=0;t=\d+$/);
  }
  const mixed = await callBatch(["lab.rateLimited", "lab.fast"]);
  expect(mixed.status).toBe(207);
  expect(mixed.parts[0]?.error?.data.httpStatus).toBe(429);
  expect(mixed.parts[1]?.result).toBeDefined();
  expect(mixed.headers.get("retry-after")).toMatch(/^\d+$/);
  expect((await anybody.query("lab.fast")).status).toBe(200);
  expect((await desk.query("users.list", {})).status).toBe(200);
  expect(await statusFrom("127.0.0.2", "/trpc/lab.rateLimited")).toBe(200);
});

/** From another address of this machine. */
function statusFrom(localAddress: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { localAddress }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once("error", reject).end();
  });
}

test("a limited procedure says what is left", async () => {
  const answer = await desk.query("users.list", {});
  expect(answer.headers.get("ratelimit-policy")).toBe('"read";q=1000;w=1');
  expect(answer.headers.get("ratelimit")).toMatch(/^"read";r=\d+;t=\d+$/);
});

test("a batch of 100 is served and each of its calls is charged", async () => {
  const before = await readLimit("lab.rate");
  const { status, parts } = await callBatch(times(100, () => "lab.fast"));
  expect(status).toBe(200);
  expect(parts).toHaveLength(100);
  expect(parts.every(({ result }) => result !== undefined)).toBe(true);
  expect((await readLimit("lab.rate")).allowed - before.allowed).toBe(100);
});

test("lab.limited never runs more than its limit, however many ask", async () => {
  interface Limited {
    readonly limit: number;
    readonly peak: number;
    readonly results: { readonly task: number; readonly waitedMs: number }[];
  }
  const one = (await anybody.query("lab.limited", { tasks: 15, delayMs: 100 })).data<Limited>();
  expect(one.limit).toBe(10);
  expect(one.peak).toBe(10);
  expect(one.results.map(({ task }) => task).toSorted((a, b) => a - b)).toEqual(times(15, (index) => index));
  expect(one.results.filter(({ waitedMs }) => waitedMs >= 80)).toHaveLength(5);

  const several = await Promise.all(times(3, () => anybody.query("lab.limited", { tasks: 15, delayMs: 30 })));
  for (const answer of several) expect(answer.data<Limited>().peak).toBeLessThanOrEqual(10);
});

test("lab.cached comes from the database once and then from the cache", async () => {
  const key = "limits-test";
  const sources = [];
  for (let call = 0; call < 3; call += 1) {
    sources.push((await anybody.query("lab.cached", { key })).data<{ source: string }>().source);
  }
  expect(sources).toEqual(["database", "cache", "cache"]);
});

test("slow, fan-out and pooled procedures do their work side by side", async () => {
  const slow = (await anybody.query("lab.slow", { delayMs: 120 })).data<{ waitedMs: number }>();
  expect(slow.waitedMs).toBeGreaterThanOrEqual(115);
  const fanOut = (await anybody.query("lab.fanOut", { branches: 8, delayMs: 150 })).data<{
    results: unknown[];
    totalMs: number;
  }>();
  expect(fanOut.results).toHaveLength(8);
  expect(fanOut.totalMs).toBeLessThan(8 * 150);
  const pooled = (await anybody.query("lab.pooledQueries", { queries: 40 })).data<{ limit: number; peak: number }>();
  expect(pooled.peak).toBeLessThanOrEqual(pooled.limit);
});

test("a stream holds one slot while it is listened to and none once its listener has left", async () => {
  const listeners = async (): Promise<number | null> => (await readLimit("waiting.concurrency")).inFlight;
  expect(await listeners()).toBe(0);

  const leave = new AbortController();
  const headers = { ...desk.headers, accept: "text/event-stream" };
  const response = await fetch(`${server.url}/trpc/stats.live`, { headers, signal: leave.signal });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while ([...text.matchAll(/"requests":\d+/g)].length < 2) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) throw new Error(`The stream ended after ${text}`);
    text += chunk.value;
  }
  expect(await listeners()).toBe(1);
  leave.abort();
  await expect.poll(listeners, { timeout: 5000 }).toBe(0);
});

test("a stream ends within five seconds of its listener's suspension, and says why", async () => {
  const person = { email: "streams@desk.test", password: "correct horse battery staple" };
  const { id } = (await desk.mutate("users.create", { ...person, name: "Streams", role: "viewer" })).data<{
    id: string;
  }>();
  const listener = await signIn(server.url, person);
  const response = await fetch(`${server.url}/trpc/stats.live`, {
    headers: { ...listener, accept: "text/event-stream" },
    signal: AbortSignal.timeout(10_000),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async (): Promise<string | undefined> => (await reader?.read())?.value;
  let text = (await read()) ?? "";
  while (!text.includes('"requests"')) text += (await read()) ?? "";

  await desk.mutate("users.suspend", { id });
  const suspendedMs = performance.now();
  let rest = "";
  for (let chunk = await read(); chunk !== undefined; chunk = await read()) rest += chunk;
  expect(performance.now() - suspendedMs).toBeLessThan(5000);
  expect(rest).toContain("UNAUTHENTICATED");
});

test("limits are listed with a name and a number, and one that does not exist is 404", async () => {
  const { items } = (await desk.query("limits.list")).data<{ items: LimitRow[] }>();
  const names = items.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["address.rate", "read.rate", "read.concurrency", "lab.rateLimited.rate"]),
  );
  for (const { name, limit } of items) expect(limit, name).toBeGreaterThan(0);
  expect((await desk.query("limits.get", { name: "nothing.rate" })).code).toBe("LIMIT_NOT_FOUND");
});

test("a caller who leaves gives the slot back", async () => {
  const leave = new AbortController();
  const asked = fetch(`${server.url}/trpc/lab.slow?input=${encodeURIComponent('{"delayMs":10000}')}`, {
    signal: leave.signal,
  }).catch(() => "left");
  const inFlight = async (): Promise<number | null> => (await readLimit("lab.concurrency")).inFlight;
  await expect.poll(inFlight, { timeout: 5000 }).toBe(1);
  leave.abort();
  expect(await asked).toBe("left");
  await expect.poll(inFlight, { timeout: 5000 }).toBe(0);
});

test("an address that asks for too much is refused before anybody looks who calls", async () => {
  const answers = [];
  // 4,000 at once and 2,000 more each second are allowed: batches are charged call by call.
  for (let round = 0; round < 4; round += 1) {
    const round = await Promise.all(
      times(20, () => fetch(`${server.url}/trpc/${times(100, () => "access.me").join(",")}?batch=1&input={}`)),
    );
    answers.push(...round);
  }
  const statuses = new Set(answers.map(({ status }) => status));
  const texts = await Promise.all(answers.map((answer) => toAnswer(answer)));
  expect(texts.some(({ text }) => text.includes('"RATE_LIMITED"'))).toBe(true);
  expect(statuses.isSubsetOf(new Set([207, 401, 429]))).toBe(true);
});
