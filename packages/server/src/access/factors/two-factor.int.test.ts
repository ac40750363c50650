import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Principal } from "../../trpc/context.ts";
import { openDesk, PASSWORD, PUBLIC_URL, type Desk } from "../../desk.fixture.ts";
import { codeOf, createBrowser, secretOf, type Browser } from "./browser.fixture.ts";
import { toStep } from "./totp.ts";

const NEW_PASSWORD = "another long password";
let desk: Desk;
let owner: Principal;
beforeAll(async () => {
  // In the middle of a step, for good: a code must not run out between its making and its check.
  vi.useFakeTimers({ toFake: ["Date"], now: (toStep(Date.now()) + 0.5) * 30_000 });
  desk = await openDesk();
  owner = await desk.addPerson("owner");
});
afterAll(async () => {
  vi.useRealTimers();
  await desk[Symbol.asyncDispose]();
});

const browse = (address?: string, access = desk.access): Browser =>
  createBrowser(access, { origin: PUBLIC_URL, ...(address ? { address } : {}) });

const createPerson = async (name: string) => {
  const email = `${name}@example.com`;
  const { id } = await desk.as(owner).users.create({ email, name, role: "operator", password: PASSWORD });
  return { id, email };
};

const signIn = async (email: string, browser = browse()): Promise<Browser> => {
  expect((await browser.post("sign-in/email", { email, password: PASSWORD })).status).toBe(200);
  return browser;
};

/** Somebody with two-factor on. Confirming took the code of the step before this one. */
const createProtected = async (name: string) => {
  const person = await createPerson(name);
  const browser = await signIn(person.email);
  const { body } = await browser.post("two-factor/enable", { password: PASSWORD });
  const { totpURI, backupCodes } = body as unknown as { totpURI: string; backupCodes: string[] };
  expect((await browser.post("two-factor/verify-totp", { code: codeOf(totpURI, -1) })).status).toBe(200);
  return { ...person, browser, totpURI, backupCodes };
};

const auditOf = async (id: string) => {
  const { items } = await desk.as(owner).audit.list({ targetId: id });
  return items.map(({ action, outcome, code }) => [action, outcome, code]);
};

