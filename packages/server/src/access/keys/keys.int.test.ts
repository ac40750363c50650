import { createFakeClock } from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, openDesk, type Desk } from "../../desk.fixture.ts";
import type { Principal } from "../../trpc/context.ts";
import type { Access } from "../access.service.ts";

let desk: Desk;
let owner: Principal;
let admin: Principal;
let operator: Principal;
beforeAll(async () => {
  desk = await openDesk();
  owner = await desk.addPerson("owner");
  admin = await desk.addPerson("admin");
  operator = await desk.addPerson("operator");
});
afterAll(() => desk[Symbol.asyncDispose]());

const keysOf = (principal: Principal | undefined) => desk.as(principal).access.keys;

/** One request with a key, from somewhere. */
const use = (key: string, address: string, userAgent = "curl/8", access: Access = desk.access) =>
  access.identify({ authorization: `Bearer ${key}` }, undefined, { address, userAgent });

/** Stores what was noted of uses so far. */
async function flush(access: Access = desk.access): Promise<void> {
  await access.start(new AbortController().signal);
  await access.stop();
}

describe("the list", () => {
  test("keys are found by name, prefix, owner and status", async () => {
    const nightly = await keysOf(admin).create({ name: "Nightly export_1" });
    const gone = await keysOf(admin).create({ name: "Nightly import" });
    await keysOf(admin).revoke({ id: gone.id });
    const late = await keysOf(operator).create({ name: "Nightly of operator", expiresInDays: 1 });
    await desk.database.pool.query("UPDATE api_key SET expires_at = now() WHERE id = $1", [late.id]);
    const find = async (input: object, principal = admin): Promise<string[]> =>
      (await keysOf(principal).list(input)).items.map(({ id }) => id);

    expect(await find({ search: "nightly" })).toEqual([late.id, gone.id, nightly.id]);
    expect(await find({ search: "EXPORT_" })).toEqual([nightly.id]);
    expect(await find({ search: "xport" })).toEqual([]);
    expect(await find({ search: "export%" })).toEqual([]);
    expect(await find({ search: nightly.item.prefix.slice(0, 6) })).toEqual([nightly.id]);
    expect(await find({ search: nightly.key.slice(0, 12) })).toEqual([nightly.id]);
    expect(await find({ search: operator.email })).toEqual([late.id]);
    expect(await find({ search: "nightly", status: "revoked" })).toEqual([gone.id]);
    expect(await find({ search: "nightly", status: "expired" })).toEqual([late.id]);
    expect(await find({ search: "nightly", status: "active" })).toEqual([nightly.id]);
    expect(await find({ ownerId: operator.userId })).toEqual([late.id]);
    // Others' keys do not exist for an operator, whomever the filter names.
    expect(await find({ ownerId: admin.userId }, operator)).toEqual([]);
    expect(await find({ search: "nightly" }, operator)).toEqual([late.id]);
  });
});

