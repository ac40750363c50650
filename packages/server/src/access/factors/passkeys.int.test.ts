import { createAuthenticator, createFakeClock } from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "../../trpc/context.ts";
import { openDesk, PASSWORD, type Desk } from "../../desk.fixture.ts";
import { createBrowser, type Answer, type Browser } from "./browser.fixture.ts";
import { usePasskey } from "./passkeys.store.ts";

const ORIGIN = "http://localhost:4600";
const IP_ORIGIN = "http://127.0.0.1:4600";
let desk: Desk;
let owner: Principal;
beforeAll(async () => {
  desk = await openDesk({ publicUrl: ORIGIN });
  owner = await desk.addPerson("owner");
});
afterAll(() => desk[Symbol.asyncDispose]());

type Authenticator = ReturnType<typeof createAuthenticator>;

const browse = (address?: string): Browser =>
  createBrowser(desk.access, { origin: ORIGIN, ...(address ? { address } : {}) });
const challengeOf = ({ body }: Answer): string => String(body["challenge"]);

const createPerson = async (name: string) => {
  const email = `${name}@example.com`;
  const { id } = await desk.as(owner).users.create({ email, name, role: "operator", password: PASSWORD });
  const browser = browse();
  expect((await browser.post("sign-in/email", { email, password: PASSWORD })).status).toBe(200);
  return { id, email, browser };
};

const register = async (
  browser: Browser,
  authenticator: Authenticator,
  changes: Partial<Parameters<Authenticator["register"]>[0]> = {},
): Promise<Answer> => {
  const challenge = challengeOf(await browser.get("passkey/generate-register-options"));
  const response = authenticator.register({ origin: ORIGIN, challenge, ...changes });
  return browser.post("passkey/verify-registration", { response, name: "My laptop" });
};

const authenticate = async (
  browser: Browser,
  authenticator: Authenticator,
  changes: Partial<Parameters<Authenticator["authenticate"]>[0]> = {},
  path = "passkey/verify-authentication",
): Promise<Answer> => {
  const challenge = challengeOf(await browser.get("passkey/generate-authenticate-options"));
  return browser.post(path, { response: authenticator.authenticate({ origin: ORIGIN, challenge, ...changes }) });
};

/** Somebody with a passkey. */
const createHolder = async (name: string, counter = 0) => {
  const person = await createPerson(name);
  const authenticator = createAuthenticator({ counter });
  expect((await register(person.browser, authenticator)).status).toBe(200);
  return { ...person, authenticator };
};

const age = (id: string): Promise<unknown> =>
  desk.database.pool.query("UPDATE session SET verified_at = now() - interval '11 min' WHERE user_id = $1", [id]);
const auditOf = async (id: string) => {
  const { items } = await desk.as(owner).audit.list({ targetId: id });
  return items.map(({ action, outcome, code }) => [action, outcome, code]);
};

