import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../define.ts";
import { findAppError } from "../../platform/errors.ts";
import type { Json } from "../../trpc/wire.ts";
import type { JobFilter } from "../engine.ts";
import { openTestQueues, type TestQueues } from "../queue.fixture.ts";
import type { Where } from "../queue.schema.ts";
import type { Queue } from "../queue.service.ts";
import { toFirstId } from "./conditions.ts";
import { findJobs } from "./find-jobs.ts";
import { clearDocuments, indexLate, indexNext, reindexJobs } from "./search.store.ts";

const any = defineJob({ name: "find.any", queue: "find", input: z.json(), run: () => null });
const other = defineJob({ name: "find.other", queue: "elsewhere", input: z.json(), run: () => null });
const secret = defineJob({
  name: "find.secret",
  queue: "find",
  input: z.json(),
  redact: ["user.pin", "cards.*.number"],
  run: () => null,
});

let queues: TestQueues;
/** Of the role `web`: nothing is indexed behind the back of a test. */
let queue: Queue;

beforeAll(async () => {
  queues = await openTestQueues();
  queue = await queues.start([any, other, secret], { role: "web" });
});
afterAll(() => queues[Symbol.asyncDispose]());
beforeEach(async () => {
  await queues.database.pool.query(
    `TRUNCATE job_search, job_error_group; DELETE FROM pgboss.job; DELETE FROM job_search_mark;
     INSERT INTO job_search_mark VALUES (1, '00000000-0000-0000-0000-000000000000', now())`,
  );
});

const run = (text: string, values: unknown[] = []) => queues.database.pool.query<Record<string, unknown>>(text, values);
const enqueue = async (input: Json, options: object = {}): Promise<string> =>
  (await queue.enqueue({ name: "find.any", input, ...options })).id;
/** Makes the jobs old enough for the index, and indexes them. */
async function index(limit = 10_000): Promise<number> {
  await makeOlder();
  return (await indexNext(queues.database.pool, limit)).count;
}
async function makeOlder(): Promise<void> {
  // Ids of an hour earlier, in the same order.
  await run(
    `UPDATE pgboss.job j SET created_on = now() - interval '1 hour',
       id = (lpad(to_hex(('x' || left(hex, 12))::bit(48)::bigint - 3600000), 12, '0') || substr(hex, 13))::uuid
     FROM (SELECT id AS young, replace(id::text, '-', '') AS hex FROM pgboss.job) h WHERE j.id = h.young AND j.id > $1::uuid`,
    [toFirstId(Date.now() - 60_000)],
  );
}
const search = async (filter: JobFilter, options = {}, limit = 50): Promise<string[]> =>
  (await findJobs(queues.database.pool, filter, { limit, afterId: undefined }, options)).map(({ id }) => id);
const inputsOf = async (where: Where[], steps?: number): Promise<unknown[]> => {
  const ids = await search({ where }, { steps });
  const { rows } = await run("SELECT data->'input' AS input FROM pgboss.job WHERE id = ANY ($1::uuid[]) ORDER BY id", [
    ids,
  ]);
  return rows.map(({ input }) => input);
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => findAppError(error)?.code ?? String(error),
  );