describe("the limit of a key", () => {
  test("is made with it, changed later, and known to whoever is identified by it", async () => {
    const { id, key, item } = await keysOf(admin).create({ name: "limited", ratePerMinute: 30 });
    expect(item.ratePerMinute).toBe(30);
    expect(await use(key, "192.0.2.1")).toMatchObject({ ratePerMinute: 30 });
    expect(await keysOf(admin).update({ id, ratePerMinute: 60 })).toMatchObject({ name: "limited", ratePerMinute: 60 });
    expect(await use(key, "192.0.2.1")).toMatchObject({ ratePerMinute: 60 });
    expect(await keysOf(admin).update({ id, name: "renamed" })).toMatchObject({ name: "renamed", ratePerMinute: 60 });
    expect((await keysOf(admin).update({ id, ratePerMinute: null })).ratePerMinute).toBeNull();
    expect(await use(key, "192.0.2.1")).not.toHaveProperty("ratePerMinute");
    const { items } = await desk.as(admin).audit.list({ targetId: id, action: "access.keys.update" });
    expect(items.map(({ before, after }) => [before, after])).toEqual([
      [
        { name: "renamed", ratePerMinute: 60 },
        { name: "renamed", ratePerMinute: null },
      ],
      [
        { name: "limited", ratePerMinute: 60 },
        { name: "renamed", ratePerMinute: 60 },
      ],
      [
        { name: "limited", ratePerMinute: 30 },
        { name: "limited", ratePerMinute: 60 },
      ],
    ]);
  });

  test("a key that is held to a rate can neither lift it nor give out more", async () => {
    const { id, key } = await keysOf(admin).create({ name: "held", ratePerMinute: 30 });
    const held = await use(key, "192.0.2.1");
    for (const ratePerMinute of [31, null]) {
      expect(await codeOf(keysOf(held).update({ id, ratePerMinute }))).toBe("RATE_ABOVE_OWN");
    }
    expect(await codeOf(keysOf(held).create({ name: "more", ratePerMinute: 31 }))).toBe("RATE_ABOVE_OWN");
    expect((await keysOf(held).create({ name: "same" })).item.ratePerMinute).toBe(30);
    expect((await keysOf(held).update({ id, ratePerMinute: 29 })).ratePerMinute).toBe(29);
  });

  test("only its owner or an admin of no lower rank changes a key, and only while it lives", async () => {
    const theirs = await keysOf(operator).create({ name: "operator's" });
    const owners = await keysOf(owner).create({ name: "owner's" });
    expect(await codeOf(keysOf(operator).update({ id: owners.id, name: "x" }))).toBe("KEY_NOT_FOUND");
    expect(await codeOf(keysOf(admin).update({ id: owners.id, name: "x" }))).toBe("RANK_TOO_LOW");
    expect((await keysOf(admin).update({ id: theirs.id, name: "renamed" })).name).toBe("renamed");
    await keysOf(operator).revoke({ id: theirs.id });
    expect(await codeOf(keysOf(operator).update({ id: theirs.id, name: "x" }))).toBe("KEY_ENDED");
  });
});

