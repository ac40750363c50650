import { openTestDatabase } from "@switchboard/testing";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createLogger } from "../platform/logger.ts";
import { createSystemClock } from "../platform/clock.ts";
import { testIds } from "../desk.fixture.ts";
import { MAX_PAGE, pageOf } from "../trpc/wire.ts";
import { userSchema, usersListInput, type User } from "./users.schema.ts";
import { createUsersService, type Users } from "./users.service.ts";

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let users: Users;
beforeAll(async () => {
  database = await openTestDatabase();
  users = createUsersService({
    database,
    clock: createSystemClock(),
    ids: testIds,
    logger: createLogger("silent"),
    passwords: { hash: async () => "" },
    access: { endCredentials: async () => {}, revokeKeysOf: async () => {}, forgetCredentials: () => {} },
  });
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => database.pool.query("TRUNCATE users CASCADE"));

const strictPage = pageOf(userSchema.strict());

type Stored = Partial<Omit<User, "id" | "status">> & { readonly suspendedAt?: string };

let stored = 0;
async function store(people: readonly Stored[]): Promise<void> {
  const rows = people.map(({ createdAt = "2026-01-01T00:00:00.000Z", ...person }) => ({
    id: testIds.uuid(),
    email: `p${(stored += 1)}@x.example`,
    name: person.name ?? "Ann",
    role: person.role ?? "viewer",
    created_at: createdAt,
    updated_at: person.updatedAt ?? createdAt,
    last_seen_at: person.lastSeenAt,
    suspended_at: person.suspendedAt,
    suspended_reason: person.suspendedReason,
    email_verified: false,
    two_factor_enabled: false,
  }));
  await database.pool.query("INSERT INTO users SELECT * FROM json_populate_recordset(NULL::users, $1)", [
    JSON.stringify(rows),
  ]);
}

/** The page in both ways, held against each other and against the schema. */
async function list(input: Parameters<typeof usersListInput.parse>[0]) {
  const query = usersListInput.parse(input);
  const { text } = await users.listJson(query);
  const page = await users.list(query);
  // As texts as well: the order of the fields is part of it.
  expect(text).toBe(JSON.stringify(page));
  expect(strictPage.parse(JSON.parse(text))).toEqual(page);
  return page;
}

const ODD = [
  'She said "no" \\ twice \\\\',
  "\u0001\u0008\t\n\f\r\u001f\u007f",
  "\u0080\u009f\u2028\u2029\ufeff",
  "王小明 👩‍👩‍👧 🏳️‍🌈",
  "</script><!-- & ' %s $1 {},[]",
  '},{"id":"',
  "x".repeat(120),
  "e\u0301 \u202e",
];

test("names with everything that JSON escapes, and what it does not, come out as they are", async () => {
  await store(ODD.map((name) => ({ name, suspendedReason: name, suspendedAt: "2026-01-01T00:00:00Z" })));
  const { items } = await list({});
  expect(items.map(({ name }) => name).toSorted()).toEqual(ODD.toSorted());
  expect(items.every(({ name, suspendedReason }) => name === suspendedReason)).toBe(true);
});

test("any name comes out as it is", async () => {
  const text = fc
    .string({ unit: "binary", maxLength: 60 })
    .filter((name) => !name.includes("\0") && name.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (names) => {
      await database.pool.query("TRUNCATE users CASCADE");
      await store(names.map((name) => ({ name })));
      const { items } = await list({ limit: MAX_PAGE });
      expect(items.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    }),
    { numRuns: 40 },
  );
});

test("times keep their milliseconds, zeros and all, from year 1 to 9999", async () => {
  const times = [
    "0001-01-01T00:00:00.000Z",
    "1582-10-10T12:00:00.001Z",
    "1969-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00.000Z",
    "2024-02-29T10:00:00.100Z",
    "2026-03-29T02:30:00.120Z",
    "9999-12-31T23:59:59.999Z",
  ];
  await store(times.map((time) => ({ createdAt: time, updatedAt: time, lastSeenAt: time })));
  const { items } = await list({});
  expect(items.map(({ createdAt }) => createdAt)).toEqual(times.toReversed());
  expect(items.every((user) => user.updatedAt === user.createdAt && user.lastSeenAt === user.createdAt)).toBe(true);
});

test("each time is in its place", async () => {
  const times = {
    createdAt: "2026-01-01T00:00:01.000Z",
    updatedAt: "2026-01-01T00:00:02.000Z",
    lastSeenAt: "2026-01-01T00:00:03.000Z",
  };
  await store([times]);
  expect((await list({})).items).toEqual([expect.objectContaining(times)]);
});

test("what is stored with microseconds is of the millisecond that the column keeps", async () => {
  await store([{ createdAt: "2026-01-01T00:00:00.123456Z" }, { createdAt: "2026-01-01T00:00:00.999999Z" }]);
  const { items } = await list({});
  expect(items.map(({ createdAt }) => createdAt)).toEqual(["2026-01-01T00:00:01.000Z", "2026-01-01T00:00:00.123Z"]);
});

test("nobody is an empty page, and a person without anything that may be missing has nulls", async () => {
  expect(await list({})).toEqual({ items: [], nextCursor: null });
  await store([{}]);
  const { items } = await list({});
  expect(items).toEqual([expect.objectContaining({ status: "active", suspendedReason: null, lastSeenAt: null })]);
});

test.each([1, 2, 3, 7, 20, 21, 22, MAX_PAGE])("pages of %i are the whole list, each person once", async (limit) => {
  // Three share a moment, so that an end of a page falls between them.
  await store(Array.from({ length: 21 }, (_, i) => ({ createdAt: `2026-01-01T00:00:${10 + Math.floor(i / 3)}.500Z` })));
  const all = await users.list(usersListInput.parse({ limit: MAX_PAGE }));
  const found: User[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page: { items: User[]; nextCursor: string | null } = await list({
      limit,
      ...(cursor === null ? {} : { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== null);
  expect(found).toEqual(all.items);
  expect(pages).toBe(Math.ceil(21 / limit));
});

test("a page of the most that may be asked for has a next one, when there are more", async () => {
  await store(Array.from({ length: MAX_PAGE + 2 }, () => ({})));
  const first = await list({ limit: MAX_PAGE });
  expect(first.items).toHaveLength(MAX_PAGE);
  const last = await list({ limit: MAX_PAGE, cursor: first.nextCursor ?? "" });
  expect(last).toMatchObject({ items: [{}, {}], nextCursor: null });
});

test("every combination of filters, by page and by search, finds the same in both ways", async () => {
  const at = (second: number): string => `2026-01-01T00:00:${10 + second}.000Z`;
  await store(
    Array.from({ length: 24 }, (_, i) => ({
      name: i % 2 === 0 ? "Ann" : "Bob",
      role: i % 3 === 0 ? "operator" : "viewer",
      createdAt: at(i),
      ...(i % 4 === 0 ? { suspendedAt: at(i), suspendedReason: `No "${i}"` } : {}),
    })),
  );
  for (const role of [undefined, "operator", "viewer"] as const) {
    for (const status of [undefined, "active", "suspended"] as const) {
      for (const search of [undefined, "", "ann"]) {
        const filter = Object.fromEntries(
          Object.entries({ role, status, search }).filter(([, value]) => value !== undefined),
        );
        // More than five times: from then on the database may keep one plan for all values.
        for (let turn = 0; turn < 7; turn += 1) {
          const first = await list({ ...filter, limit: 1 + turn });
          expect(first.items).not.toEqual([]);
          if (first.nextCursor !== null) await list({ ...filter, limit: 1 + turn, cursor: first.nextCursor });
        }
      }
    }
  }
});