describe("making one", () => {
  test("it is stored for the site and its person, and listed without its key", async () => {
    const { id, browser } = await createPerson("maker");
    const options = await browser.get("passkey/generate-register-options");
    expect(options.body).toMatchObject({
      rp: { id: "localhost", name: "Switchboard" },
      user: { name: "maker@example.com" },
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
    expect(options.setCookies).toEqual([
      expect.stringMatching(/^switchboard\.passkey_challenge=.*; Max-Age=300; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    const made = await register(browser, createAuthenticator());
    expect(made.body).toMatchObject({
      name: "My laptop",
      deviceType: "singleDevice",
      backedUp: false,
      lastUsedAt: null,
    });
    const { body } = await browser.get("passkey/list-user-passkeys");
    expect(body).toEqual([made.body]);
    expect(JSON.stringify(body)).not.toContain("publicKey");
    expect((await desk.as(await browser.identify()).access.me()).security.passkeys).toBe(1);
    expect(await auditOf(id)).toEqual(expect.arrayContaining([["access.passkeys.add", "ok", null]]));
  });

  test("needs a session that was proven within ten minutes, at both ends", async () => {
    const { id, browser } = await createPerson("stale");
    expect((await browse().get("passkey/generate-register-options")).body.code).toBe("UNAUTHENTICATED");
    const challenge = challengeOf(await browser.get("passkey/generate-register-options"));
    await age(id);
    const begun = await browser.get("passkey/generate-register-options");
    expect([begun.status, begun.body.code]).toEqual([403, "STEP_UP_REQUIRED"]);
    const response = createAuthenticator().register({ origin: ORIGIN, challenge });
    const ended = await browser.post("passkey/verify-registration", { response });
    expect([ended.status, ended.body.code]).toEqual([403, "STEP_UP_REQUIRED"]);
    expect((await browser.get("passkey/list-user-passkeys")).body).toEqual([]);
  });

  test("a session of some days that was proven a moment ago will do", async () => {
    const { id, browser } = await createPerson("old-session");
    await desk.database.pool.query("UPDATE session SET created_at = now() - interval '3 days' WHERE user_id = $1", [
      id,
    ]);
    expect((await register(browser, createAuthenticator())).status).toBe(200);
  });

  test.each([
    ["of another site", { origin: "https://evil.example" }],
    ["for another name", { rpId: "evil.example" }],
    ["with another challenge", { challenge: Buffer.from("another challenge").toString("base64url") }],
    ["without finger or PIN", { isUserVerified: false }],
  ])("one %s is not stored", async (kind, changes) => {
    const { browser } = await createPerson(`bad-${kind.replaceAll(" ", "-")}`);
    const { status, body } = await register(browser, createAuthenticator(), changes);
    expect([status, body.code]).toEqual([400, "PASSKEY_NOT_STORED"]);
    expect((await browser.get("passkey/list-user-passkeys")).body).toEqual([]);
  });

  test("a challenge makes one passkey, for the person it was made for", async () => {
    const first = await createPerson("first");
    const second = await createPerson("second");
    const challenge = challengeOf(await first.browser.get("passkey/generate-register-options"));
    const stolen = first.browser.cookies.get("switchboard.passkey_challenge") ?? "";
    second.browser.cookies.set("switchboard.passkey_challenge", stolen);
    const response = createAuthenticator().register({ origin: ORIGIN, challenge });
    expect((await second.browser.post("passkey/verify-registration", { response })).status).toBe(400);
    // It was used up by the attempt.
    expect((await first.browser.post("passkey/verify-registration", { response })).status).toBe(400);
  });

  test("the one that is there cannot be stored again, and twenty are the most", async () => {
    const { id, browser, authenticator } = await createHolder("many");
    const twice = await register(browser, authenticator);
    expect([twice.status, twice.body.code]).toEqual([400, "PASSKEY_NOT_STORED"]);
    await desk.database.pool.query(
      `INSERT INTO passkey (id, user_id, public_key, credential_id, counter, device_type, backed_up)
       SELECT gen_random_uuid(), $1, '', gen_random_uuid()::text, 0, 'singleDevice', false FROM generate_series(1, 19)`,
      [id],
    );
    const { status, body } = await browser.get("passkey/generate-register-options");
    expect([status, body.code]).toEqual([409, "PASSKEYS_FULL"]);
  });

  test("names are changed and passkeys removed by their owner only, the latter after a step-up", async () => {
    const { id, browser } = await createHolder("rename");
    const other = await createHolder("other");
    const [own] = (await browser.get("passkey/list-user-passkeys")).body as unknown as { id: string }[];
    const foreign = await other.browser.post("passkey/update-passkey", { id: own?.id, name: "Mine" });
    expect([foreign.status, foreign.body.code]).toEqual([404, "PASSKEY_NOT_FOUND"]);
    expect((await other.browser.post("passkey/delete-passkey", { id: own?.id })).status).toBe(404);
    const renamed = await browser.post("passkey/update-passkey", { id: own?.id, name: "  Phone " });
    expect(renamed.body).toMatchObject({ passkey: { id: own?.id, name: "Phone" } });

    await age(id);
    expect((await browser.post("passkey/delete-passkey", { id: own?.id })).body.code).toBe("STEP_UP_REQUIRED");
    await browser.post("step-up/password", { password: PASSWORD });
    expect((await browser.post("passkey/delete-passkey", { id: own?.id })).status).toBe(200);
    expect((await browser.get("passkey/list-user-passkeys")).body).toEqual([]);
    expect(await auditOf(id)).toEqual(
      expect.arrayContaining([
        ["access.passkeys.rename", "ok", null],
        ["access.passkeys.remove", "refused", "STEP_UP_REQUIRED"],
        ["access.passkeys.remove", "ok", null],
      ]),
    );
  });
});

describe("signing in with one", () => {
  test("needs neither address nor password, and no code after it", async () => {
    const { id, authenticator } = await createHolder("keyholder");
    await desk.database.pool.query("UPDATE users SET two_factor_enabled = true WHERE id = $1", [id]);
    const browser = browse();
    const options = await browser.get("passkey/generate-authenticate-options");
    expect(options.body).toMatchObject({ rpId: "localhost", userVerification: "required" });
    expect(options.body).not.toHaveProperty("allowCredentials");
    const { status, setCookies } = await authenticate(browser, authenticator);
    expect(status).toBe(200);
    expect(setCookies[0]).toMatch(/^switchboard\.session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(await browser.identify()).toMatchObject({ userId: id, isVerified: true });
    const [used] = (await browser.get("passkey/list-user-passkeys")).body as unknown as { lastUsedAt: string }[];
    expect(used?.lastUsedAt).toEqual(expect.any(String));
    const { items } = await desk.as(owner).audit.list({ action: "access.signIn", actorId: id });
    expect(items[0]).toMatchObject({ outcome: "ok", via: "session" });
  });

  test.each([
    ["of another site", { origin: "https://evil.example" }],
    ["for another name", { rpId: "evil.example" }],
    ["to another challenge", { challenge: Buffer.from("another challenge").toString("base64url") }],
    ["without finger or PIN", { isUserVerified: false }],
  ])("an answer %s signs nobody in", async (kind, changes) => {
    const { id, authenticator } = await createHolder(`wrong-${kind.replaceAll(" ", "-")}`);
    const browser = browse("198.51.100.7");
    const { status, body } = await authenticate(browser, authenticator, changes);
    expect([status, body.code]).toEqual([401, "PASSKEY_REFUSED"]);
    expect([...browser.cookies.keys()]).toEqual(["switchboard.passkey_challenge"]);
    expect(await auditOf(id)).toEqual(expect.arrayContaining([["access.signIn", "refused", "PASSKEY_REFUSED"]]));
  });

  test("an answer signed by another key, and one of nobody's, sign nobody in", async () => {
    const { authenticator } = await createHolder("signature");
    const stranger = createAuthenticator();
    const browser = browse("198.51.100.8");
    const challenge = challengeOf(await browser.get("passkey/generate-authenticate-options"));
    const forged = { ...stranger.authenticate({ origin: ORIGIN, challenge }), id: authenticator.credentialId };
    const response = { ...forged, rawId: authenticator.credentialId };
    expect((await browser.post("passkey/verify-authentication", { response })).body.code).toBe("PASSKEY_REFUSED");
    expect((await authenticate(browser, stranger)).body.code).toBe("PASSKEY_REFUSED");
    expect((await browser.post("passkey/verify-authentication", { response: { id: 1 } })).status).toBe(400);
  });

  test("an answer counts once, whoever sends it again", async () => {
    const { authenticator } = await createHolder("replayed");
    const browser = browse();
    const challenge = challengeOf(await browser.get("passkey/generate-authenticate-options"));
    const response = authenticator.authenticate({ origin: ORIGIN, challenge });
    const copy = createBrowser(desk.access, { origin: ORIGIN, cookies: browser.cookies });
    expect((await browser.post("passkey/verify-authentication", { response })).status).toBe(200);
    const replayed = await copy.post("passkey/verify-authentication", { response });
    expect([replayed.status, replayed.body.code]).toEqual([401, "PASSKEY_REFUSED"]);
    expect(await copy.identify()).toBeUndefined();
  });

  test("a copy whose counter is behind is refused", async () => {
    const { authenticator } = await createHolder("cloned", 10);
    expect((await authenticate(browse(), authenticator)).status).toBe(200);
    authenticator.setCounter(10);
    expect((await authenticate(browse("198.51.100.9"), authenticator)).body.code).toBe("PASSKEY_REFUSED");
    authenticator.setCounter(20);
    expect((await authenticate(browse(), authenticator)).status).toBe(200);
  });

  test("of many uses with one counter at once, one counts; authenticators that do not count are let through", async () => {
    const { authenticator } = await createHolder("twins", 10);
    const { credentialId } = authenticator;
    const use = (counter: number) => usePasskey(desk.database.pool, { credentialId, counter });
    const uses = await Promise.all(Array.from({ length: 5 }, () => use(11)));
    expect(uses.filter(Boolean)).toHaveLength(1);
    expect(await use(0)).toBe(false);

    const countless = (await createHolder("countless")).authenticator;
    for (let n = 0; n < 2; n += 1) expect((await authenticate(browse(), countless)).status).toBe(200);
  });

  test("the challenge is used up after five minutes", async () => {
    const { authenticator } = await createHolder("late");
    const browser = browse();
    const challenge = challengeOf(await browser.get("passkey/generate-authenticate-options"));
    await desk.database.pool.query("UPDATE verification SET expires_at = now() - interval '1 s'");
    const response = authenticator.authenticate({ origin: ORIGIN, challenge });
    expect((await browser.post("passkey/verify-authentication", { response })).status).toBe(401);
  });

  test("suspended people stay out, and so do those of a deleted account", async () => {
    const { id, authenticator } = await createHolder("suspended");
    await desk.as(owner).users.suspend({ id });
    const browser = browse();
    const { status, body } = await authenticate(browser, authenticator);
    expect([status, body.code]).toEqual([403, "USER_SUSPENDED"]);
    expect(await browser.identify()).toBeUndefined();
    expect(await auditOf(id)).toEqual(expect.arrayContaining([["access.signIn", "refused", "USER_SUSPENDED"]]));
    await desk.as(owner).users.delete({ id });
    expect((await authenticate(browse(), authenticator)).body.code).toBe("PASSKEY_REFUSED");
  });

  test("a lock that a stranger set off does not keep the owner of a passkey out", async () => {
    const { email, authenticator } = await createHolder("locked-out");
    for (let n = 0; n < 5; n += 1) await browse().post("sign-in/email", { email, password: "wrong password!" });
    expect((await browse().post("sign-in/email", { email, password: PASSWORD })).status).toBe(429);
    expect((await authenticate(browse(), authenticator)).status).toBe(200);
    // And forgives none of the guesses.
    expect((await browse().post("sign-in/email", { email, password: PASSWORD })).status).toBe(429);
  });

  test("an address that failed too often is refused, and challenges are not given away without end", async () => {
    const { authenticator } = await createHolder("address");
    const insert = "INSERT INTO auth_throttle VALUES ('address:198.51.100.60', 50, now() + interval '10 s')";
    await desk.database.pool.query(insert);
    const refused = await authenticate(browse("198.51.100.60"), authenticator);
    expect([refused.status, refused.body.code]).toEqual([429, "RATE_LIMITED"]);

    // Of a process whose time stands still: none is allowed again meanwhile.
    const still = desk.createSibling(createFakeClock());
    const browser = createBrowser(still, { origin: ORIGIN, address: "198.51.100.61" });
    const statuses: number[] = [];
    for (let n = 0; n < 61; n += 1) {
      statuses.push((await browser.get("passkey/generate-authenticate-options")).status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("step-up with one", () => {
  test("proves the session it is made in, and leaves no other behind", async () => {
    const { id, browser, authenticator } = await createHolder("step-up");
    await age(id);
    expect((await browser.identify())?.isVerified).toBe(false);
    const before = await browser.identify();
    const { status, body, setCookies } = await authenticate(browser, authenticator, {}, "step-up/passkey");
    expect([status, body, setCookies]).toEqual([200, {}, []]);
    expect(await browser.identify()).toMatchObject({ credentialId: before?.credentialId, isVerified: true });
    const { rows } = await desk.database.pool.query("SELECT FROM session WHERE user_id = $1", [id]);
    expect(rows).toHaveLength(1);
    expect(await auditOf(id)).toEqual(expect.arrayContaining([["access.stepUp", "ok", null]]));
  });

  test("asks for one's own passkeys and takes no other's", async () => {
    const { id, browser, authenticator } = await createHolder("own");
    const other = await createHolder("others");
    const { body } = await browser.get("passkey/generate-authenticate-options");
    expect(body).toMatchObject({ allowCredentials: [{ id: authenticator.credentialId }] });
    await age(id);
    const refused = await authenticate(browser, other.authenticator, {}, "step-up/passkey");
    expect([refused.status, refused.body.code]).toEqual([401, "PASSKEY_REFUSED"]);
    // It was verified and its use noted: what is refused is whose it is.
    const [used] = (await other.browser.get("passkey/list-user-passkeys")).body as unknown as { lastUsedAt: string }[];
    expect(used?.lastUsedAt).toEqual(expect.any(String));
    expect((await browser.identify())?.isVerified).toBe(false);
    const { rows } = await desk.database.pool.query("SELECT FROM session WHERE user_id = $1", [other.id]);
    expect(rows).toHaveLength(1);
    expect((await authenticate(browse(), authenticator, {}, "step-up/passkey")).body.code).toBe("UNAUTHENTICATED");
  });
});

test("at an IP address the browser would refuse, so the server says what to do", async () => {
  await using other = await openDesk({ publicUrl: IP_ORIGIN });
  const browser = createBrowser(other.access, { origin: IP_ORIGIN });
  for (const path of ["generate-register-options", "generate-authenticate-options"]) {
    const { status, body } = await browser.get(`passkey/${path}`);
    expect([status, body.code]).toEqual([409, "PASSKEYS_UNAVAILABLE"]);
    expect(String(body["message"])).toMatch(/localhost.*SWITCHBOARD_PUBLIC_URL/);
  }
  const viewer = await other.addPerson("viewer");
  expect((await other.as(viewer).access.me()).security.passkeysAvailable).toBe(false);
  expect((await desk.as(owner).access.me()).security.passkeysAvailable).toBe(true);
});