describe("turning it on", () => {
  test("asks for the password, and counts from the first right code only", async () => {
    const { id, email } = await createPerson("enable");
    const browser = await signIn(email);
    const wrong = await browser.post("two-factor/enable", { password: "wrong password!" });
    expect([wrong.status, wrong.body.code]).toEqual([401, "INVALID_CREDENTIALS"]);

    const { body } = await browser.post("two-factor/enable", { password: PASSWORD });
    const { totpURI, backupCodes } = body as unknown as { totpURI: string; backupCodes: string[] };
    expect(totpURI).toMatch(/^otpauth:\/\/totp\/Switchboard:enable(@|%40)example\.com\?secret=[A-Z2-7]+/);
    expect(new Set(backupCodes).size).toBe(10);
    const me = await desk.as(await browser.identify()).access.me();
    expect(me.security).toMatchObject({ twoFactor: false, recoveryCodesLeft: null });
    expect((await signIn(email)).cookies.has("switchboard.session")).toBe(true);

    const guess = await browser.post("two-factor/verify-totp", { code: codeOf(totpURI, 5) });
    expect([guess.status, guess.body.code]).toEqual([401, "CODE_INVALID"]);
    expect((await desk.as(await browser.identify()).access.me()).security.twoFactor).toBe(false);

    const before = await browser.identify();
    expect((await browser.post("two-factor/verify-totp", { code: codeOf(totpURI) })).status).toBe(200);
    expect((await browser.identify())?.credentialId).toBe(before?.credentialId);
    expect((await desk.as(await browser.identify()).access.me()).security).toMatchObject({
      twoFactor: true,
      recoveryCodesLeft: 10,
    });
    const again = await browser.post("two-factor/enable", { password: PASSWORD });
    expect([again.status, again.body.code]).toEqual([409, "TWO_FACTOR_ON"]);
    expect((await browser.post("two-factor/verify-totp", { code: codeOf(totpURI) })).body.code).toBe("TWO_FACTOR_ON");
    expect(await auditOf(id)).toEqual(
      expect.arrayContaining([
        ["access.twoFactor.enable", "refused", "INVALID_CREDENTIALS"],
        ["access.twoFactor.enable", "refused", "CODE_INVALID"],
        ["access.twoFactor.enable", "ok", null],
      ]),
    );
  });

  test("secret and recovery codes are stored encrypted and never logged", async () => {
    const { id, totpURI, backupCodes } = await createProtected("sealed");
    const { rows } = await desk.database.pool.query("SELECT * FROM two_factor WHERE user_id = $1", [id]);
    const stored = JSON.stringify(rows) + JSON.stringify((await desk.as(owner).audit.list({ targetId: id })).items);
    for (const secret of [secretOf(totpURI), ...backupCodes]) expect(stored).not.toContain(secret);
  });

  test("turned off with the password, it asks for no code and starts anew", async () => {
    const { id, email, browser } = await createProtected("disable");
    expect((await browser.post("two-factor/disable", { password: "wrong password!" })).status).toBe(401);
    expect((await browser.post("two-factor/disable", { password: PASSWORD })).status).toBe(200);
    expect((await signIn(email)).cookies.has("switchboard.session")).toBe(true);
    const off = await browser.post("two-factor/disable", { password: PASSWORD });
    expect([off.status, off.body.code]).toEqual([409, "TWO_FACTOR_OFF"]);
    expect((await browser.post("two-factor/generate-backup-codes", { password: PASSWORD })).body.code).toBe(
      "TWO_FACTOR_OFF",
    );
    expect((await browser.post("two-factor/enable", { password: PASSWORD })).status).toBe(200);
    expect(await auditOf(id)).toEqual(expect.arrayContaining([["access.twoFactor.disable", "ok", null]]));
  });

  test("nobody without a session turns anything on or off", async () => {
    for (const path of ["enable", "disable", "generate-backup-codes"]) {
      const { status, body } = await browse().post(`two-factor/${path}`, { password: PASSWORD });
      expect([status, body.code]).toEqual([401, "UNAUTHENTICATED"]);
    }
  });
});

