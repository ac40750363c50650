import { createFakeClock } from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, openDesk, PASSWORD, refusalOf, testIds, type Desk } from "../desk.fixture.ts";
import type { Principal } from "../trpc/context.ts";
import type { Role } from "../trpc/roles.ts";

const clock = createFakeClock();
let desk: Desk;
let owner: Principal;
let admin: Principal;
beforeAll(async () => {
  desk = await openDesk({ clock });
  owner = await desk.addPerson("owner");
  admin = await desk.addPerson("admin");
});
afterAll(() => desk[Symbol.asyncDispose]());

const run = (text: string, ...values: unknown[]) => desk.database.pool.query<Record<string, unknown>>(text, values);

/** Somebody with all that a person can have: password, session, second factors, and keys in every state. */
async function addEquipped(role: Role = "operator"): Promise<string> {
  const { userId: id } = await desk.addPerson(role, "Zoë O'Brien");
  const ids = Array.from({ length: 6 }, () => testIds.uuid());
  await run(
    "UPDATE users SET last_seen_at = now(), suspended_at = now(), suspended_reason = 'on leave' WHERE id = $1",
    id,
  );
  await run(
    "INSERT INTO account (id, user_id, account_id, provider_id, password) VALUES ($1, $2::uuid, $2::uuid::text, 'credential', 'argon')",
    ids[0],
    id,
  );
  await run(
    "INSERT INTO session (id, token, user_id, expires_at) VALUES ($1::uuid, $1::uuid::text, $2, now() + interval '1 h')",
    ids[1],
    id,
  );
  await run("INSERT INTO two_factor (id, user_id, secret, backup_codes) VALUES ($1, $2, 's', 'b')", ids[2], id);
  await run(
    `INSERT INTO passkey (id, user_id, public_key, credential_id, counter, device_type, backed_up)
     VALUES ($1::uuid, $2, 'pk', $1::uuid::text, 3, 'singleDevice', false)`,
    ids[3],
    id,
  );
  await run(
    `INSERT INTO api_key (id, user_id, name, prefix, secret_hash, previous_hash, role, scopes, expires_at, revoked_at, rate_per_minute)
     VALUES ($1::uuid, $3, 'live', $1::uuid::text, '\\x00ff27', '\\x', 'viewer', NULL, NULL, NULL, 60),
            ($2::uuid, $3, 'ended', $2::uuid::text, '\\x01', NULL, 'viewer', '{}', now() + interval '1 day', now(), NULL)`,
    ids[4],
    ids[5],
    id,
  );
  return id;
}

const TABLES = { users: "id", account: "user_id", two_factor: "user_id", passkey: "user_id", api_key: "user_id" };

