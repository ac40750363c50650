import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, openDesk, PASSWORD, refusalOf, testIds, type Desk } from "../desk.fixture.ts";
import type { Principal } from "../trpc/context.ts";
import { toCursor } from "../trpc/wire.ts";
import type { User } from "./users.schema.ts";

let desk: Desk;
let owner: Principal;
let admin: Principal;
beforeAll(async () => {
  desk = await openDesk();
  owner = await desk.addPerson("owner");
  admin = await desk.addPerson("admin");
});
afterAll(() => desk[Symbol.asyncDispose]());

const peopleOf = (domain: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ email: `p${index}@${domain}`, name: `Person ${index}` }));

async function readAll(input: { search?: string; role?: "viewer" | "operator" }): Promise<User[]> {
  const all: User[] = [];
  let cursor: string | undefined;
  do {
    const page = await desk.as(admin).users.list({ ...input, limit: 170, cursor });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return all;
}

test("a thousand people created at once are each met exactly once by paging through the list", async () => {
  const { created, ids } = await desk.as(admin).users.bulkCreate({ users: peopleOf("bulk.example", 1000) });
  expect(created).toBe(1000);
  const listed = (await readAll({})).filter(({ email }) => email.endsWith("@bulk.example")).map(({ id }) => id);
  expect(listed).toHaveLength(1000);
  expect(new Set(listed)).toEqual(new Set(ids));
  expect(await desk.as(admin).users.get({ id: ids[7] ?? "" })).toMatchObject({
    email: "p7@bulk.example",
    status: "active",
  });
});

test("the planner knows of thousands of people as soon as they are created", async () => {
  await using other = await openDesk();
  const person = await other.addPerson("admin");
  const readKnown = async (): Promise<number | undefined> => {
    const { rows } = await other.database.pool.query<{ known: number }>(
      "SELECT reltuples AS known FROM pg_class WHERE oid = 'users'::regclass",
    );
    return rows[0]?.known;
  };
  await other.as(person).users.bulkCreate({ users: peopleOf("many.example", 6000) });
  expect(await readKnown()).toBe(6001);
});

test("rows that repeat an address are all named, whether in the input or in the table, and none is stored", async () => {
  await desk.as(admin).users.create({ email: "taken@dup.example", name: "Taken" });
  const rows = ["new@dup.example", "Taken@dup.example", "twice@dup.example", "TWICE@dup.example", "twice@dup.example"];
  const refusal = await refusalOf(
    desk.as(admin).users.bulkCreate({ users: rows.map((email) => ({ email, name: "Somebody" })) }),
  );
  expect(refusal).toMatchObject({
    kind: "CONFLICT",
    code: "USERS_DUPLICATE",
    details: {
      rows: [
        { index: 1, email: "taken@dup.example" },
        { index: 3, email: "twice@dup.example" },
        { index: 4, email: "twice@dup.example" },
      ],
    },
  });
  expect((await readAll({ search: "new@dup" })).length + (await readAll({ search: "twice@dup" })).length).toBe(0);
});

test("two imports of the same people at once store them once", async () => {
  const users = peopleOf("race.example", 300);
  const outcomes = await Promise.allSettled([
    desk.as(admin).users.bulkCreate({ users }),
    desk.as(admin).users.bulkCreate({ users: users.toReversed() }),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("a cursor of another list is refused", async () => {
  const foreign = toCursor("audit.list", [new Date().toISOString(), testIds.uuid()]);
  for (const cursor of [foreign, "nonsense", toCursor("users.list", ["yesterday", "1"])]) {
    expect(await refusalOf(desk.as(admin).users.list({ cursor }))).toMatchObject({
      kind: "BAD_REQUEST",
      code: "CURSOR_INVALID",
    });
  }
});

describe("search", () => {
  const find = async (search: string): Promise<string[]> =>
    (await readAll({ search })).map(({ name }) => name).filter((name) => !name.startsWith("Person"));
  beforeAll(async () => {
    const names = ["Zoë 100% sure", "Zoë 100 percent", "Zoë snake_case", "Zoë snakexcase", String.raw`Zoë back\slash`];
    const users = names.map((name, index) => ({ email: `zoe${index}_x@search.example`, name }));
    await desk.as(admin).users.bulkCreate({ users });
  });

  test("percent signs, underscores and backslashes stand for themselves", async () => {
    expect(await find("100%")).toEqual(["Zoë 100% sure"]);
    expect(await find("snake_")).toEqual(["Zoë snake_case"]);
    expect(await find(String.raw`back\s`)).toEqual([String.raw`Zoë back\slash`]);
    expect(await find("%")).toEqual([]);
    expect(await find("zoe0_")).toEqual(["Zoë 100% sure"]);
  });

  test("it matches the start of an address, of any word, in any case, and a whole id", async () => {
    expect(await find("ZOE3")).toEqual(["Zoë snakexcase"]);
    expect(await find("PERCENT")).toEqual(["Zoë 100 percent"]);
    expect(await find("ercent")).toEqual([]);
    expect(await find("zoë")).toHaveLength(5);
    expect((await readAll({ search: admin.userId })).map(({ id }) => id)).toEqual([admin.userId]);
  });
});

test("an export in chunks holds everybody once, with the header first", async () => {
  const { content, rows, nextCursor } = await desk.as(admin).users.export({ search: "p1", format: "csv" });
  expect(content.split("\r\n")).toHaveLength(rows + 2);
  expect(nextCursor).toBeNull();
  const { content: lines } = await desk.as(admin).users.export({ search: "zoe4", format: "ndjson" });
  expect(JSON.parse(lines)).toMatchObject({ email: "zoe4_x@search.example" });
});

test("a person is created, changed, suspended, restored and deleted, and the log says so", async () => {
  const caller = desk.as(admin);
  const { id } = await caller.users.create({ email: "Life@Example.com", name: "Life", password: PASSWORD });
  expect(await caller.users.update({ id, name: "Long Life" })).toMatchObject({
    name: "Long Life",
    email: "life@example.com",
  });
  expect(await caller.users.setRole({ id, role: "operator" })).toMatchObject({ role: "operator" });
  expect(await caller.users.suspend({ id, reason: "holiday" })).toMatchObject({
    status: "suspended",
    suspendedReason: "holiday",
  });
  expect(await caller.users.restore({ id })).toMatchObject({ status: "active", suspendedReason: null });
  expect(await caller.users.delete({ id })).toEqual({ done: true });
  expect(await codeOf(caller.users.get({ id }))).toBe("USER_NOT_FOUND");

  const { items } = await caller.audit.list({ targetId: id });
  expect(items.map(({ action }) => action)).toEqual([
    "users.delete",
    "users.restore",
    "users.suspend",
    "users.setRole",
    "users.update",
    "users.create",
  ]);
  expect(items[3]).toMatchObject({ before: { role: "viewer" }, after: { role: "operator" } });
  expect(JSON.stringify(items)).not.toContain(PASSWORD);
});

test("an address that is taken is refused on create and on update", async () => {
  const { id } = await desk.as(admin).users.create({ email: "one@taken.example", name: "One" });
  await desk.as(admin).users.create({ email: "two@taken.example", name: "Two" });
  expect(await codeOf(desk.as(admin).users.create({ email: "ONE@taken.example", name: "One" }))).toBe(
    "USER_EMAIL_TAKEN",
  );
  expect(await codeOf(desk.as(admin).users.update({ id, email: "two@taken.example" }))).toBe("USER_EMAIL_TAKEN");
});

describe("ranks", () => {
  test("nobody touches a higher rank", async () => {
    const second = await desk.addPerson("owner");
    const id = second.userId;
    const { users } = desk.as(admin);
    expect(await codeOf(users.update({ id, name: "x" }))).toBe("RANK_TOO_LOW");
    expect(await codeOf(users.setRole({ id, role: "viewer" }))).toBe("RANK_TOO_LOW");
    expect(await codeOf(users.suspend({ id }))).toBe("RANK_TOO_LOW");
    expect(await codeOf(users.restore({ id }))).toBe("RANK_TOO_LOW");
    expect(await codeOf(users.delete({ id }))).toBe("RANK_TOO_LOW");
    await desk.as(owner).users.delete({ id });
  });

  test("nobody grants what they lack", async () => {
    const { userId: id } = await desk.addPerson("viewer");
    const { users } = desk.as(admin);
    expect(await codeOf(users.setRole({ id, role: "owner" }))).toBe("ROLE_ABOVE_OWN");
    expect(await codeOf(users.create({ email: "o@grant.example", name: "O", role: "owner" }))).toBe("ROLE_ABOVE_OWN");
    expect(await codeOf(users.bulkCreate({ users: [{ email: "o@grant.example", name: "O", role: "owner" }] }))).toBe(
      "ROLE_ABOVE_OWN",
    );
  });

  test("nobody changes their own role, suspends or deletes themselves", async () => {
    const id = admin.userId;
    expect(await codeOf(desk.as(admin).users.setRole({ id, role: "viewer" }))).toBe("NOT_YOURSELF");
    expect(await codeOf(desk.as(admin).users.suspend({ id }))).toBe("NOT_YOURSELF");
    expect(await codeOf(desk.as(admin).users.delete({ id }))).toBe("NOT_YOURSELF");
  });

  test("a caller who was demoted after they were identified acts with their new rank", async () => {
    const demoted = await desk.addPerson("admin");
    await desk.as(admin).users.setRole({ id: demoted.userId, role: "operator" });
    expect(await codeOf(desk.as(demoted).users.update({ id: admin.userId, name: "x" }))).toBe("RANK_TOO_LOW");
    await desk.as(admin).users.suspend({ id: demoted.userId });
    expect(await codeOf(desk.as(demoted).users.update({ id: owner.userId, name: "x" }))).toBe("UNAUTHENTICATED");
  });
});

test("the last owner cannot be demoted, suspended or deleted, not even by two owners at once", async () => {
  await using other = await openDesk();
  const first = await other.addPerson("owner");
  expect(await codeOf(other.as(first).users.setRole({ id: first.userId, role: "admin" }))).toBe("LAST_OWNER");
  expect(await codeOf(other.as(first).users.suspend({ id: first.userId }))).toBe("LAST_OWNER");
  expect(await codeOf(other.as(first).users.delete({ id: first.userId }))).toBe("LAST_OWNER");

  const second = await other.addPerson("owner");
  const outcomes = await Promise.allSettled([
    codeOf(other.as(first).users.setRole({ id: second.userId, role: "viewer" })),
    codeOf(other.as(second).users.setRole({ id: first.userId, role: "viewer" })),
  ]);
  // The one that was not refused counts as rejected here.
  expect(outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []))).toEqual([
    "LAST_OWNER",
  ]);
  expect(await countOwners(other)).toBe(1);
});

test("a ring of owners who all remove the next one at once leaves an owner", async () => {
  await using other = await openDesk();
  const owners = await Promise.all(Array.from({ length: 6 }, () => other.addPerson("owner")));
  const outcomes = await Promise.allSettled(
    owners.map((actor, index) => {
      const id = owners[(index + 1) % owners.length]?.userId ?? "";
      const { users } = other.as(actor);
      if (index % 3 === 0) return users.setRole({ id, role: "viewer" });
      return index % 3 === 1 ? users.suspend({ id }) : users.delete({ id });
    }),
  );
  const removed = outcomes.filter(({ status }) => status === "fulfilled").length;
  expect(removed).toBeGreaterThan(0);
  expect(await countOwners(other)).toBe(owners.length - removed);
  expect(await countOwners(other)).toBeGreaterThan(0);
});

async function countOwners({ database }: Desk): Promise<number> {
  const { rows } = await database.pool.query("SELECT FROM users WHERE role = 'owner' AND suspended_at IS NULL");
  return rows.length;
}
