import { createFakeClock } from "@switchboard/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Principal } from "../../trpc/context.ts";
import { codeOf, openDesk, PASSWORD, PUBLIC_URL, type Desk } from "../../desk.fixture.ts";
import { passwords } from "../sign-in/passwords.ts";
import { createBrowser, type Browser } from "./browser.fixture.ts";

const NEW_PASSWORD = "another long password";
let desk: Desk;
let owner: Principal;
beforeAll(async () => {
  desk = await openDesk();
  owner = await desk.addPerson("owner");
});
afterAll(() => desk[Symbol.asyncDispose]());
afterEach(() => vi.restoreAllMocks());

const browse = (access = desk.access): Browser => createBrowser(access, { origin: PUBLIC_URL });
const signIn = async (email: string, password = PASSWORD, browser = browse()): Promise<Browser> => {
  expect((await browser.post("sign-in/email", { email, password })).status).toBe(200);
  return browser;
};
const createPerson = async (name: string, role: "viewer" | "operator" = "operator") => {
  const email = `${name}@example.com`;
  const { id } = await desk.as(owner).users.create({ email, name, role, password: PASSWORD });
  return { id, email, browser: await signIn(email) };
};
const age = (id: string, interval = "11 min"): Promise<unknown> =>
  desk.database.pool.query("UPDATE session SET verified_at = now() - $2::interval WHERE user_id = $1", [id, interval]);
const auditOf = async (id: string) => {
  const { items } = await desk.as(owner).audit.list({ targetId: id });
  return items.map(({ action, outcome, code }) => [action, outcome, code]);
};

describe("step-up", () => {
  test("a sign-in counts as proof for ten minutes, then the password is asked for again", async () => {
    const { id, browser } = await createPerson("proof");
    expect(await browser.identify()).toMatchObject({ isVerified: true });
    await age(id, "599 s");
    expect(await browser.identify()).toMatchObject({ isVerified: true });
    await age(id, "601 s");
    expect(await browser.identify()).toMatchObject({ isVerified: false });

    const wrong = await browser.post("step-up/password", { password: "wrong password!" });
    expect([wrong.status, wrong.body.code]).toEqual([401, "INVALID_CREDENTIALS"]);
    expect(await browser.identify()).toMatchObject({ isVerified: false });
    const { status, body } = await browser.post("step-up/password", { password: PASSWORD });
    expect([status, body]).toEqual([200, {}]);
    expect(await browser.identify()).toMatchObject({ isVerified: true });
    expect(await auditOf(id)).toEqual(
      expect.arrayContaining([
        ["access.stepUp", "refused", "INVALID_CREDENTIALS"],
        ["access.stepUp", "ok", null],
      ]),
    );
  });

  test("counts at once, not when what is kept in memory has run out", async () => {
    const { id, browser } = await createPerson("at-once");
    await age(id);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const identify = (): Promise<Principal | undefined> => desk.access.identify(new Headers({ cookie }));
    desk.access.forgetCredentials(id);
    expect(await identify()).toMatchObject({ isVerified: false });
    await browser.post("step-up/password", { password: PASSWORD });
    expect(await identify()).toMatchObject({ isVerified: true });
  });

  test("counts in another process that still remembers the session as unproven", async () => {
    const { id, browser } = await createPerson("elsewhere");
    const sibling = desk.createSibling(createFakeClock());
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    await age(id);
    expect(await sibling.identify(new Headers({ cookie }))).toMatchObject({ isVerified: false });
    await browser.post("step-up/password", { password: PASSWORD });
    expect(await sibling.identify(new Headers({ cookie }))).toMatchObject({ isVerified: false });
    expect(await sibling.identify(new Headers({ cookie }), "fresh")).toMatchObject({ isVerified: true });
    expect(await sibling.identify(new Headers({ cookie }))).toMatchObject({ isVerified: true });
  });

  test("proves its own session and no other", async () => {
    const { id, email, browser } = await createPerson("own");
    const other = await signIn(email);
    await age(id);
    await browser.post("step-up/password", { password: PASSWORD });
    expect(await browser.identify()).toMatchObject({ isVerified: true });
    expect(await other.identify()).toMatchObject({ isVerified: false });
  });

  test("wrong passwords lock the account for sign-in too, and nobody steps up without a session", async () => {
    const { email, browser } = await createPerson("guessed");
    for (let n = 0; n < 5; n += 1) await browser.post("step-up/password", { password: "wrong password!" });
    const { status, body, headers } = await browser.post("step-up/password", { password: PASSWORD });
    expect([status, body.code]).toEqual([429, "ACCOUNT_LOCKED"]);
    expect(headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await browse().post("sign-in/email", { email, password: PASSWORD })).status).toBe(429);
    expect((await browse().post("step-up/password", { password: PASSWORD })).body.code).toBe("UNAUTHENTICATED");
  });

  test("somebody whose password was taken away is refused like anybody with a wrong one", async () => {
    const { id, browser } = await createPerson("bare");
    await desk.database.pool.query("DELETE FROM account WHERE user_id = $1", [id]);
    const hash = vi.spyOn(passwords, "hash");
    const { status, body } = await browser.post("step-up/password", { password: PASSWORD });
    expect([status, body.code]).toEqual([401, "INVALID_CREDENTIALS"]);
    expect(hash).toHaveBeenCalledTimes(1);
  });
});