describe("the second step of a sign-in", () => {
  test("after the password there is no session, only a cookie for the second step", async () => {
    const { id, email, totpURI } = await createProtected("second");
    const browser = browse();
    const { status, body, setCookies } = await browser.post("sign-in/email", { email, password: PASSWORD });
    expect([status, body]).toEqual([200, expect.objectContaining({ twoFactorRedirect: true })]);
    expect(JSON.stringify(body)).not.toContain("token");
    expect([...browser.cookies.keys()]).toEqual(["switchboard.two_factor"]);
    const challenge = setCookies.find((line) => line.startsWith("switchboard.two_factor="));
    expect(challenge).toMatch(/; Max-Age=600; Path=\/; HttpOnly; SameSite=Strict$/);

    expect((await browser.get("get-session")).body).toBeNull();
    expect(await browser.identify()).toBeUndefined();
    const { rows } = await desk.database.pool.query("SELECT FROM session WHERE user_id = $1", [id]);
    expect(rows).toHaveLength(1);
    // A cookie that was signed for one purpose does not serve another.
    const [value = ""] = browser.cookies.values();
    const forged = createBrowser(desk.access, {
      origin: PUBLIC_URL,
      cookies: new Map([["switchboard.session", value]]),
    });
    expect(await forged.identify()).toBeUndefined();

    expect((await browser.post("two-factor/verify-totp", { code: codeOf(totpURI) })).status).toBe(200);
    expect([...browser.cookies.keys()]).toEqual(["switchboard.session"]);
    expect(await browser.identify()).toMatchObject({ userId: id, isVerified: true });
    expect(await auditOf(id)).toEqual(expect.arrayContaining([["access.signIn", "refused", "TWO_FACTOR_REQUIRED"]]));
  });

  test("over https its cookie is bound to the host", async () => {
    await using secure = await openDesk({ isSecure: true });
    const boss = await secure.addPerson("owner");
    const email = "secure@example.com";
    await secure.as(boss).users.create({ email, name: "S", role: "viewer", password: PASSWORD });
    const browser = createBrowser(secure.access, { origin: PUBLIC_URL });
    await browser.post("sign-in/email", { email, password: PASSWORD });
    const { body } = await browser.post("two-factor/enable", { password: PASSWORD });
    await browser.post("two-factor/verify-totp", { code: codeOf(String(body["totpURI"]), -1) });
    await browser.post("sign-out", {});
    const { setCookies } = await browser.post("sign-in/email", { email, password: PASSWORD });
    for (const line of setCookies) {
      expect(line).toMatch(/^__Host-switchboard\.[a-z_]+=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    }
    expect([...browser.cookies.keys()]).toEqual(["__Host-switchboard.two_factor"]);
  });

  test("a code is taken once, and none from before it", async () => {
    const { email, totpURI } = await createProtected("replay");
    const code = codeOf(totpURI);
    const first = await signIn(email);
    expect((await first.post("two-factor/verify-totp", { code })).status).toBe(200);
    const second = await signIn(email);
    const replayed = await second.post("two-factor/verify-totp", { code });
    expect([replayed.status, replayed.body.code]).toEqual([401, "CODE_INVALID"]);
    expect((await second.post("two-factor/verify-totp", { code: codeOf(totpURI, 1) })).status).toBe(200);
    const third = await signIn(email);
    expect((await third.post("two-factor/verify-totp", { code })).body.code).toBe("CODE_INVALID");
  });

  test("of two processes that get the same code at once, one signs in", async () => {
    const { email, totpURI } = await createProtected("race");
    const browsers = [await signIn(email), await signIn(email, browse(undefined, desk.createSibling()))];
    const code = codeOf(totpURI);
    const answers = await Promise.all(browsers.map((browser) => browser.post("two-factor/verify-totp", { code })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]));
  });

  test("a first step is used up by one second step", async () => {
    const { email, totpURI } = await createProtected("spent");
    const browser = await signIn(email);
    const copy = createBrowser(desk.access, { origin: PUBLIC_URL, cookies: browser.cookies });
    expect((await browser.post("two-factor/verify-totp", { code: codeOf(totpURI) })).status).toBe(200);
    const { status, body } = await copy.post("two-factor/verify-totp", { code: codeOf(totpURI, 1) });
    expect([status, body.code]).toEqual([401, "SIGN_IN_EXPIRED"]);
  });

  test("without a first step, or ten minutes after it, there is no second", async () => {
    const { email, totpURI, backupCodes } = await createProtected("expired");
    const code = codeOf(totpURI);
    expect((await browse().post("two-factor/verify-totp", { code })).body.code).toBe("SIGN_IN_EXPIRED");
    const browser = await signIn(email);
    await desk.database.pool.query("UPDATE verification SET expires_at = now() - interval '1 s' WHERE value <> '0'");
    expect((await browser.post("two-factor/verify-totp", { code })).body.code).toBe("SIGN_IN_EXPIRED");
    const [recovery] = backupCodes;
    expect((await browser.post("two-factor/verify-backup-code", { code: recovery })).body.code).toBe("SIGN_IN_EXPIRED");
  });

  test("somebody suspended between the steps stays out", async () => {
    const { id, email, totpURI } = await createProtected("between");
    const browser = await signIn(email);
    await desk.database.pool.query("UPDATE users SET suspended_at = now() WHERE id = $1", [id]);
    const { status, body } = await browser.post("two-factor/verify-totp", { code: codeOf(totpURI) });
    expect([status, body.code]).toEqual([403, "USER_SUSPENDED"]);
    expect(await browser.identify()).toBeUndefined();
  });

  test("a sign-in that was begun with a password ends with that password", async () => {
    const { email, browser, totpURI } = await createProtected("begun");
    const waiting = await signIn(email);
    const changed = await browser.post("change-password", { currentPassword: PASSWORD, newPassword: NEW_PASSWORD });
    expect(changed.status).toBe(200);
    const { body } = await waiting.post("two-factor/verify-totp", { code: codeOf(totpURI) });
    expect(body.code).toBe("SIGN_IN_EXPIRED");
  });

  test("nor does it outlive a new password that somebody else gave", async () => {
    const { id, email, totpURI } = await createProtected("given");
    const waiting = await signIn(email);
    await desk.as(owner).users.update({ id, password: NEW_PASSWORD });
    const { body } = await waiting.post("two-factor/verify-totp", { code: codeOf(totpURI) });
    expect(body.code).toBe("SIGN_IN_EXPIRED");
  });

  test("the sign-in that forgets itself with the browser still does after the code", async () => {
    const { email, totpURI } = await createProtected("forget");
    const browser = browse();
    await browser.post("sign-in/email", { email, password: PASSWORD, rememberMe: false });
    const { setCookies } = await browser.post("two-factor/verify-totp", { code: codeOf(totpURI) });
    const session = setCookies.find((line) => line.startsWith("switchboard.session="));
    expect(session).not.toMatch(/Max-Age/);
  });

  test("what the plugin could do beyond that is not there", async () => {
    const { email, totpURI } = await createProtected("beyond");
    const browser = await signIn(email);
    for (const path of ["send-otp", "verify-otp", "get-totp-uri", "view-backup-codes"]) {
      expect((await browser.post(`two-factor/${path}`, {})).status).toBe(404);
    }
    await browser.post("two-factor/verify-totp", { code: codeOf(totpURI), trustDevice: true });
    expect([...browser.cookies.keys()]).toEqual(["switchboard.session"]);
  });
});

