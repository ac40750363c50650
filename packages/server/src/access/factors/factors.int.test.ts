import { createFakeClock } from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "../../trpc/context.ts";
import { codeOf as refusalCodeOf, openDesk, PASSWORD, PUBLIC_URL, testIds, type Desk } from "../../desk.fixture.ts";
import { createBrowser, type Browser } from "./browser.fixture.ts";

let desk: Desk;
let owner: Principal;
let admin: Principal;
beforeAll(async () => {
  desk = await openDesk();
  owner = await desk.addPerson("owner");
  admin = await desk.addPerson("admin");
});
afterAll(() => desk[Symbol.asyncDispose]());

const signIn = async (email: string): Promise<Browser> => {
  const browser = createBrowser(desk.access, { origin: PUBLIC_URL });
  expect((await browser.post("sign-in/email", { email, password: PASSWORD })).status).toBe(200);
  return browser;
};

/** Somebody with two-factor and a passkey. */
const createSecured = async (name: string, role: "viewer" | "owner" = "viewer") => {
  const email = `${name}@example.com`;
  const { id } = await desk.as(owner).users.create({ email, name, role, password: PASSWORD });
  const browser = await signIn(email);
  const { pool } = desk.database;
  await pool.query(
    "INSERT INTO two_factor (id, user_id, secret, backup_codes) VALUES (gen_random_uuid(), $1, '$ba$1$00', '$ba$1$00')",
    [id],
  );
  await pool.query("UPDATE users SET two_factor_enabled = true WHERE id = $1", [id]);
  await pool.query(
    `INSERT INTO passkey (id, user_id, public_key, credential_id, counter, device_type, backed_up)
     VALUES (gen_random_uuid(), $1, '', $1::uuid::text, 0, 'singleDevice', false)`,
    [id],
  );
  return { id, email, browser };
};

describe("resetting somebody's factors", () => {
  test("removes two-factor and passkeys, ends the sessions and says so in the log", async () => {
    const { id, email, browser } = await createSecured("lost-phone");
    expect((await desk.as(await browser.identify()).access.me()).security).toMatchObject({
      twoFactor: true,
      passkeys: 1,
    });
    const waiting = await signIn(email);
    expect(waiting.cookies.has("switchboard.two_factor")).toBe(true);

    expect(await desk.as(admin).access.resetFactors({ userId: id, reason: "Lost the phone" })).toEqual({ done: true });
    expect(await browser.identify()).toBeUndefined();
    expect((await waiting.post("two-factor/verify-totp", { code: "123456" })).body.code).toBe("SIGN_IN_EXPIRED");
    const again = await signIn(email);
    expect((await desk.as(await again.identify()).access.me()).security).toEqual({
      twoFactor: false,
      passkeys: 0,
      recoveryCodesLeft: null,
      isVerified: true,
      passkeysAvailable: false,
    });
    const { items } = await desk.as(admin).audit.list({ action: "access.resetFactors" });
    expect(items[0]).toMatchObject({
      targetId: id,
      outcome: "ok",
      reason: "Lost the phone",
      before: { email, twoFactor: true, passkeys: 1 },
      after: { twoFactor: false, passkeys: 0 },
    });
  });

  test("is for admins, for others than oneself, and for no higher rank", async () => {
    const { id } = await createSecured("boss", "owner");
    const operator = await desk.addPerson("operator");
    expect(await refusalCodeOf(desk.as(operator).access.resetFactors({ userId: id }))).toBe("RIGHT_MISSING");
    expect(await refusalCodeOf(desk.as(admin).access.resetFactors({ userId: id }))).toBe("RANK_TOO_LOW");
    expect(await refusalCodeOf(desk.as(admin).access.resetFactors({ userId: admin.userId }))).toBe("NOT_YOURSELF");
    expect(await refusalCodeOf(desk.as(admin).access.resetFactors({ userId: testIds.uuid() }))).toBe("USER_NOT_FOUND");
    const { rows } = await desk.database.pool.query("SELECT FROM two_factor WHERE user_id = $1", [id]);
    expect(rows).toHaveLength(1);
  });
});

test("what sign-in had to remember for minutes is cleaned away after them", async () => {
  const insert = `INSERT INTO verification (id, identifier, value, expires_at)
    VALUES (gen_random_uuid(), $1, '', now() + $2::interval)`;
  await desk.database.pool.query(insert, ["over", "-1 s"]);
  await desk.database.pool.query(insert, ["waits", "10 min"]);
  const clock = createFakeClock();
  const access = desk.createSibling(clock);
  await access.start(new AbortController().signal);
  await clock.advance(3_600_000);
  const readLeft = async () =>
    (await desk.database.pool.query("SELECT identifier FROM verification WHERE value = ''")).rows;
  await expect.poll(readLeft).toEqual([{ identifier: "waits" }]);
});