describe("a condition on the input", () => {
  const inputs: Json[] = [
    { n: 5, text: "Alpha", user: { id: 42, tags: ["a", "b"] } },
    { n: "5", text: "ALPHABET", user: { id: "42" } },
    { n: -1.5, list: [{ sku: "x" }, { sku: "y" }], flag: true },
    { n: null, text: 'quote " and \\ back', "a.b": 1, $: { "*": "dollar" } },
    { n: 10, text: "%_\u2028💥", flag: false },
  ];
  test.each<[Where, number[]]>([
    [{ path: ["n"], op: "=", value: 5 }, [0]],
    [{ path: ["n"], op: "=", value: "5" }, [1]],
    [{ path: ["n"], op: "=", value: null }, [3]],
    [{ path: ["n"], op: "=", value: -1.5 }, [2]],
    [{ path: ["n"], op: "=", value: 1e300 }, []],
    [{ path: ["n"], op: ">", value: 4 }, [0, 4]],
    [{ path: ["n"], op: "<=", value: -1.5 }, [2]],
    [{ path: ["n"], op: "!=", value: 5 }, [2, 3, 4]],
    [{ path: ["n"], op: "exists" }, [0, 1, 2, 3, 4]],
    [{ path: ["text"], op: ">=", value: "ALPHABET" }, [0, 1, 3]],
    [{ path: ["text"], op: "contains", value: "pha" }, [0, 1]],
    [{ path: ["text"], op: "contains", value: ".*" }, []],
    [{ path: ["text"], op: "contains", value: '" AND \\' }, [3]],
    [{ path: ["text"], op: "=", value: "%_\u2028💥" }, [4]],
    [{ path: ["flag"], op: "=", value: true }, [2]],
    [{ path: ["list", "sku"], op: "=", value: "y" }, [2]],
    [{ path: ["user", "tags"], op: "=", value: "b" }, [0]],
    [{ path: ["a.b"], op: "=", value: 1 }, [3]],
    [{ path: ["$", "*"], op: "=", value: "dollar" }, [3]],
    [{ path: ["list", "0"], op: "exists" }, []],
    [{ path: ["user", "id"], op: "exists" }, [0, 1]],
  ])("%j finds the same by looking through and by the index", async (where, expected) => {
    for (const input of inputs) await enqueue(input);
    const wanted = expected.map((at) => inputs[at]);
    expect(await inputsOf([where])).toEqual(wanted);
    expect(await inputsOf([where], 1)).toEqual(wanted);
    expect(await index()).toBe(inputs.length);
    expect(await inputsOf([where], 1)).toEqual(wanted);
  });

  test("whatever the keys and values, none of it is read as anything but a key or a value", async () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        '"',
        "\\",
        "$",
        "@",
        "*",
        '" == 1 || "',
        "'; DROP TABLE users; --",
        "\\u0000",
        "${x}",
        "a b",
        "😀",
        "\n",
        "null",
        '") || exists($',
      ),
      fc
        .string({ minLength: 1, maxLength: 6, unit: "binary" })
        .filter((text) => text.isWellFormed() && !text.includes("\0")),
    );
    const value = fc.oneof(
      nasty,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(nasty, { minLength: 1, maxLength: 3 }),
        value,
        fc.constantFrom("=" as const, "!=" as const, "<" as const, "contains" as const),
        async (path, wanted, op) => {
          await run(
            "DELETE FROM pgboss.job; TRUNCATE job_search; UPDATE job_search_mark SET up_to = '00000000-0000-0000-0000-000000000000'",
          );
          const toInput = (leaf: Json): Json => path.reduceRight<Json>((inner, key) => ({ [key]: inner }), leaf);
          // A key of that name cannot be set by assignment.
          fc.pre(!path.includes("__proto__"));
          await enqueue(toInput(wanted));
          await enqueue(toInput("something else"));
          if (op === "contains" && typeof wanted !== "string") return;
          const filter: JobFilter = { where: [{ path, op, value: wanted }] };
          const before = await search(filter, { steps: 1 });
          expect(op !== "=" || before.length === 1).toBe(true);
          await index();
          expect(await search(filter, { steps: 1 })).toHaveLength(before.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each<[Where, string]>([
    [{ path: ["n"], op: "=" }, "SEARCH_CONDITION_INVALID"],
    [{ path: ["n"], op: "exists", value: 1 }, "SEARCH_CONDITION_INVALID"],
    [{ path: ["n"], op: "contains", value: 1 }, "SEARCH_CONDITION_INVALID"],
    [{ path: ["n"], op: "<", value: true }, "SEARCH_CONDITION_INVALID"],
    [{ path: ["user", "pin"], op: "=", value: 1 }, "SEARCH_REDACTED"],
    [{ path: ["user", "pin", "x"], op: "contains", value: "1" }, "SEARCH_REDACTED"],
    [{ path: ["cards", "number"], op: "=", value: "4" }, "SEARCH_REDACTED"],
    [{ path: ["login", "password"], op: "!=", value: "4" }, "SEARCH_REDACTED"],
    [{ path: ["user", "pin"], op: "exists" }, "no error"],
    [{ path: ["user", "name"], op: "=", value: 1 }, "no error"],
  ])("%j is answered with %s", async (where, code) => {
    expect(await codeOf(queue.list({ limit: 1, where: [where] }))).toBe(code);
  });

  test("what is secret of one kind of job may be searched in another by its name", async () => {
    const id = await enqueue({ user: { pin: 7 } });
    const where = [{ path: ["user", "pin"], op: "=" as const, value: 7 }];
    expect((await queue.list({ limit: 5, name: "find.any", where })).items.map((item) => item.id)).toEqual([id]);
    expect(await codeOf(queue.list({ limit: 5, name: "find.secret", where }))).toBe("SEARCH_REDACTED");
  });
});

test("every filter finds the same by every way, page by page", async () => {
  const errorOf = (n: number) => ({
    name: "Error",
    message: `Host ${n} is away`,
    stack: null,
    fingerprint: `${n}`.repeat(16),
  });
  for (let n = 0; n < 60; n += 1) {
    const options = { tags: [`t${n % 3}`], key: `k${n % 4}`, delayMs: n % 5 === 0 ? 60_000 : 0 };
    await queue.enqueue({ name: n % 7 === 0 ? "find.other" : "find.any", input: { n, mod: n % 6 }, ...options });
  }
  await run(
    `UPDATE pgboss.job SET state = (ARRAY['completed','failed','retry','cancelled','created','active'])[((data->'input'->>'n')::int % 6) + 1]::pgboss.job_state,
       started_on = now(), retry_count = (data->'input'->>'n')::int % 3`,
  );
  await run(
    "UPDATE pgboss.job SET output = ($1::jsonb)->((data->'input'->>'n')::int % 2) WHERE state IN ('failed', 'retry')",
    [JSON.stringify([errorOf(1), errorOf(2)])],
  );
  await makeOlder();
  const pool = queues.database.pool;
  const filters: JobFilter[] = [
    {},
    { queue: "elsewhere" },
    { name: "find.other" },
    { tag: "t1" },
    { key: "k2" },
    { tag: "t1", key: "k2" },
    { tag: "none" },
    { states: ["discarded"] },
    { states: ["discarded", "retryable"], tag: "t1" },
    { states: ["cancelled"] },
    { states: ["executing"] },
    { states: ["scheduled", "available"] },
    { states: ["completed"], key: "k0" },
    { fingerprint: "2".repeat(16) },
    { fingerprint: "2".repeat(16), queue: "elsewhere" },
    { errorText: "host 2" },
    { errorText: "IS AWAY" },
    { attempts: 3 },
    { where: [{ path: ["mod"], op: "=", value: 3 }] },
    {
      where: [
        { path: ["mod"], op: "=", value: 3 },
        { path: ["n"], op: ">", value: 20 },
      ],
      tag: "t0",
    },
    { where: [{ path: ["n"], op: ">", value: 50 }], name: "find.any" },
    { from: new Date(Date.now() - 7_200_000).toISOString(), tag: "t2" },
    { to: new Date(Date.now() - 7_200_000).toISOString(), tag: "t2" },
  ];
  const expectSame = async (): Promise<void> => {
    for (const filter of filters) {
      const all = await search(filter, { steps: 1000 }, 100);
      for (const steps of [1, 7]) {
        const paged: string[] = [];
        for (let after: string | undefined, more = true; more;) {
          const page = await findJobs(pool, filter, { limit: 4, afterId: after }, { steps });
          paged.push(...page.map(({ id }) => id));
          after = page.at(-1)?.id;
          more = page.length === 4;
        }
        expect(paged, `${JSON.stringify(filter)} in steps of ${steps}`).toEqual(all);
      }
    }
  };
  const oldest = (await search({}, {}, 100)).at(-1) ?? "";
  expect(await search({ id: oldest }, { steps: 1 })).toEqual([oldest]);
  expect(await search({ id: oldest, tag: "t0" }, { steps: 1 })).toEqual([oldest]);
  expect(await search({ id: oldest, tag: "t1" }, { steps: 1 })).toEqual([]);
  expect(await search({ tag: "t1" }, {}, 100)).toHaveLength(20);
  expect(await search({ errorText: "host 2" }, {}, 100)).toHaveLength(10);
  expect(await search({ attempts: 3 }, {}, 100)).toHaveLength(20);
  await expectSame();
  expect((await indexNext(pool, 25)).count).toBe(25);
  await expectSame();
  expect((await indexNext(pool, 100)).count).toBe(35);
  await expectSame();
});

test("a search that takes too long is refused and says what would help", async () => {
  await queue.enqueueMany({
    name: "find.any",
    inputs: Array.from({ length: 5000 }, (_, n) => ({ n, text: "x".repeat(200) })),
  });
  const where: Where[] = Array.from({ length: 5 }, (_, n) => ({ path: ["text"], op: "contains", value: `y${n}` }));
  const work = findJobs(queues.database.pool, { where }, { limit: 5, afterId: undefined }, { timeoutMs: 1 });
  await expect(work).rejects.toMatchObject({
    code: "SEARCH_TOO_BROAD",
    publicMessage: expect.stringContaining("a state, such as discarded") as string,
  });
  // The connections are as they were.
  expect((await run("SHOW statement_timeout")).rows).not.toEqual([{ statement_timeout: "1ms" }]);
});

describe("the index", () => {
  test("does not take up what is so new that an older one may still be committed", async () => {
    await enqueue({ n: 1 });
    expect(await indexNext(queues.database.pool, 10)).toEqual({ isOurs: true, count: 0 });
    expect(await index()).toBe(1);
  });

  test("is written by one process at a time", async () => {
    const client = await queues.database.pool.connect();
    try {
      await client.query("BEGIN; SELECT pg_advisory_xact_lock(7245002)");
      expect((await indexNext(queues.database.pool, 10)).isOurs).toBe(false);
      await client.query("ROLLBACK");
    } finally {
      client.release();
    }
    expect((await indexNext(queues.database.pool, 10)).isOurs).toBe(true);
  });

  test("gets what was committed behind the mark at the next sweep, and is searched for it", async () => {
    const id = await enqueue({ late: true });
    const { rows } = await run("UPDATE job_search_mark SET up_to = (SELECT id FROM pgboss.job) RETURNING up_to");
    expect(rows).toEqual([{ up_to: id }]);
    const where: Where[] = [{ path: ["late"], op: "=", value: true }];
    await enqueue({ n: 2 });
    expect(await search({ where }, { steps: 1 })).toEqual([]);
    expect(await indexLate(queues.database.pool, 60_000, 10)).toBeUndefined();
    expect(await indexLate(queues.database.pool, 0, 10)).toBe(1);
    expect(await search({ where }, { steps: 1 })).toEqual([id]);
  });

  test("follows an edit, and forgets jobs that are gone", async () => {
    await enqueue({ n: 1 });
    await index();
    const [id = ""] = await search({});
    await run("UPDATE pgboss.job SET data = jsonb_set(data, '{input,n}', '2')");
    await reindexJobs(queues.database.pool, [id]);
    expect((await run("SELECT doc->'input' AS input FROM job_search")).rows).toEqual([{ input: { n: 2 } }]);
    await run("DELETE FROM pgboss.job");
    await clearDocuments(queues.database.pool);
    expect((await run("SELECT 1 FROM job_search")).rows).toHaveLength(1);
    await run("UPDATE job_search SET job_id = $1", [toFirstId(Date.now() - 8 * 24 * 3_600_000)]);
    await clearDocuments(queues.database.pool);
    expect((await run("SELECT 1 FROM job_search")).rows).toHaveLength(0);
  });
});
