import { openTestDatabase } from "@switchboard/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testIds } from "../desk.fixture.ts";
import type { Sql } from "../platform/sql.ts";
import { findUsers } from "./search.ts";
import {
  estimateMatches,
  hasMoreThan,
  lookUpUsers,
  toSearch,
  walkUsers,
  WORD_BREAK,
  type UsersQuery,
} from "./search.store.ts";
import { nameSchema } from "./users.schema.ts";

let database: Awaited<ReturnType<typeof openTestDatabase>>;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: "viewer" | "operator";
  readonly isSuspended: boolean;
}

/** Replaces everybody; the first of the list is the newest. Some share a moment, as those of one import do. */
async function store(people: readonly Omit<Person, "id">[]): Promise<Person[]> {
  const stored = people.map((person) => ({ ...person, id: testIds.uuid() })).toReversed();
  await database.pool.query("TRUNCATE users CASCADE");
  await database.pool.query(
    `INSERT INTO users (id, email, name, role, suspended_at, created_at)
     SELECT id, email, name, role, CASE WHEN suspended THEN now() END, timestamptz '2026-01-01' + (place / 3) * interval '1 minute'
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bool[]) WITH ORDINALITY
            AS person (id, email, name, role, suspended, place)`,
    [
      stored.map(({ id }) => id),
      stored.map(({ email }) => email),
      stored.map(({ name }) => name),
      stored.map(({ role }) => role),
      stored.map(({ isSuspended }) => isSuspended),
    ],
  );
  const { rows } = await database.pool.query<{ id: string }>("SELECT id FROM users ORDER BY created_at DESC, id DESC");
  const byId = new Map(stored.map((person) => [person.id, person]));
  return rows.flatMap(({ id }) => byId.get(id) ?? []);
}

const storeNames = (names: readonly string[]): Promise<Person[]> =>
  store(names.map((name, index) => ({ name, email: `p${index}@x.example`, role: "viewer", isSuspended: false })));

/** By each way of searching; they must agree. */
async function search(text: string, query: Partial<UsersQuery> = {}): Promise<string[]> {
  const all = { limit: 1000, ...query };
  const lookedUp = await lookUpUsers(database.pool, toSearch(text), all);
  const walked = await walkUsers(database.pool, toSearch(text), all, 5000);
  const found = await findUsers(database.pool, { search: text, ...all });
  expect(walked).toEqual(lookedUp);
  expect(found).toEqual(lookedUp);
  return found.map(({ name }) => name);
}

