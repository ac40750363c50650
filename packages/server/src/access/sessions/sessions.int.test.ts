import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, cookieOf, openDesk, PASSWORD, testIds, type Desk } from "../../desk.fixture.ts";
import type { Principal } from "../../trpc/context.ts";
import type { Role } from "../../trpc/roles.ts";

let desk: Desk;
let owner: Principal;
let admin: Principal;
beforeAll(async () => {
  desk = await openDesk();
  owner = await desk.addPerson("owner", "Olive Owner");
  admin = await desk.addPerson("admin", "Ada Admin");
});
afterAll(() => desk[Symbol.asyncDispose]());

/** A session past the sign-in. */
async function addSession(
  person: Principal,
  { address = "192.0.2.1", seenDaysAgo = 0, createdAt = "now()" } = {},
): Promise<string> {
  const id = testIds.uuid();
  await desk.database.pool.query(
    `INSERT INTO session (id, user_id, token, ip_address, user_agent, expires_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, 'browser', now() + interval '7 days', ${createdAt}, now() - make_interval(days => $5))`,
    [id, person.userId, testIds.secret(32), address, seenDaysAgo],
  );
  return id;
}
const addPeople = (role: Role, ...names: string[]): Promise<Principal[]> =>
  Promise.all(names.map((name) => desk.addPerson(role, name)));
const listIds = async (principal: Principal, input: object): Promise<string[]> =>
  (await desk.as(principal).access.sessions.list(input)).items.map(({ id }) => id);
const isThere = async (id: string): Promise<boolean> =>
  (await desk.database.pool.query("SELECT FROM session WHERE id = $1", [id])).rowCount === 1;

test("sessions are found by the start of an address, of a word of a name and of an e-mail, read literally", async () => {
  const [grace] = await addPeople("viewer", "Grace_ Hopper");
  if (!grace) throw new Error("Nobody was added.");
  const id = await addSession(grace, { address: "203.0.113.77" });
  for (const search of ["203.0.113.7", "hop", "GRACE", "grace_", grace.email.toUpperCase()]) {
    expect(await listIds(admin, { search }), search).toEqual([id]);
  }
  for (const search of ["0.113", "opper", "grace%", "%", "graceX"]) {
    expect(await listIds(admin, { search }), search).toEqual([]);
  }
  const { items } = await desk.as(admin).access.sessions.list({ search: "hopper" });
  expect(items[0]).toMatchObject({ name: "Grace_ Hopper", role: "viewer", address: "203.0.113.77", current: false });
  expect(Date.parse(items[0]?.verifiedAt ?? "")).toBeGreaterThan(Date.parse(items[0]?.createdAt ?? "") - 1000);
});

test("sessions are found by how long they were not seen", async () => {
  const [ida] = await addPeople("viewer", "Ida Idle");
  if (!ida) throw new Error("Nobody was added.");
  const old = await addSession(ida, { seenDaysAgo: 31 });
  await addSession(ida, { seenDaysAgo: 29 });
  expect(await listIds(admin, { userId: ida.userId, idleDays: 30 })).toEqual([old]);
  expect(await listIds(admin, { userId: ida.userId })).toHaveLength(2);
});

test("below admin one sees, counts and ends one's own only, whomever the filter names", async () => {
  const [mine, other] = await addPeople("operator", "Mine Only", "Other Person");
  if (!mine || !other) throw new Error("Nobody was added.");
  const own = await addSession(mine);
  const theirs = await addSession(other);
  const caller = desk.as(mine).access.sessions;
  expect(await listIds(mine, {})).toEqual([own]);
  for (const filter of [{ userId: other.userId }, { search: "other" }]) {
    const preview = await caller.preview(filter);
    expect(preview).toMatchObject({ count: 0, people: 0, skipped: 0, sample: [] });
    expect(await caller.revokeAll({ ...filter, asOf: preview.asOf })).toEqual({ revoked: 0, people: 0, skipped: 0 });
  }
  const { asOf } = await caller.preview({});
  expect(await caller.revokeAll({ asOf })).toEqual({ revoked: 1, people: 1, skipped: 0 });
  expect([await isThere(own), await isThere(theirs)]).toEqual([false, true]);
});

test("all that match end, but those of a higher rank and those that began after the preview", async () => {
  const [low] = await addPeople("viewer", "Fleet Viewer");
  const [high] = await addPeople("owner", "Fleet Owner");
  if (!low || !high) throw new Error("Nobody was added.");
  const ends = [await addSession(low), await addSession(low)];
  const stays = await addSession(high);
  const caller = desk.as(admin).access.sessions;
  const preview = await caller.preview({ search: "fleet" });
  expect(preview).toMatchObject({ count: 2, people: 1, skipped: 1 });
  expect(preview.sample.map(({ id }) => id)).toEqual(ends.toReversed());
  const later = await addSession(low, { createdAt: "now() + interval '1 s'" });

  const reason = "Laptops were stolen.";
  const ended = await caller.revokeAll({ search: "fleet", asOf: preview.asOf, reason });
  expect(ended).toEqual({ revoked: 2, people: 1, skipped: 1 });
  expect(await Promise.all([...ends, stays, later].map(isThere))).toEqual([false, false, true, true]);
  const { items } = await desk.as(admin).audit.list({ action: "access.sessions.revokeAll" });
  expect(items.find((item) => item.reason === reason)).toMatchObject({
    before: { search: "fleet", asOf: preview.asOf },
    after: { revoked: 2, people: 1, skipped: 1 },
  });
});

test("the caller's own session is spared unless it is asked for, and what has ended counts at once", async () => {
  const person = await desk
    .as(owner)
    .users.create({ email: "tabs-of-many@example.com", name: "Tabs", role: "operator", password: PASSWORD });
  const cookies = [1, 2, 3].map(() => desk.signIn(person.email, PASSWORD).then(cookieOf));
  const [current = "", ...others] = await Promise.all(cookies);
  const identify = (cookie: string): Promise<Principal | undefined> => desk.access.identify(new Headers({ cookie }));
  for (const cookie of others) expect(await identify(cookie)).toBeDefined();
  const me = await identify(current);
  const caller = desk.as(me).access.sessions;

  const { asOf, count, sample } = await caller.preview({});
  expect([count, sample.some((session) => session.current)]).toEqual([2, false]);
  expect(await caller.revokeAll({ asOf })).toMatchObject({ revoked: 2 });
  for (const cookie of others) expect(await identify(cookie)).toBeUndefined();
  expect(await identify(current)).toBeDefined();

  const all = await caller.preview({ includeCurrent: true });
  expect(all.sample.map((session) => session.current)).toEqual([true]);
  expect(await caller.revokeAll({ asOf: all.asOf, includeCurrent: true })).toMatchObject({ revoked: 1 });
  expect(await identify(current)).toBeUndefined();
});

test("ending many asks who it is, and is not for viewers", async () => {
  const asOf = new Date(0).toISOString();
  const stale = { ...admin, isVerified: false };
  expect(await codeOf(desk.as(stale).access.sessions.revokeAll({ asOf }))).toBe("STEP_UP_REQUIRED");
  const viewer = await desk.addPerson("viewer");
  expect(await codeOf(desk.as(viewer).access.sessions.revokeAll({ asOf }))).toBe("RIGHT_MISSING");
  expect(await codeOf(desk.as(viewer).access.sessions.preview({}))).toBe("RIGHT_MISSING");
});