describe("recovery codes", () => {
  test("each signs in once", async () => {
    const { email, backupCodes } = await createProtected("recovery");
    const [code] = backupCodes;
    const browser = await signIn(email);
    expect((await browser.post("two-factor/verify-backup-code", { code })).status).toBe(200);
    expect((await desk.as(await browser.identify()).access.me()).security.recoveryCodesLeft).toBe(9);
    const again = await (await signIn(email)).post("two-factor/verify-backup-code", { code });
    expect([again.status, again.body.code]).toEqual([401, "CODE_INVALID"]);
  });

  test("sent by several at once, in several processes, one signs in", async () => {
    const { email, backupCodes } = await createProtected("recovery-race");
    const [code] = backupCodes;
    const accesses = [desk.access, desk.createSibling(), desk.createSibling()];
    const browsers = await Promise.all(accesses.map((access) => signIn(email, browse(undefined, access))));
    const answers = await Promise.all(
      browsers.map((browser) => browser.post("two-factor/verify-backup-code", { code })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(2);
  });

  test("fresh ones replace the old ones and ask for the password", async () => {
    const { email, browser, backupCodes } = await createProtected("renewed");
    expect((await browser.post("two-factor/generate-backup-codes", { password: "wrong password!" })).status).toBe(401);
    const { body } = await browser.post("two-factor/generate-backup-codes", { password: PASSWORD });
    const fresh = (body as unknown as { backupCodes: string[] }).backupCodes;
    expect(fresh).toHaveLength(10);
    const other = await signIn(email);
    expect((await other.post("two-factor/verify-backup-code", { code: backupCodes[0] })).status).toBe(401);
    expect((await other.post("two-factor/verify-backup-code", { code: fresh[0] })).status).toBe(200);
  });
});

describe("the lock", () => {
  test("counts wrong codes with wrong passwords, and the right password forgives none", async () => {
    const { id, email, totpURI } = await createProtected("lock");
    const wrongCode = codeOf(totpURI, 5);
    for (let n = 0; n < 2; n += 1) await browse().post("sign-in/email", { email, password: "wrong password!" });
    const browser = await signIn(email, browse("198.51.100.1"));
    for (let n = 0; n < 2; n += 1) {
      expect((await browser.post("two-factor/verify-totp", { code: wrongCode })).body.code).toBe("CODE_INVALID");
    }
    const again = await signIn(email, browse("198.51.100.2"));
    expect((await again.post("two-factor/verify-backup-code", { code: "nope" })).body.code).toBe("CODE_INVALID");

    const locked = await again.post("two-factor/verify-totp", { code: codeOf(totpURI) });
    expect([locked.status, locked.body.code]).toEqual([429, "ACCOUNT_LOCKED"]);
    expect(locked.body.retryAfterMs).toBeGreaterThan(890_000);
    expect(Number(locked.headers.get("retry-after"))).toBe(Math.ceil(Number(locked.body.retryAfterMs) / 1000));
    expect((await browse().post("sign-in/email", { email, password: PASSWORD })).status).toBe(429);
    const { items } = await desk.as(owner).audit.list({ targetId: id });
    expect(items.filter(({ reason }) => reason === "This failure locked the account.")).toHaveLength(1);
  });

  test("a step-up with the right password forgives none either", async () => {
    const { email, browser } = await createProtected("step-up");
    for (let n = 0; n < 4; n += 1) await browse().post("sign-in/email", { email, password: "wrong password!" });
    expect((await browser.post("step-up/password", { password: PASSWORD })).status).toBe(200);
    expect((await browse().post("sign-in/email", { email, password: "wrong password!" })).status).toBe(401);
    expect((await browse().post("sign-in/email", { email, password: PASSWORD })).status).toBe(429);
  });

  test("a right code forgives what came before", async () => {
    const { email, totpURI } = await createProtected("forgiven");
    for (let n = 0; n < 4; n += 1) await browse().post("sign-in/email", { email, password: "wrong password!" });
    expect((await (await signIn(email)).post("two-factor/verify-totp", { code: codeOf(totpURI) })).status).toBe(200);
    for (let n = 0; n < 4; n += 1) await browse().post("sign-in/email", { email, password: "wrong password!" });
    expect((await browse().post("sign-in/email", { email, password: PASSWORD })).status).toBe(200);
  });

  test("parallel guesses at a code are let in no more often than one by one", async () => {
    const { email, totpURI } = await createProtected("parallel");
    const browser = await signIn(email);
    const code = codeOf(totpURI, 5);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => browser.post("two-factor/verify-totp", { code })),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
  });

  test("the password in the settings is guessed at under the same lock", async () => {
    const { browser } = await createProtected("settings");
    const paths = ["enable", "disable", "generate-backup-codes", "disable", "generate-backup-codes"];
    for (const path of paths) {
      await browser.post(`two-factor/${path}`, { password: "wrong password!" });
    }
    // The first is told that it is on, once its password is right.
    const locked = await browser.post("two-factor/disable", { password: PASSWORD });
    expect([locked.status, locked.body.code]).toEqual([429, "ACCOUNT_LOCKED"]);
  });
});

test("codes stored under another secret are named, not failed over", async () => {
  const { id, email, browser } = await createProtected("foreign");
  await desk.database.pool.query(
    "UPDATE two_factor SET secret = '$ba$1$00', backup_codes = '$ba$1$00' WHERE user_id = $1",
    [id],
  );
  expect((await desk.as(await browser.identify()).access.me()).security.recoveryCodesLeft).toBe(0);
  const { status, body } = await (await signIn(email)).post("two-factor/verify-totp", { code: "123456" });
  expect([status, body.code]).toEqual([409, "FACTORS_UNREADABLE"]);
});
