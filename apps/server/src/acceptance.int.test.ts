import { createClient, type Client } from "@switchboard/client";
import {
  createCaller,
  owner,
  ownerEnvironment,
  signIn,
  signInOwner,
  startServer,
  type Caller,
  type RunningServer,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// The whole product as its users meet it: one process, an embedded database, HTTP.

let server: RunningServer;
let desk: Caller;
let client: Client;
/** Everything that must never be printed. */
const secrets: string[] = [owner.password];

beforeAll(async () => {
  server = await startServer({ ...ownerEnvironment, LOG_LEVEL: "trace" });
  desk = await signInOwner(server);
  const made = await desk.mutate("access.keys.create", { name: "acceptance" });
  const { key } = made.data<{ key: string }>();
  secrets.push(key, toToken(desk));
  client = createClient({ url: server.url, apiKey: key });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** What stands in the cookie, without its name and signature. */
function toToken({ headers }: Caller): string {
  const value = /switchboard\.session=([^;]+)/.exec(headers["cookie"] ?? "")?.[1];
  if (!value) throw new Error(`No session cookie in ${headers["cookie"]}`);
  return decodeURIComponent(value).split(".")[0] ?? "";
}

test("the owner of the environment signs in with a cookie that scripts cannot read", async () => {
  const response = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: server.url },
    body: JSON.stringify(owner),
  });
  expect(response.status).toBe(200);
  const [cookie = ""] = response.headers.getSetCookie();
  expect(cookie).toMatch(/HttpOnly/i);
  expect(cookie).toMatch(/SameSite=(Lax|Strict)/i);
  expect(cookie).toMatch(/Path=\//i);
  // Browsers drop a `__Host-` or Secure cookie that comes over plain http.
  expect(cookie).not.toMatch(/^__Host-|Secure/i);
  const me = await desk.query("access.me");
  expect(me.data()).toMatchObject({ via: "session", user: { email: owner.email, role: "owner" } });
});

test("a wrong password is 401 and tells no more than an unknown address does", async () => {
  const attempt = (email: string) =>
    fetch(`${server.url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: server.url },
      body: JSON.stringify({ email, password: "not the password at all" }),
    });
  const wrong = await attempt(owner.email);
  const unknown = await attempt("nobody@desk.test");
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  expect(await wrong.text()).toBe(await unknown.text());
  expect(wrong.headers.getSetCookie()).toEqual([]);
});

test("1,000 people stored in one call are each on exactly one page", async () => {
  const users = Array.from({ length: 1000 }, (_, index) => ({
    email: `bulk-${index}@desk.test`,
    name: `Bulk ${index}`,
  }));
  const { created, ids } = await client.users.bulkCreate.mutate({ users });
  expect(created).toBe(1000);

  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await client.users.list.query({ limit: 170, ...(cursor ? { cursor } : {}) });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(1001);
  expect(new Set(seen).isSupersetOf(new Set(ids))).toBe(true);
});

test("a bulk create with taken and repeated addresses names its rows and stores none", async () => {
  const users = [
    { email: "fresh-1@desk.test", name: "Fresh" },
    { email: "twin@desk.test", name: "Twin" },
    { email: owner.email.toUpperCase(), name: "Taken" },
    { email: "Twin@desk.test", name: "Twin again" },
  ];
  const answer = await desk.mutate("users.bulkCreate", { users });
  expect(answer.status).toBe(409);
  expect(answer.error().data.app.code).toBe("USERS_DUPLICATE");
  const text = JSON.stringify(answer.error().data.app.details);
  expect(text).toContain('"index":2');
  expect(text).toContain('"index":3');
  expect(text).not.toContain('"index":0');
  expect(text).not.toContain('"index":1,');
  const found = await client.users.list.query({ search: "fresh-1@desk.test" });
  expect(found.items).toEqual([]);
});

test("a job runs and its result can be waited for", async () => {
  const { id } = await client.queue.enqueue.mutate({ name: "lab.sleep", input: { ms: 120 } });
  const result = await client.queue.jobs.result.query({ id, waitMs: 15_000 });
  expect(result).toMatchObject({ id, state: "completed", done: true, error: null });
  expect((result.output as { sleptMs: number }).sleptMs).toBeGreaterThanOrEqual(110);
  const detail = await client.queue.jobs.get.query({ id });
  expect(detail).toMatchObject({ attempts: 1, attemptLog: [{ number: 1, outcome: "completed" }] });
});

test("a job that fails twice succeeds with its third attempt", async () => {
  const { id } = await client.queue.enqueue.mutate({ name: "lab.fail", input: { times: 2 } });
  const result = await client.queue.jobs.result.query({ id, waitMs: 20_000 });
  expect(result).toMatchObject({ state: "completed", output: { attempts: 3 } });
});

test("a cache entry is read as it was written, and not at all once deleted", async () => {
  const value = { text: "Grüße, 世界 🌍", list: [1, 2.5, null, true], nested: { deep: {} } };
  await client.cache.set.mutate({ key: "desk:greeting", value, ttlSeconds: 60, tags: ["greetings"] });
  expect(await client.cache.get.query({ key: "desk:greeting" })).toMatchObject({ found: true, value });
  expect(await client.cache.delete.mutate({ key: "desk:greeting" })).toEqual({ deleted: true });
  expect(await client.cache.get.query({ key: "desk:greeting" })).toMatchObject({ found: false, value: null });
});

test("all calls are counted within 10 s", async () => {
  const before = await client.stats.summary.query({});
  const calls = 40;
  await Promise.all(Array.from({ length: calls }, () => desk.query("users.list", { limit: 1 })));
  await expect
    .poll(async () => (await client.stats.summary.query({})).requests, { timeout: 10_000, interval: 200 })
    .toBeGreaterThanOrEqual(before.requests + calls);
  const { items } = await client.stats.procedures.query({});
  for (const path of ["users.bulkCreate", "queue.enqueue", "cache.set", "users.list"]) {
    expect(items.find((row) => row.path === path)?.calls, path).toBeGreaterThan(0);
  }
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const counted = /switchboard_calls_total\{procedure="users.list",outcome="ok"\} (\d+)/.exec(metrics)?.[1];
  expect(Number(counted)).toBeGreaterThanOrEqual(calls);
});

test("a password, a key or a session token is neither printed nor audited", async () => {
  const password = "swordfish swordfish swordfish";
  const changed = "marlin marlin marlin marlin";
  const wrong = "herring herring herring";
  secrets.push(password, changed, wrong);
  const person = await client.users.create.mutate({
    email: "secret@desk.test",
    name: "Secret",
    role: "admin",
    password,
  });
  const theirs = createCaller(server.url, await signIn(server.url, { email: "secret@desk.test", password }));
  secrets.push(toToken(theirs));
  await expect(signIn(server.url, { email: "secret@desk.test", password: wrong })).rejects.toThrow("401");
  const made = (await theirs.mutate("access.keys.create", { name: "theirs" })).data<{ id: string; key: string }>();
  const rotated = (await theirs.mutate("access.keys.rotate", { id: made.id })).data<{ key: string }>();
  secrets.push(made.key, rotated.key);
  const byKey = createCaller(server.url, { authorization: `Bearer ${rotated.key}` });
  expect((await byKey.query("access.me")).status).toBe(200);
  const byOldKey = createCaller(server.url, { authorization: `Bearer ${made.key}` });
  expect((await byOldKey.query("access.me")).status).toBe(401);
  // A mistake puts the password where it does not belong, twice.
  await desk.mutate("users.update", { id: person.id, password: changed, name: 5 });
  await desk.query("users.get", { id: "no id", password });
  await client.users.update.mutate({ id: person.id, password: changed });

  const audit = await client.audit.list.query({ limit: 200 });
  // The last call on the list: what came before it has been printed then.
  await expect.poll(() => server.output.findLast((line) => line.includes('"event":"call"'))).toContain('"audit.list"');
  const printed = server.output.join("\n");
  expect(audit.items.map(({ action }) => action)).toContain("access.keys.rotate");
  for (const secret of secrets) {
    expect(printed.includes(secret), `${secret} is printed`).toBe(false);
    expect(JSON.stringify(audit).includes(secret), `${secret} is audited`).toBe(false);
  }
});