describe("by the start of any word", () => {
  const names = [
    "O'Brien",
    "Anne-Marie Dubois",
    "李小龙",
    "佐々木 希",
    "マイケル・ジャクソン",
    "Ünal Çelik",
    "Zoë",
    "John  Smith",
    "Mary (Molly) Jones",
    "Jean–Luc d’Arc",
    "x.y@mail.example",
    "R2-D2 4.5",
    "100% sure",
    "snake_case",
    "ΟΔΟΣ",
    "Dr.No",
    "%percent",
    "_under",
  ];
  beforeAll(() => storeNames(names));

  test.each([
    ["brien", ["O'Brien"]],
    ["o'b", ["O'Brien"]],
    ["O'BRIEN", ["O'Brien"]],
    ["marie", ["Anne-Marie Dubois"]],
    ["anne-m", ["Anne-Marie Dubois"]],
    ["marie dub", ["Anne-Marie Dubois"]],
    ["rie", []],
    ["李", ["李小龙"]],
    ["李小", ["李小龙"]],
    ["李小龙", ["李小龙"]],
    ["小龙", []],
    ["木", []],
    ["佐々", ["佐々木 希"]],
    ["ジャ", ["マイケル・ジャクソン"]],
    ["ünal", ["Ünal Çelik"]],
    ["ÜN", ["Ünal Çelik"]],
    ["U\u0308nal", ["Ünal Çelik"]],
    ["ÇEL", ["Ünal Çelik"]],
    ["nal", []],
    ["ZOË", ["Zoë"]],
    ["smith", ["John  Smith"]],
    ["john s", []],
    ["john  s", ["John  Smith"]],
    ["molly", ["Mary (Molly) Jones"]],
    ["(mol", ["Mary (Molly) Jones"]],
    ["molly)", ["Mary (Molly) Jones"]],
    ["luc", ["Jean–Luc d’Arc"]],
    ["arc", ["Jean–Luc d’Arc"]],
    ["mail.ex", ["x.y@mail.example"]],
    ["y@", ["x.y@mail.example"]],
    ["d2", ["R2-D2 4.5"]],
    ["4.5", ["R2-D2 4.5"]],
    ["5", ["R2-D2 4.5"]],
    ["100%", ["100% sure"]],
    ["1%", []],
    ["snake_", ["snake_case"]],
    ["snake-", []],
    ["οδ", ["ΟΔΟΣ"]],
    ["no", ["Dr.No"]],
    ["%", ["%percent"]],
    ["%per", ["%percent"]],
    ["%%", []],
    ["_", ["_under"]],
    ["__", []],
    ["'", []],
    [String.raw`\ `, []],
    ["(", []],
    ["' | 'john", []],
    [".*", []],
  ])("%j finds %j", async (text, expected) => {
    expect(await search(text)).toEqual(expected);
  });

  test("an address is found by its start alone, and a person by the whole id", async () => {
    await store([{ name: "Somebody", email: "ann.lee@x.example", role: "viewer", isSuspended: false }]);
    expect(await search("ANN.L")).toEqual(["Somebody"]);
    expect(await search("ann_l")).toEqual([]);
    expect(await search("lee@")).toEqual([]);
    const [ann] = await findUsers(database.pool, { search: "ann", limit: 1 });
    expect(await findUsers(database.pool, { search: ann?.id.toUpperCase(), limit: 1 })).toEqual([ann]);
    expect(await findUsers(database.pool, { search: ann?.id.slice(0, -1), limit: 1 })).toEqual([]);
  });
});

test("the database takes names apart where the search does", async () => {
  const { rows } = await database.pool.query<{ source: string }>(
    "SELECT prosrc AS source FROM pg_proc WHERE proname = 'people_words'",
  );
  expect(rows[0]?.source).toContain(`'[${WORD_BREAK}]+'`);
});

test("a walk finds nobody beyond its steps, and the list is known to be longer", async () => {
  await storeNames([...Array.from({ length: 8 }, () => "Stranger"), "Ann", "Ann"]);
  const ann = toSearch("ann");
  const walk = async (steps: number): Promise<number> =>
    (await walkUsers(database.pool, ann, { limit: 5 }, steps)).length;
  expect([await walk(8), await walk(9), await walk(10), await walk(11)]).toEqual([0, 1, 2, 2]);
  const isLonger = (steps: number, query: Partial<UsersQuery> = {}): Promise<boolean> =>
    hasMoreThan(database.pool, { limit: 5, ...query }, steps);
  expect([await isLonger(9), await isLonger(10)]).toEqual([true, false]);
  expect(await isLonger(0, { role: "operator" })).toBe(false);
});

describe("when the planner expects more to match than the index should look up", () => {
  let people: Person[];
  beforeAll(async () => {
    people = await store(
      Array.from({ length: 16_000 }, (_, index) => ({
        name: "Somebody",
        email: `${index < 12_000 ? "p" : "ann"}${index}@x.example`,
        role: "viewer" as const,
        isSuspended: false,
      })),
    );
    await database.pool.query("ANALYZE users");
  });

  /** How many Anns were found, and in how many statements. */
  const findAnns = async (query: UsersQuery): Promise<[found: number, statements: number]> => {
    let statements = 0;
    const sql: Sql = {
      query: (text, values) => {
        statements += 1;
        return database.pool.query(text, values);
      },
    };
    return [(await findUsers(sql, { search: "ann", ...query })).length, statements];
  };

  test("a walk that comes across a page of them is all", async () => {
    expect(await estimateMatches(database.pool, toSearch("ann"))).toBeGreaterThan(3500);
    expect(await findAnns({ after: await placeOf(people[11_990]), limit: 5 })).toEqual([5, 2]);
  });

  test("a walk to the end of the list is all as well", async () => {
    expect(await findAnns({ after: await placeOf(people[15_996]), limit: 5 })).toEqual([3, 3]);
  });

  test("those who are older than the walk is long are looked up", async () => {
    expect(await findAnns({ limit: 5 })).toEqual([5, 4]);
  });
});