describe("acts that need it", () => {
  test("are refused to a session that is not fresh, whatever its rank; keys are not asked", async () => {
    const target = await createPerson("target");
    const admin = await desk.addPerson("admin");
    const stale = { ...admin, isVerified: false };
    expect(await codeOf(desk.as(stale).access.resetFactors({ userId: target.id }))).toBe("STEP_UP_REQUIRED");
    await desk.as({ ...stale, kind: "key" }).access.resetFactors({ userId: target.id });
    await desk.as(admin).access.resetFactors({ userId: target.id });
  });
});

describe("changing one's password", () => {
  test("ends the other sessions and all keys, keeps this session and proves it", async () => {
    const { id, email, browser } = await createPerson("change");
    const other = await signIn(email);
    const { key } = await desk.as(await browser.identify()).access.keys.create({ name: "ci" });
    const identifyKey = () => desk.access.identify({ authorization: `Bearer ${key}` });
    expect(await identifyKey()).toBeDefined();
    await age(id);

    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await browser.post("change-password", body)).status).toBe(200);
    expect(await browser.identify()).toMatchObject({ userId: id, isVerified: true });
    expect(await other.identify()).toBeUndefined();
    expect(await codeOf(identifyKey())).toBe("KEY_INVALID");
    const { rows } = await desk.database.pool.query("SELECT revoked_at FROM api_key WHERE user_id = $1", [id]);
    expect(rows).toEqual([{ revoked_at: expect.any(Date) }]);

    expect((await browse().post("sign-in/email", { email, password: PASSWORD })).status).toBe(401);
    await signIn(email, NEW_PASSWORD);
    const { items } = await desk.as(owner).audit.list({ action: "access.password.change" });
    expect(items[0]).toMatchObject({ outcome: "ok", actorId: id, targetId: id });
    expect(JSON.stringify(items)).not.toMatch(new RegExp(`${PASSWORD}|${NEW_PASSWORD}`));
  });

  test("needs the current one, under the lock, and a new one that is long enough", async () => {
    const { email, browser } = await createPerson("refused");
    const short = await browser.post("change-password", { currentPassword: PASSWORD, newPassword: "short" });
    expect([short.status, short.body.code]).toEqual([400, "INPUT_INVALID"]);
    const wrong = { currentPassword: "wrong password!", newPassword: NEW_PASSWORD };
    for (let n = 0; n < 5; n += 1) {
      const { status, body } = await browser.post("change-password", wrong);
      expect([status, body.code]).toEqual([401, "INVALID_CREDENTIALS"]);
    }
    const right = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await browser.post("change-password", right)).body.code).toBe("ACCOUNT_LOCKED");
    await desk.database.pool.query("DELETE FROM auth_throttle");
    await signIn(email);
    expect((await browse().post("change-password", right)).body.code).toBe("UNAUTHENTICATED");
  });

  test("of two at once, one counts", async () => {
    const { email, browser } = await createPerson("both");
    const sibling = createBrowser(desk.createSibling(), { origin: PUBLIC_URL, cookies: browser.cookies });
    const choices = ["first long password", "second long password"];
    const answers = await Promise.all(
      [browser, sibling].map((one, n) =>
        one.post("change-password", { currentPassword: PASSWORD, newPassword: choices[n] }),
      ),
    );
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]));
    await signIn(email, choices[winner]);
  });
});

describe("what a stranger learns", () => {
  test("nothing, by text or by work: each refusal costs one hash and reads alike", async () => {
    const known = await createPerson("known");
    const suspended = await createPerson("suspended");
    await desk.as(owner).users.suspend({ id: suspended.id });
    const bare = "bare-too@example.com";
    await desk.as(owner).users.create({ email: bare, name: "Bare" });
    const secured = await createPerson("secured");
    await desk.database.pool.query("UPDATE users SET two_factor_enabled = true WHERE id = $1", [secured.id]);

    const work = { hash: vi.spyOn(passwords, "hash"), verify: vi.spyOn(passwords, "verify") };
    // What better-auth holds are the functions themselves, so it gets a desk that was made after.
    const access = desk.createSibling();
    const answers: unknown[] = [];
    for (const email of [known.email, suspended.email, bare, secured.email, "nobody@example.com"]) {
      work.hash.mockClear();
      work.verify.mockClear();
      const { status, body, setCookies } = await browse(access).post("sign-in/email", {
        email,
        password: "wrong password!",
      });
      answers.push({ status, body, setCookies });
      expect([email, work.hash.mock.calls.length + work.verify.mock.calls.length]).toEqual([email, 1]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: "INVALID_CREDENTIALS" } });
  });
});