async function rowsOf(id: string): Promise<Record<string, unknown>> {
  const entries = Object.entries({ ...TABLES, session: "user_id" }).map(async ([table, column]) => {
    const { rows } = await run(`SELECT * FROM ${table} WHERE ${column} = $1 ORDER BY id`, id);
    return [table, rows];
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
}

const countOf = async (id: string): Promise<number> =>
  (await run("SELECT FROM deleted_user WHERE user_id = $1", id)).rows.length;

describe("somebody who was deleted", () => {
  test("comes back as they were, to the last column of each row, sessions aside", async () => {
    const id = await addEquipped();
    const before = await rowsOf(id);
    await desk.as(admin).users.delete({ id, reason: "left us" });
    expect(Object.values(await rowsOf(id)).flat()).toEqual([]);
    expect(await codeOf(desk.as(admin).users.get({ id }))).toBe("USER_NOT_FOUND");

    const back = await desk.as(admin).users.undelete({ id });
    expect(back).toMatchObject({ id, name: "Zoë O'Brien", role: "operator", status: "suspended" });
    expect(await rowsOf(id)).toEqual({ ...before, session: [] });
    expect(await countOf(id)).toBe(0);
    expect((await desk.as(admin).users.list({ search: "brien" })).items.map((user) => user.id)).toContain(id);

    const { items } = await desk.as(admin).audit.list({ targetId: id });
    expect(items).toMatchObject([
      { action: "users.undelete", after: { name: "Zoë O'Brien" } },
      { action: "users.delete", reason: "left us", before: { role: "operator" } },
    ]);
    expect(JSON.stringify(items)).not.toContain("argon");
  });

  test("leaves nothing that hangs on them out of the copy, but for sessions", async () => {
    const { rows } = await run(
      "SELECT conrelid::regclass::text AS table FROM pg_constraint WHERE confrelid = 'users'::regclass ORDER BY 1",
    );
    expect(rows.map(({ table }) => table)).toEqual(
      [...Object.keys(TABLES).filter((table) => table !== "users"), "session"].toSorted(),
    );
  });

  test("is listed, latest first, with who did it and until when", async () => {
    const first = await addEquipped();
    const second = await addEquipped("viewer");
    await desk.as(admin).users.delete({ id: first });
    await desk.as(owner).users.delete({ id: second });
    const page = await desk.as(admin).users.deleted({ limit: 1 });
    expect(page.items).toMatchObject([
      { id: second, email: `${second}@example.com`, name: "Zoë O'Brien", role: "viewer", deletedBy: owner.email },
    ]);
    const { deletedAt = "", erasedAt = "" } = page.items[0] ?? {};
    expect(Date.parse(erasedAt) - Date.parse(deletedAt)).toBe(7 * 86_400_000);
    const next = await desk.as(admin).users.deleted({ limit: 1, cursor: page.nextCursor ?? "" });
    expect(next.items).toMatchObject([{ id: first, deletedBy: admin.email }]);
    expect(await codeOf(desk.as(admin).users.list({ cursor: page.nextCursor ?? "" }))).toBe("CURSOR_INVALID");
  });

  test("does not come back while somebody else has the address, and the copy stays", async () => {
    const id = await addEquipped();
    const email = `${id}@example.com`;
    await desk.as(admin).users.delete({ id });
    const other = await desk.as(admin).users.create({ email, name: "Other" });
    const refusal = await refusalOf(desk.as(admin).users.undelete({ id }));
    expect(refusal).toMatchObject({ kind: "CONFLICT", code: "USER_EMAIL_TAKEN", details: { email } });
    await desk.as(admin).users.update({ id: other.id, email: `other-${email}` });
    expect(await desk.as(admin).users.undelete({ id })).toMatchObject({ id, email });
  });

  test("comes back once, however many ask at the same time", async () => {
    const id = await addEquipped();
    await desk.as(admin).users.delete({ id });
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => desk.as(admin).users.undelete({ id })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await codeOf(desk.as(admin).users.undelete({ id }))).toBe("USER_NOT_FOUND");
  });

  test("is brought back by nobody of a lower rank", async () => {
    const id = await addEquipped("owner");
    await desk.as(owner).users.delete({ id });
    expect(await codeOf(desk.as(admin).users.undelete({ id }))).toBe("RANK_TOO_LOW");
    const demoted = await desk.addPerson("owner");
    await desk.as(owner).users.setRole({ id: demoted.userId, role: "admin" });
    expect(await codeOf(desk.as(demoted).users.undelete({ id }))).toBe("RANK_TOO_LOW");
    expect(await desk.as(owner).users.undelete({ id })).toMatchObject({ role: "owner" });
  });

  test("comes back to tables that gained a column and lost one meanwhile", async () => {
    const id = await addEquipped();
    const before = await rowsOf(id);
    await desk.as(admin).users.delete({ id });
    const age = "jsonb_set(rows #- '{users,0,two_factor_enabled}', '{users,0,shoe_size}', '42')";
    await run(`UPDATE deleted_user SET rows = ${age} WHERE user_id = $1`, id);
    await desk.as(admin).users.undelete({ id });
    expect(await rowsOf(id)).toEqual({ ...before, session: [] });
  });

  test("is gone for good after seven days, whether the sweep came by or not", async () => {
    const [late, early] = [await addEquipped(), await addEquipped()];
    for (const id of [late, early]) await desk.as(admin).users.delete({ id });
    await desk.users.start(new AbortController().signal);
    const age = "UPDATE deleted_user SET deleted_at = now() - $2::interval WHERE user_id = $1";
    await run(age, late, "7 days 1 second");
    await run(age, early, "6 days 23 hours");
    const { items } = await desk.as(admin).users.deleted({ limit: 200 });
    expect(items.map(({ id }) => id)).not.toContain(late);
    expect(await codeOf(desk.as(admin).users.undelete({ id: late }))).toBe("USER_NOT_FOUND");
    expect(await countOf(late)).toBe(1);

    await clock.advance(3_600_000);
    await expect.poll(() => countOf(late)).toBe(0);
    expect(await countOf(early)).toBe(1);
    await desk.users.stop();
  });
});

describe("what ends with an act on somebody", () => {
  const ALL = { sessions: 1, keys: 1 };
  const NONE = { sessions: 0, keys: 0 };
  const liveOf = async (id: string) => {
    const { sessions, keys } = await desk.as(admin).users.impact({ id });
    return { sessions, keys };
  };

  test("is told before", async () => {
    const id = await addEquipped();
    expect(await desk.as(admin).users.impact({ id })).toEqual({ sessions: 1, keys: 1, passkeys: 1, twoFactor: true });
    await run("UPDATE session SET expires_at = now() WHERE user_id = $1", id);
    await run("UPDATE api_key SET expires_at = now() WHERE user_id = $1", id);
    await run("UPDATE two_factor SET verified = false WHERE user_id = $1", id);
    expect(await desk.as(admin).users.impact({ id })).toEqual({ sessions: 0, keys: 0, passkeys: 1, twoFactor: false });
    expect(await codeOf(desk.as(admin).users.impact({ id: testIds.uuid() }))).toBe("USER_NOT_FOUND");
  });

  test("sessions and keys end with another role and with another password, not with another name", async () => {
    const [promoted, renewed] = [await addEquipped(), await addEquipped()];
    await desk.as(admin).users.update({ id: renewed, name: "Another" });
    await desk.as(admin).users.setRole({ id: promoted, role: "operator" });
    expect([await liveOf(renewed), await liveOf(promoted)]).toEqual([ALL, ALL]);
    await desk.as(admin).users.update({ id: renewed, password: PASSWORD });
    await desk.as(admin).users.setRole({ id: promoted, role: "viewer", reason: "moved" });
    expect([await liveOf(renewed), await liveOf(promoted)]).toEqual([NONE, NONE]);
    const { items } = await desk.as(admin).audit.list({ targetId: promoted });
    expect(items[0]).toMatchObject({ action: "users.setRole", reason: "moved" });
  });

  test("sessions end with a suspension, while the keys wait for its end", async () => {
    const id = await addEquipped();
    await desk.as(admin).users.suspend({ id });
    expect(await liveOf(id)).toEqual({ sessions: 0, keys: 1 });
  });

  test("nothing ends when the act is refused or fails", async () => {
    const id = await addEquipped();
    const taken = await desk.as(admin).users.create({ email: `taken-${id}@example.com`, name: "Taken" });
    expect(await codeOf(desk.as(admin).users.update({ id, email: taken.email, password: PASSWORD }))).toBe(
      "USER_EMAIL_TAKEN",
    );
    expect(await codeOf(desk.as(admin).users.setRole({ id, role: "owner" }))).toBe("ROLE_ABOVE_OWN");
    expect(await liveOf(id)).toEqual({ sessions: 1, keys: 1 });
  });
});

test("whoever has not proved lately who they are cannot delete, change a role or set a password", async () => {
  const id = await addEquipped();
  const { users } = desk.as({ ...admin, isVerified: false });
  expect(await codeOf(users.delete({ id }))).toBe("STEP_UP_REQUIRED");
  expect(await codeOf(users.setRole({ id, role: "viewer" }))).toBe("STEP_UP_REQUIRED");
  expect(await codeOf(users.update({ id, password: PASSWORD }))).toBe("STEP_UP_REQUIRED");
  expect(await users.update({ id, name: "Another" })).toMatchObject({ name: "Another" });
  const { isVerified: _, ...key } = { ...admin, kind: "key" as const };
  expect(await desk.as(key).users.delete({ id })).toEqual({ done: true });
});