test("any text finds whom a look at every name and address finds, page by page, whatever the filter", async () => {
  const letters = [...Array.from("aAbBoOüÜëзЗßİ李小龙ア1７"), "e\u0301"];
  const breaks = Array.from(" -'’.@_%\\(&|:*・,\u00A0");
  const text = (maxLength: number) =>
    fc
      .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...letters) }, fc.constantFrom(...breaks)), {
        minLength: 1,
        maxLength,
      })
      .map((parts) => parts.join(""));
  const people = fc.array(
    fc.record({
      name: text(12).filter((name) => nameSchema.safeParse(name).success),
      local: fc.stringMatching(/^[a-b_%]{1,3}$/),
      role: fc.constantFrom("viewer", "operator"),
      isSuspended: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  );
  const asked = fc.array(
    fc.record({
      /** Part of somebody's name, or anything. */
      text: fc.oneof(text(4), fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 5 }))),
      role: fc.constantFrom(undefined, "viewer", "operator"),
      status: fc.constantFrom(undefined, "active", "suspended"),
      limit: fc.integer({ min: 1, max: 6 }),
      steps: fc.integer({ min: 1, max: 50 }),
    }),
    { minLength: 1, maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(people, asked, async (drafts, searches) => {
      const stored = await store(
        drafts.map(({ local, name, ...rest }, index) => ({
          ...rest,
          name: nameSchema.parse(name),
          email: `${local}${index}@x.example`,
        })),
      );
      for (const { text: wanted, role, status, limit, steps } of searches) {
        const searched = (typeof wanted === "string" ? wanted : cutOut(stored, ...wanted)).trim();
        if (searched === "") continue;
        const expected = stored.filter(
          (person) =>
            matches(person, searched) &&
            (!role || person.role === role) &&
            (!status || person.isSuspended === (status === "suspended")),
        );
        const query = { role, status, limit } as const;
        for (let from = 0; from <= expected.length; from += limit) {
          const after = await placeOf(expected[from - 1]);
          const page = expected.slice(from, from + limit).map(({ id }) => id);
          const looked = await lookUpUsers(database.pool, toSearch(searched), { ...query, after });
          expect(looked.map(({ id }) => id)).toEqual(page);
          const walked = await walkUsers(database.pool, toSearch(searched), { ...query, after }, steps);
          expect(walked).toEqual(looked.slice(0, walked.length));
          const isCut = await hasMoreThan(database.pool, { ...query, after }, steps);
          expect(walked.length === looked.length || isCut).toBe(true);
        }
      }
    }),
    { numRuns: 40 },
  );
});

async function placeOf(person: Person | undefined): Promise<UsersQuery["after"]> {
  if (!person) return undefined;
  const [user] = await findUsers(database.pool, { search: person.id, limit: 1 });
  return user && [user.createdAt, user.id];
}

function cutOut(people: readonly Person[], who: number, from: number, length: number): string {
  const name = Array.from(people[who % people.length]?.name ?? "");
  const start = from % name.length;
  const part = name.slice(start, start + length).join("");
  return from % 2 === 0 ? part : part.toUpperCase();
}

/** Letter by letter: JavaScript has rules for whole words that Postgres has not. */
const toLower = (text: string): string =>
  Array.from(text)
    .map((letter) => (letter === "İ" ? "i" : letter.toLowerCase()))
    .join("");
const isBreak = (letter: string | undefined): boolean =>
  letter === undefined || /^[\p{P}\p{Z}\p{S}\p{Cc}]$/u.test(letter);

function matches({ name, email }: Person, text: string): boolean {
  const wanted = toLower(text.normalize("NFC"));
  if (email.startsWith(wanted)) return true;
  const letters = Array.from(toLower(name));
  // Without a word in it, at the start of the name only.
  if (Array.from(wanted).every(isBreak)) return letters.join("").startsWith(wanted);
  return letters.some((_, at) => isBreak(letters[at - 1]) && letters.slice(at).join("").startsWith(wanted));
}