describe("callers", () => {
  const callersOf = async (id: string, principal = admin) =>
    (await keysOf(principal).callers({ id })).items.map(({ address, userAgent, isPrevious }) => [
      address,
      userAgent,
      isPrevious,
    ]);

  test("after a rotation they have the old secret, until they are seen with the new one", async () => {
    const first = await keysOf(admin).create({ name: "rotated" });
    await use(first.key, "192.0.2.1", "old/1");
    await use(first.key, "192.0.2.2", "old/1");
    await flush();
    expect((await callersOf(first.id)).toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual([
      ["192.0.2.1", "old/1", false],
      ["192.0.2.2", "old/1", false],
    ]);

    const second = await keysOf(admin).rotate({ id: first.id, overlapSeconds: 3600 });
    expect((await callersOf(first.id)).map(([, , isPrevious]) => isPrevious)).toEqual([true, true]);
    await use(second.key, "192.0.2.1", "new/2");
    await use(first.key, "192.0.2.3", "old/1");
    await flush();
    const found = await keysOf(admin).callers({ id: first.id });
    expect(found.items.filter(({ isPrevious }) => !isPrevious).map(({ address }) => address)).toEqual(["192.0.2.1"]);
    expect(found.items.filter(({ isPrevious }) => isPrevious).map(({ address }) => address)).toHaveLength(3);
    const times = found.items.map(({ lastUsedAt }) => lastUsedAt);
    expect(times).toEqual(times.toSorted().toReversed());

    // Those of the secret before the last count for nothing any more.
    await keysOf(admin).rotate({ id: first.id, overlapSeconds: 3600 });
    expect(await callersOf(first.id)).toEqual([["192.0.2.1", "new/2", true]]);
  });

  test("a use from before a rotation that is stored after it was one of the old secret", async () => {
    const sibling = desk.createSibling();
    const { id, key } = await keysOf(admin).create({ name: "in flight" });
    await use(key, "192.0.2.1", "old/1", sibling);
    await keysOf(admin).rotate({ id, overlapSeconds: 3600 });
    await flush(sibling);
    expect(await callersOf(id)).toEqual([["192.0.2.1", "old/1", true]]);
  });

  test("of a key, 100 addresses are kept, newest first, and none of them longer than a day", async () => {
    const clock = createFakeClock();
    const access = desk.createSibling(clock);
    await access.start(new AbortController().signal);
    const { id, key } = await keysOf(admin).create({ name: "fleet" });
    for (let n = 0; n < 120; n += 1) await use(key, `198.51.100.${n}`, "fleet/1", access);
    await access.stop();
    const first = await callersOf(id);
    expect(first).toHaveLength(100);
    expect(first.flat()).not.toContain("198.51.100.110");

    // The next minute those that were left out are noted, in place of the ones that were not seen again.
    await access.start(new AbortController().signal);
    await clock.advance(60_000);
    for (let n = 100; n < 120; n += 1) await use(key, `198.51.100.${n}`, "fleet/1", access);
    await access.stop();
    const second = await callersOf(id);
    expect(second).toHaveLength(100);
    expect(second.slice(0, 20).flat()).toContain("198.51.100.110");

    await desk.database.pool.query(
      "UPDATE api_key_caller SET last_used_at = now() - interval '25 hours' WHERE key_id = $1 AND address LIKE '%.10_'",
      [id],
    );
    expect(await callersOf(id)).toHaveLength(90);
    await access.start(new AbortController().signal);
    await clock.advance(3_600_000);
    await expect
      .poll(async () => {
        const { rows } = await desk.database.pool.query("SELECT FROM api_key_caller WHERE key_id = $1", [id]);
        return rows.length;
      })
      .toBe(90);
  });

  test("the same caller is written once a minute, and a forwarded look-up writes nothing", async () => {
    const { id, key } = await keysOf(admin).create({ name: "quiet" });
    await desk.access.identify({ authorization: `Bearer ${key}` });
    await flush();
    expect(await callersOf(id)).toEqual([]);
    await use(key, "192.0.2.1", "");
    await flush();
    expect(await callersOf(id)).toEqual([["192.0.2.1", null, false]]);
    await desk.database.pool.query("DELETE FROM api_key_caller WHERE key_id = $1", [id]);
    await use(key, "192.0.2.1", "");
    await flush();
    expect(await callersOf(id)).toEqual([]);
  });

  test("who is known without a look-up is noted like anybody else, until the key ends", async () => {
    const { id, key } = await keysOf(admin).create({ name: "known" });
    const headers = { authorization: `Bearer ${key}` };
    const recall = (address: string) => desk.access.recall(headers, { address, userAgent: "curl/8" });
    expect(recall("192.0.2.1")).toBeUndefined();
    const found = await use(key, "192.0.2.1");
    expect(recall("192.0.2.1")).toBe(found);
    expect(recall("192.0.2.2")).toBe(found);
    expect(desk.access.recall({ authorization: `Bearer ${key}x` }, { address: "", userAgent: "" })).toBeUndefined();
    await flush();
    expect((await callersOf(id)).map(([address]) => address)).toEqual(
      expect.arrayContaining(["192.0.2.1", "192.0.2.2"]),
    );
    await keysOf(admin).revoke({ id });
    expect(recall("192.0.2.1")).toBeUndefined();
  });

  test("whoever may not see a key does not see its callers", async () => {
    const { id } = await keysOf(admin).create({ name: "private" });
    expect(await codeOf(keysOf(operator).callers({ id }))).toBe("KEY_NOT_FOUND");
    const viewer = await desk.addPerson("viewer");
    expect(await codeOf(keysOf(viewer).callers({ id }))).toBe("KEY_NOT_FOUND");
    expect(await callersOf(id, owner)).toEqual([]);
  });
});

test("all keys of a person are revoked at once, and stay so", async () => {
  const person = await desk.addPerson("operator");
  const keys = [await keysOf(person).create({ name: "a" }), await keysOf(person).create({ name: "b" })];
  const other = await keysOf(operator).create({ name: "other" });
  for (const { key } of keys) expect(await use(key, "192.0.2.1")).toBeDefined();
  await desk.access.revokeKeysOf(person.userId);
  for (const { key } of keys) expect(await codeOf(use(key, "192.0.2.1"))).toBe("KEY_INVALID");
  expect(await use(other.key, "192.0.2.1")).toBeDefined();
  const { items } = await keysOf(person).list({});
  expect(items.map(({ status }) => status)).toEqual(["revoked", "revoked"]);
});

test("making and rotating a key asks who it is", async () => {
  const stale = { ...admin, isVerified: false };
  const { id } = await keysOf(admin).create({ name: "kept" });
  expect(await codeOf(keysOf(stale).create({ name: "k" }))).toBe("STEP_UP_REQUIRED");
  expect(await codeOf(keysOf(stale).rotate({ id }))).toBe("STEP_UP_REQUIRED");
  expect((await keysOf(stale).update({ id, name: "still" })).name).toBe("still");
});
