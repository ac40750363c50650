import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createFakeClock } from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "../trpc/context.ts";
import {
  codeOf,
  cookieOf,
  openDesk,
  PASSWORD,
  PUBLIC_URL,
  refusalOf,
  testIds,
  toPost,
  type Desk,
} from "../desk.fixture.ts";
import type { Access } from "./access.service.ts";

let desk: Desk;
let owner: Principal;
let admin: Principal;
beforeAll(async () => {
  desk = await openDesk();
  owner = await desk.addPerson("owner");
  admin = await desk.addPerson("admin");
});
afterAll(() => desk[Symbol.asyncDispose]());

/** A person with a password. */
const createPerson = async (name: string, role: "viewer" | "operator" | "admin" = "viewer") =>
  desk.as(owner).users.create({ email: `${name}@example.com`, name, role, password: PASSWORD });

const identifyCookie = (cookie: string, access: Access = desk.access): Promise<Principal | undefined> =>
  access.identify(new Headers({ cookie }));
const identifyKey = (key: string, access: Access = desk.access): Promise<Principal | undefined> =>
  access.identify({ authorization: `Bearer ${key}` });
const bodyOf = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;

describe("sign-in", () => {
  test("the right password signs in, and signing out kills the cookie", async () => {
    const person = await createPerson("sign-in", "operator");
    const response = await desk.signIn("Sign-In@example.com", PASSWORD);
    expect(response.status).toBe(200);
    const cookie = cookieOf(response);
    expect(await identifyCookie(cookie)).toMatchObject({ kind: "session", userId: person.id, role: "operator" });

    const session = await desk.access.handleAuth(
      new Request(`${PUBLIC_URL}/api/auth/get-session`, { headers: { cookie } }),
      "192.0.2.1",
    );
    expect(await session.json()).toMatchObject({ user: { email: "sign-in@example.com" } });

    const signOut = await desk.access.handleAuth(toPost("sign-out", {}, { cookie }), "192.0.2.1");
    expect(signOut.status).toBe(200);
    expect(signOut.headers.getSetCookie()[0]).toMatch(/^switchboard\.session=;.*Max-Age=0/);
    expect(await identifyCookie(cookie)).toBeUndefined();
  });

  test("the cookie is unreadable for scripts and bound to the site; over https its name says so", async () => {
    await createPerson("cookie");
    const [plain] = (await desk.signIn("cookie@example.com", PASSWORD)).headers.getSetCookie();
    expect(plain).toMatch(/^switchboard\.session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/);

    await using other = await openDesk({ isSecure: true });
    const boss = await other.addPerson("owner");
    await other.as(boss).users.create({ email: "tls@example.com", name: "TLS", password: PASSWORD });
    const [secure] = (await other.signIn("tls@example.com", PASSWORD)).headers.getSetCookie();
    expect(secure).toMatch(
      /^__Host-switchboard\.session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  test("a cookie whose signature is not ours is nobody", async () => {
    await createPerson("forged");
    const cookie = cookieOf(await desk.signIn("forged@example.com", PASSWORD));
    const forged = cookie.replace(/=./, (start) => (start === "=A" ? "=B" : "=A"));
    expect(await identifyCookie(forged)).toBeUndefined();
    // The right token, and a signature of somebody else.
    const signature = cookie.lastIndexOf(".") + 1;
    const resigned = `${cookie.slice(0, signature)}AAAAAAAA${cookie.slice(signature + 8)}`;
    expect(await identifyCookie(resigned)).toBeUndefined();
    expect(await identifyCookie("switchboard.session=%")).toBeUndefined();
    expect(await identifyCookie(cookie)).toBeDefined();
  });

  test("a wrong password and an unknown address are refused alike, and both are in the log", async () => {
    const person = await createPerson("wrong");
    const wrong = await desk.signIn("wrong@example.com", "wrong password!");
    const unknown = await desk.signIn("unknown@example.com", PASSWORD);
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(await wrong.json()).toEqual(await unknown.json());

    await desk.signIn("wrong@example.com", PASSWORD);
    const { items } = await desk.as(admin).audit.list({ action: "access.signIn" });
    expect(items.find(({ targetId }) => targetId === person.id)).toMatchObject({
      outcome: "refused",
      code: "INVALID_CREDENTIALS",
      via: "anonymous",
      address: "192.0.2.1",
    });
    expect(items.find(({ targetId }) => targetId === "unknown@example.com")).toMatchObject({ outcome: "refused" });
    expect(items.find(({ actorId }) => actorId === person.id)).toMatchObject({ outcome: "ok", via: "session" });
    expect(JSON.stringify(items)).not.toContain("wrong password!");
  });

  test("a person without a password cannot sign in", async () => {
    await desk.as(owner).users.create({ email: "bare@example.com", name: "Bare" });
    expect((await desk.signIn("bare@example.com", PASSWORD)).status).toBe(401);
  });

  test("a new password signs the person out everywhere and replaces the old one", async () => {
    const { id } = await createPerson("renewed");
    const cookie = cookieOf(await desk.signIn("renewed@example.com", PASSWORD));
    await desk.as(owner).users.update({ id, password: "another long password" });
    expect(await identifyCookie(cookie)).toBeUndefined();
    expect((await desk.signIn("renewed@example.com", PASSWORD)).status).toBe(401);
    expect((await desk.signIn("renewed@example.com", "another long password")).status).toBe(200);
  });

  test.each([
    ["POST", "sign-up/email"],
    ["POST", "change-email"],
    ["POST", "set-password"],
    ["POST", "revoke-sessions"],
    ["POST", "two-factor/send-otp"],
    ["POST", "two-factor/get-totp-uri"],
    ["POST", "update-user"],
    ["POST", "request-password-reset"],
    ["GET", "list-sessions"],
    ["GET", "ok"],
    ["POST", "get-session"],
    ["GET", "sign-in/email"],
    ["POST", "sign-in/email/"],
  ])("%s %s is not there", async (method, path) => {
    const body = method === "POST" ? { body: "{}" } : {};
    const request = new Request(`${PUBLIC_URL}/api/auth/${path}`, { method, ...body });
    expect((await desk.access.handleAuth(request, "192.0.2.1")).status).toBe(404);
  });

  test("a page of another origin cannot sign in or out", async () => {
    const request = toPost("sign-out", {}, { origin: "https://evil.example" });
    expect(await bodyOf(await desk.access.handleAuth(request, "192.0.2.1"))).toMatchObject({ code: "ORIGIN_REFUSED" });
  });

  test("a body that is no sign-in is a 400", async () => {
    for (const body of [{}, { email: "x", password: "y" }, [], "text"]) {
      const response = await desk.access.handleAuth(toPost("sign-in/email", body), "192.0.2.1");
      expect(response.status).toBe(400);
    }
  });
});

describe("lockout", () => {
  test("five wrong passwords from as many addresses lock the account, and the countdown is honest", async () => {
    await createPerson("locked");
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      statuses.push((await desk.signIn("locked@example.com", "wrong password!", `198.51.100.${n}`)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401]);
    const refused = await desk.signIn("locked@example.com", PASSWORD, "198.51.100.99");
    expect(refused.status).toBe(429);
    const { code, message, retryAfterMs } = await bodyOf(refused);
    expect(code).toBe("ACCOUNT_LOCKED");
    expect(message).toContain("15 min");
    expect(retryAfterMs).toBeGreaterThan(890_000);
    expect(retryAfterMs).toBeLessThanOrEqual(900_000);
    expect(Number(refused.headers.get("retry-after"))).toBe(Math.ceil(Number(retryAfterMs) / 1000));

    // A quarter of an hour later.
    await desk.database.pool.query(
      "UPDATE auth_throttle SET ends_at = now() - interval '1 s' WHERE key LIKE 'account:%'",
    );
    expect((await desk.signIn("locked@example.com", PASSWORD)).status).toBe(200);
  });

  test("sixty wrong passwords from sixty addresses are five guesses", async () => {
    await createPerson("besieged");
    const statuses: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      statuses.push((await desk.signIn("besieged@example.com", "wrong password!", `198.18.0.${n}`)).status);
    }
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.slice(5).every((status) => status === 429)).toBe(true);
    expect((await desk.signIn("besieged@example.com", PASSWORD, "198.18.0.99")).status).toBe(429);
  });

  test("parallel guesses are let in no more often than guesses one by one", async () => {
    await createPerson("parallel");
    const guesses = Array.from({ length: 12 }, (_, n) =>
      desk.signIn("parallel@example.com", "wrong password!", `203.0.113.${n}`),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
  });

  test("parallel sign-ins with the right password all succeed, and success forgets the failures", async () => {
    await createPerson("busy");
    for (let n = 0; n < 4; n += 1) await desk.signIn("busy@example.com", "wrong password!");
    const signIns = await Promise.all(Array.from({ length: 8 }, () => desk.signIn("busy@example.com", PASSWORD)));
    expect(signIns.every(({ status }) => status === 200)).toBe(true);
    for (let n = 0; n < 4; n += 1) await desk.signIn("busy@example.com", "wrong password!");
    expect((await desk.signIn("busy@example.com", PASSWORD)).status).toBe(200);
  });

  test("an unknown address is locked like a known one", async () => {
    for (let n = 0; n < 5; n += 1) await desk.signIn("nobody@example.com", "wrong password!");
    expect((await desk.signIn("nobody@example.com", "wrong password!")).status).toBe(429);
  });

  test("an address with fifty failures is refused whatever the account", async () => {
    await createPerson("office");
    await desk.database.pool.query(
      "INSERT INTO auth_throttle VALUES ('address:198.51.100.200', 50, now() + interval '10 s')",
    );
    const refused = await desk.signIn("office@example.com", PASSWORD, "198.51.100.200");
    expect(refused.status).toBe(429);
    expect(await bodyOf(refused)).toMatchObject({ code: "RATE_LIMITED" });
    expect((await desk.signIn("office@example.com", PASSWORD, "198.51.100.201")).status).toBe(200);
  });
});

describe("suspension", () => {
  test("ends the sessions and refuses the keys at once; restored, the keys count again and the sessions do not", async () => {
    const { id } = await createPerson("suspended", "operator");
    const cookie = cookieOf(await desk.signIn("suspended@example.com", PASSWORD));
    const principal = await identifyCookie(cookie);
    const { key } = await desk.as(principal).access.keys.create({ name: "ci" });
    expect(await identifyKey(key)).toMatchObject({ kind: "key", userId: id });

    await desk.as(admin).users.suspend({ id });
    expect(await identifyCookie(cookie)).toBeUndefined();
    expect(await refusalOf(identifyKey(key))).toMatchObject({ kind: "UNAUTHORIZED", code: "KEY_INVALID" });
    const session = new Request(`${PUBLIC_URL}/api/auth/get-session`, { headers: { cookie } });
    expect(await (await desk.access.handleAuth(session, "192.0.2.1")).json()).toBeNull();

    const right = await desk.signIn("suspended@example.com", PASSWORD);
    expect([right.status, (await bodyOf(right))["code"]]).toEqual([403, "USER_SUSPENDED"]);
    expect((await desk.signIn("suspended@example.com", "wrong password!")).status).toBe(401);

    await desk.as(admin).users.restore({ id });
    expect(await identifyKey(key)).toMatchObject({ userId: id });
    expect(await identifyCookie(cookie)).toBeUndefined();
    expect((await desk.signIn("suspended@example.com", PASSWORD)).status).toBe(200);
  });

  test("a deleted person is nobody at once", async () => {
    const { id } = await createPerson("deleted");
    const cookie = cookieOf(await desk.signIn("deleted@example.com", PASSWORD));
    expect(await identifyCookie(cookie)).toBeDefined();
    await desk.as(admin).users.delete({ id });
    expect(await identifyCookie(cookie)).toBeUndefined();
  });

  test("a new role ends the sessions and the keys that were given under the old one", async () => {
    const { id } = await createPerson("promoted", "operator");
    const cookie = cookieOf(await desk.signIn("promoted@example.com", PASSWORD));
    const { key } = await desk.as(await identifyCookie(cookie)).access.keys.create({ name: "ci" });
    expect(await identifyCookie(cookie)).toMatchObject({ role: "operator" });
    await desk.as(admin).users.setRole({ id, role: "viewer" });
    expect(await identifyCookie(cookie)).toBeUndefined();
    expect(await codeOf(identifyKey(key))).toBe("KEY_INVALID");
  });
});

describe("keys", () => {
  test("a key made without a role has its maker's, is shown once and stored as a hash", async () => {
    const { id, key, item } = await desk.as(admin).access.keys.create({ name: "ci", expiresInDays: 30 });
    expect(key).toMatch(/^swb_[0-9a-f]{10}_[\w-]{43}$/);
    expect(item).toMatchObject({ id, role: "admin", scopes: null, status: "active", lastUsedAt: null });
    expect(key).toContain(item.prefix);
    expect(await identifyKey(key)).toMatchObject({ kind: "key", keyName: "ci", role: "admin", userId: admin.userId });
    const { rows } = await desk.database.pool.query("SELECT * FROM api_key WHERE id = $1", [id]);
    expect(JSON.stringify(rows)).not.toContain(key.split("_")[2]);
    const { items } = await desk.as(admin).audit.list({ targetId: id });
    expect(items[0]).toMatchObject({ action: "access.keys.create" });
    expect(JSON.stringify(items)).not.toContain(key);
  });

  test("a bad key is refused and never falls back to the cookie", async () => {
    await createPerson("both");
    const cookie = cookieOf(await desk.signIn("both@example.com", PASSWORD));
    const { key } = await desk.as(admin).access.keys.create({ name: "both" });
    const wrongSecret = `${key.slice(0, -3)}${key.endsWith("AAA") ? "BBB" : "AAA"}`;
    for (const bad of [wrongSecret, "swb_0123456789_x", "swb_", "", "something else"]) {
      const headers = { authorization: `Bearer ${bad}`, cookie };
      expect(await codeOf(desk.access.identify(headers))).toBe("KEY_INVALID");
    }
    expect(await desk.access.identify({ authorization: `bearer ${key}`, cookie })).toMatchObject({ kind: "key" });
    expect(await desk.access.identify({ authorization: "Basic eDp5", cookie })).toMatchObject({ kind: "session" });
  });

  test("nobody makes a key above their own role", async () => {
    const operator = await desk.addPerson("operator");
    expect(await codeOf(desk.as(operator).access.keys.create({ name: "k", role: "admin" }))).toBe("ROLE_ABOVE_OWN");
    expect((await desk.as(admin).access.keys.create({ name: "k", role: "viewer" })).item.role).toBe("viewer");
  });

  test("a key counts no higher than its owner's present role", async () => {
    const person = await createPerson("demoted", "admin");
    const { key } = await desk.as({ ...admin, userId: person.id }).access.keys.create({ name: "k" });
    expect(await identifyKey(key)).toMatchObject({ role: "admin" });
    // As an older release left it, which kept the keys on a change of role.
    await desk.database.pool.query("UPDATE users SET role = 'viewer' WHERE id = $1", [person.id]);
    desk.access.forgetCredentials(person.id);
    const principal = await identifyKey(key);
    expect(principal).toMatchObject({ role: "viewer" });
    expect(await codeOf(desk.as(principal).users.create({ email: "x@example.com", name: "X" }))).toBe("RIGHT_MISSING");
  });

  test("a key reaches what its scopes cover and nothing else", async () => {
    const { key } = await desk.as(admin).access.keys.create({ name: "scoped", scopes: ["users", "access.keys"] });
    const principal = await identifyKey(key);
    const caller = desk.as(principal);
    await caller.users.list({});
    expect(await codeOf(caller.audit.list({}))).toBe("SCOPE_MISSING");

    expect(await codeOf(caller.access.keys.create({ name: "more", scopes: ["audit"] }))).toBe("SCOPE_ABOVE_OWN");
    const { item } = await caller.access.keys.create({ name: "same" });
    expect(item.scopes).toEqual(["users", "access.keys"]);
    expect((await caller.access.keys.create({ name: "less", scopes: ["users.list"] })).item.scopes).toEqual([
      "users.list",
    ]);
  });

  test("a small key cannot turn itself into a large one by rotating it", async () => {
    const large = await desk.as(admin).access.keys.create({ name: "large" });
    const scoped = await identifyKey((await desk.as(admin).access.keys.create({ name: "s", scopes: ["access"] })).key);
    const low = await identifyKey((await desk.as(admin).access.keys.create({ name: "l", role: "operator" })).key);
    expect(await codeOf(desk.as(scoped).access.keys.rotate({ id: large.id }))).toBe("SCOPE_ABOVE_OWN");
    expect(await codeOf(desk.as(low).access.keys.rotate({ id: large.id }))).toBe("RANK_TOO_LOW");
    expect(await codeOf(desk.as(low).access.keys.revoke({ id: large.id }))).toBe("RANK_TOO_LOW");
  });

  test("rotated without overlap the old secret ends at once, with overlap it goes on until its end", async () => {
    const { keys } = desk.as(admin).access;
    const first = await keys.create({ name: "rotated" });
    expect(await identifyKey(first.key)).toBeDefined();
    const second = await keys.rotate({ id: first.id });
    expect(await codeOf(identifyKey(first.key))).toBe("KEY_INVALID");
    expect(await identifyKey(second.key)).toMatchObject({ credentialId: first.id });

    const third = await keys.rotate({ id: first.id, overlapSeconds: 3600 });
    expect(third.item.previousExpiresAt).not.toBeNull();
    expect(await identifyKey(second.key)).toMatchObject({ credentialId: first.id });
    expect(await identifyKey(third.key)).toMatchObject({ credentialId: first.id });
    await desk.database.pool.query("UPDATE api_key SET previous_expires_at = now() - interval '1 s' WHERE id = $1", [
      first.id,
    ]);
    desk.access.forgetCredentials(admin.userId);
    expect(await codeOf(identifyKey(second.key))).toBe("KEY_INVALID");
  });

  test("a revoked key ends here at once and in other processes within two seconds", async () => {
    const clock = createFakeClock();
    const sibling = desk.createSibling(clock);
    const { id, key } = await desk.as(admin).access.keys.create({ name: "revoked" });
    expect(await identifyKey(key)).toBeDefined();
    expect(await identifyKey(key, sibling)).toBeDefined();
    await desk.as(admin).access.keys.revoke({ id });
    expect(await codeOf(identifyKey(key))).toBe("KEY_INVALID");
    await clock.advance(2001);
    expect(await codeOf(identifyKey(key, sibling))).toBe("KEY_INVALID");
    expect(await codeOf(desk.as(admin).access.keys.rotate({ id }))).toBe("KEY_ENDED");
    const { items } = await desk.as(admin).access.keys.list({});
    expect(items.find((item) => item.id === id)?.status).toBe("revoked");
  });

  test("an expired key is refused", async () => {
    const { id, key } = await desk.as(admin).access.keys.create({ name: "expired", expiresInDays: 1 });
    await desk.database.pool.query("UPDATE api_key SET expires_at = now() - interval '1 s' WHERE id = $1", [id]);
    expect(await codeOf(identifyKey(key))).toBe("KEY_INVALID");
  });

  test("one sees one's own keys, an admin sees all, and others' keys do not exist for the rest", async () => {
    const operator = await desk.addPerson("operator");
    const { id } = await desk.as(admin).access.keys.create({ name: "admin's" });
    const own = await desk.as(operator).access.keys.create({ name: "operator's" });
    expect((await desk.as(operator).access.keys.list({})).items.map((item) => item.id)).toEqual([own.id]);
    expect((await desk.as(admin).access.keys.list({ limit: 200 })).items.map((item) => item.id)).toContain(own.id);
    expect(await codeOf(desk.as(operator).access.keys.revoke({ id }))).toBe("KEY_NOT_FOUND");
    expect(await codeOf(desk.as(admin).access.keys.rotate({ id: own.id }))).toBe("KEY_NOT_YOURS");
    const ownersKey = await desk.as(owner).access.keys.create({ name: "owner's" });
    expect(await codeOf(desk.as(admin).access.keys.revoke({ id: ownersKey.id }))).toBe("RANK_TOO_LOW");
  });

  test("when a key was last used is written later, once a minute", async () => {
    const { id, key } = await desk.as(admin).access.keys.create({ name: "seen" });
    await identifyKey(key);
    const readLastUsed = async () =>
      (await desk.as(admin).access.keys.list({})).items.find((item) => item.id === id)?.lastUsedAt;
    expect(await readLastUsed()).toBeNull();
    await desk.access.start(new AbortController().signal);
    await desk.access.stop();
    const first = await readLastUsed();
    expect(first).toEqual(expect.any(String));
    desk.access.forgetCredentials(admin.userId);
    await identifyKey(key);
    await desk.access.start(new AbortController().signal);
    await desk.access.stop();
    expect(await readLastUsed()).toBe(first);
  });
});

describe("sessions", () => {
  test("one sees and ends one's own; an admin sees all and ends those of no higher rank", async () => {
    await createPerson("tabs", "operator");
    const first = cookieOf(await desk.signIn("tabs@example.com", PASSWORD, "2001:db8::7"));
    const second = cookieOf(await desk.signIn("tabs@example.com", PASSWORD));
    const me = await identifyCookie(second);
    const { items } = await desk.as(me).access.sessions.list({});
    expect(items.map(({ current }) => current)).toEqual([true, false]);
    expect(items[1]).toMatchObject({ email: "tabs@example.com", address: "2001:0db8:0000:0000:0000:0000:0000:0007" });

    const other = await desk.addPerson("operator");
    expect(await codeOf(desk.as(other).access.sessions.revoke({ id: items[1]?.id ?? "" }))).toBe("SESSION_NOT_FOUND");
    expect((await desk.as(other).access.sessions.list({ userId: me?.userId ?? "" })).items).toEqual([]);
    expect(await identifyCookie(first)).toBeDefined();
    await desk.as(me).access.sessions.revoke({ id: items[1]?.id ?? "" });
    expect(await identifyCookie(first)).toBeUndefined();

    const seen = await desk.as(admin).access.sessions.list({ userId: me?.userId ?? "" });
    expect(seen.items.map(({ id }) => id)).toEqual([items[0]?.id]);
    await desk.as(admin).access.sessions.revoke({ id: items[0]?.id ?? "" });
    expect(await identifyCookie(second)).toBeUndefined();
    expect(await codeOf(desk.as(admin).access.sessions.revoke({ id: testIds.uuid() }))).toBe("SESSION_NOT_FOUND");
  });

  test("me names the rights of a role, cut to a key's scopes", async () => {
    const viewer = await desk.addPerson("viewer");
    expect((await desk.as(viewer).access.me()).rights).toEqual(["users.list"]);
    expect((await desk.as(admin).access.me()).rights).toEqual(["users.list", "users.create"]);
    expect((await desk.as({ ...admin, kind: "key", scopes: ["access"] }).access.me()).rights).toEqual([]);
    expect((await desk.as(viewer).access.roles()).roles.map(({ rights }) => rights.length)).toEqual([1, 1, 2, 2]);
  });
});

describe("set-up", () => {
  const claim = (token: string, n = 0) => ({
    token,
    email: `owner${n}@example.com`,
    name: "Owner",
    password: PASSWORD,
  });
  const tokenOf = (access: Access): string => new URL(access.setupUrl() ?? "").searchParams.get("token") ?? "";

  test("of ten who claim at once with the right token, one becomes the owner and can sign in", async () => {
    await using fresh = await openDesk();
    await fresh.access.start(new AbortController().signal);
    const token = tokenOf(fresh.access);
    expect((await stat(join(fresh.dataDir, "setup-token"))).mode & 0o777).toBe(0o600);
    expect(await fresh.access.isSetupRequired()).toBe(true);
    expect(await codeOf(fresh.as(undefined).access.setup(claim(`${token}x`)))).toBe("SETUP_TOKEN_INVALID");

    const claims = Array.from({ length: 10 }, (_, n) => fresh.as(undefined).access.setup(claim(token, n)));
    const outcomes = await Promise.allSettled(claims);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
    const { rows } = await fresh.database.pool.query<{ email: string }>("SELECT email FROM users WHERE role = 'owner'");
    expect(rows).toEqual([{ email: `owner${winner}@example.com` }]);

    expect((await fresh.signIn(`owner${winner}@example.com`, PASSWORD)).status).toBe(200);
    // The link again, here and at another process.
    expect(await codeOf(fresh.as(undefined).access.setup(claim(token, 11)))).toBe("SETUP_DONE");
    expect(await codeOf(fresh.createSibling().claim(claim(token, 12)))).toBe("SETUP_DONE");
    expect(fresh.access.setupUrl()).toBeUndefined();
    await expect(stat(join(fresh.dataDir, "setup-token"))).rejects.toThrow("ENOENT");
    expect(await fresh.access.isSetupRequired()).toBe(false);
  });

  test("processes that start at once on one data directory agree on the link", async () => {
    await using fresh = await openDesk();
    const processes = Array.from({ length: 5 }, () => fresh.createSibling());
    await Promise.all(processes.map((access) => access.start(new AbortController().signal)));
    expect(new Set(processes.map((access) => access.setupUrl())).size).toBe(1);
    const { rows } = await fresh.database.pool.query("SELECT FROM setup_token");
    expect(rows).toHaveLength(1);
  });

  test("an owner from the environment is made once, and nobody is promoted by it", async () => {
    await using fresh = await openDesk();
    const viewer = await fresh.addPerson("viewer");
    await fresh.access.start(new AbortController().signal);
    await fresh.access.ensureOwner({ email: viewer.email, password: PASSWORD });
    expect(await fresh.access.isSetupRequired()).toBe(true);
    expect(fresh.access.setupUrl()).toContain("/setup?token=");

    await fresh.access.ensureOwner({ email: "Boss@example.com", password: PASSWORD });
    await fresh.access.ensureOwner({ email: "second@example.com", password: PASSWORD });
    expect(fresh.access.setupUrl()).toBeUndefined();
    expect((await fresh.signIn("boss@example.com", PASSWORD)).status).toBe(200);
    const { rows } = await fresh.database.pool.query("SELECT FROM users WHERE role = 'owner'");
    expect(rows).toHaveLength(1);
  });
});
