import {
  createCaller,
  createTestDatabase,
  ownerEnvironment,
  signInOwner,
  startServer,
  type Caller,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// An API key as whoever runs a fleet meets it: its own limit, and who still has the secret from before a rotation.

let database: TestDatabase;
let server: RunningServer;
let desk: Caller;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({
    ...ownerEnvironment,
    DATABASE_URL: database.url,
    SWITCHBOARD_TRUSTED_PROXIES: "127.0.0.1",
  });
  desk = await signInOwner(server);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

interface ShownKey {
  readonly id: string;
  readonly key: string;
}
const makeKey = async (input: object): Promise<ShownKey> =>
  (await desk.mutate("access.keys.create", { name: "fleet", ...input })).data();
const callerWith = ({ key }: ShownKey, headers: Readonly<Record<string, string>> = {}): Caller =>
  createCaller(server.url, { authorization: `Bearer ${key}`, ...headers });

test("a key with a limit of its own is refused beyond it, over all procedures, and nobody else with it", async () => {
  const limited = await makeKey({ ratePerMinute: 5 });
  const caller = callerWith(limited);
  const paths = ["users.list", "access.roles", "limits.list", "stats.nodes", "access.me"];
  const answers = [];
  for (const path of paths) answers.push(await caller.query(path, path === "users.list" ? {} : undefined));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(answers[1]?.headers.get("ratelimit-policy")).toMatch(/^"key";q=5;w=60, "read";q=\d+;w=1$/);
  expect(answers[1]?.headers.get("ratelimit")).toMatch(/^"key";r=3;t=\d+, "read";r=\d+;t=\d+$/);

  const refused = await caller.query("access.me");
  expect([refused.status, refused.code]).toEqual([429, "RATE_LIMITED"]);
  expect(refused.error().data.app.details).toMatchObject({ policy: "key", limit: 5, windowMs: 60_000 });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(1);
  expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(12);
  const batch = await fetch(`${server.url}/trpc/access.me,access.roles?batch=1&input={}`, { headers: caller.headers });
  expect(batch.status).toBe(429);

  expect((await desk.query("access.me")).status).toBe(200);
  expect((await callerWith(await makeKey({ ratePerMinute: 5 })).query("access.me")).status).toBe(200);
  (await desk.mutate("access.keys.update", { id: limited.id, ratePerMinute: null })).data();
  const free = await caller.query("access.me");
  expect([free.status, free.headers.get("ratelimit-policy")]).toEqual([200, expect.not.stringContaining('"key"')]);
});

test("after a rotation with an overlap the list shows who still uses the old secret, and from where", async () => {
  const old = await makeKey({});
  const from = (address: string, agent: string) => ({ "x-forwarded-for": address, "user-agent": agent });
  expect((await callerWith(old, from("203.0.113.7", "billing/1")).query("access.me")).status).toBe(200);
  const rotated = (await desk.mutate("access.keys.rotate", { id: old.id, overlapSeconds: 600 })).data<ShownKey>();
  expect((await callerWith(rotated, from("203.0.113.8", "billing/2")).query("access.me")).status).toBe(200);
  expect((await callerWith(old, from("203.0.113.9", "cron/1")).query("access.me")).status).toBe(200);

  const read = async () => {
    const { items } = (await desk.query("access.keys.callers", { id: old.id })).data<{
      items: { address: string; userAgent: string; isPrevious: boolean }[];
    }>();
    return items
      .map(({ address, userAgent, isPrevious }) => `${address} ${userAgent} ${isPrevious ? "old" : "new"}`)
      .toSorted((a, b) => (a < b ? -1 : 1));
  };
  await expect
    .poll(read, { timeout: 10_000 })
    .toEqual(["203.0.113.7 billing/1 old", "203.0.113.8 billing/2 new", "203.0.113.9 cron/1 old"]);
});
