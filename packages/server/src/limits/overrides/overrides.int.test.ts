import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { inTransaction, type Sql } from "../../platform/sql.ts";
import {
  admin,
  allowedOf,
  historyOf,
  MINUTE_MS,
  openFleet,
  operator,
  rateLimited,
  READ,
  rowOf,
  usersList,
  type Fleet,
} from "../changes/changes.fixture.ts";
import { lockLimit } from "../changes/changes.store.ts";
import { limitDetailSchema } from "../limits.schema.ts";
import { CALLER, codeOf, end, OTHER, overridesOf, set } from "./overrides.fixture.ts";
import { limitOverrideSchema } from "./overrides.schema.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet[Symbol.asyncDispose]());
afterEach(() => fleet.clear());

const insertMany = (sql: Sql, count: number) =>
  sql.query(
    `INSERT INTO limit_override (name, caller, running, revision, by)
     SELECT $1, 'address:198.51.100.' || n, '{"limit": 1000, "burst": 150, "queueLimit": null}', n, 'x'
       FROM generate_series(1, $2) AS n`,
    [READ, count],
  );
/** How many transactions wait for the lock of a limit. */
const countWaiting = async (sql: Sql): Promise<number | null> =>
  (
    await sql.query(
      `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
  ).rowCount;

describe("an override", () => {
  test("decides the caller's next call, is told with the limit, and reaches another process within two seconds", async () => {
    const one = await fleet.startProcess();
    const other = await fleet.startProcess();
    const { override, note } = await set(one, { values: { burst: 300 }, forMs: 60 * MINUTE_MS, reason: "An import." });
    expect(limitOverrideSchema.parse(override)).toEqual(override);
    expect(override).toMatchObject({
      name: READ,
      caller: CALLER,
      label: `Label of ${CALLER}`,
      limit: 1000,
      burst: 300,
      by: "operator@desk.test",
      reason: "An import.",
    });
    expect(Date.parse(override.until ?? "") - Date.parse(override.at)).toBe(60 * MINUTE_MS);
    expect(note).toEqual({
      targetType: "limit-override",
      targetId: `${READ} ${CALLER}`,
      before: null,
      after: { limit: 1000, burst: 300, until: override.until },
      reason: "An import.",
    });
    expect(allowedOf(one, CALLER)).toBe(300);
    expect(allowedOf(one, OTHER)).toBe(200);
    expect(one.limits.peekPrincipal(usersList.path, CALLER)).toMatchObject({ limit: 1000, remaining: 0, resetMs: 300 });
    expect(limitDetailSchema.parse(await one.limits.get(READ))).toMatchObject({
      overrideCount: 1,
      overrides: [override],
      change: null,
    });
    expect(await overridesOf(one, "read.concurrency")).toEqual([]);

    expect(allowedOf(other, CALLER)).toBe(200);
    await other.follow(() => expect(rowOf(other, READ).overrideCount).toBe(1));
    expect(await overridesOf(other)).toEqual([override]);
    // What was used there stays used.
    expect(allowedOf(other, CALLER)).toBe(300);
    expect(await historyOf(other, { name: READ })).toMatchObject([
      {
        name: READ,
        caller: CALLER,
        cause: "override",
        before: { limit: 1000, burst: 200, queueLimit: null },
        after: { limit: 1000, burst: 300, queueLimit: null },
        reason: "An import.",
        revertAt: override.until,
      },
    ]);
  });

  test("goes by what the caller has now, keeps what is not named, and outlives a restart", async () => {
    const one = await fleet.startProcess();
    await one.limits.update(operator, { name: READ, values: { limit: 600 } });
    await set(one, { values: { burst: 250 } });
    const { override, note } = await set(one, { values: { limit: 700 } });
    expect(override).toMatchObject({ limit: 700, burst: 250, until: null });
    expect(note).toMatchObject({ before: { limit: 600, burst: 250, until: null } });
    // A change of the limit is for all others.
    await one.limits.update(operator, { name: READ, values: { burst: 100 } });
    await one.limits.stop();
    const second = await fleet.startProcess();
    expect(allowedOf(second, CALLER)).toBe(250);
    expect(allowedOf(second, OTHER)).toBe(100);
    expect(await overridesOf(second)).toEqual([override]);
  });

  test("that is deleted is told as it was, and the caller has what all have", async () => {
    const one = await fleet.startProcess();
    const other = await fleet.startProcess();
    const { override } = await set(one, { values: { burst: 100 } });
    await other.follow(() => expect(rowOf(other, READ).overrideCount).toBe(1));
    const ended = await end(other, { reason: "Done." });
    expect(ended.override).toEqual(override);
    expect(ended.note).toMatchObject({
      before: { limit: 1000, burst: 100, until: null },
      after: null,
      reason: "Done.",
    });
    expect(allowedOf(other, CALLER)).toBe(200);
    await one.follow(() => expect(rowOf(one, READ).overrideCount).toBe(0));
    expect(await historyOf(one)).toMatchObject([
      { caller: CALLER, cause: "override-end", before: { burst: 100 }, after: { burst: 200 }, reason: "Done." },
      { caller: CALLER, cause: "override" },
    ]);
    expect(await codeOf(end(one))).toBe("LIMIT_OVERRIDE_NOT_FOUND");
  });

  test("of an IPv6 address is its network's, at the limit of addresses as at all others", async () => {
    const one = await fleet.startProcess();
    const address = { caller: "address:2001:DB8:1:2::5" };
    await set(one, { ...address, values: { burst: 100 } });
    await set(one, { ...address, name: "address.rate", values: { burst: 5000 } });
    expect((await overridesOf(one))[0]?.caller).toBe("address:2001:db8:1:2::/64");
    expect(allowedOf(one, "address:2001:db8:1:2::77")).toBe(100);
    expect(one.limits.takeAddress("2001:db8:1:2::77")).toMatchObject({ limit: 2000, remaining: 4999 });
    expect(one.limits.takeAddress("2001:db8:1:3::77")).toMatchObject({ limit: 2000, remaining: 3999 });
    expect((await end(one, { caller: "address:2001:db8:1:2::/64" })).override.burst).toBe(100);
  });

  test("of a sliding log has a limit and no burst", async () => {
    const one = await fleet.startProcess();
    const name = "lab.rateLimited.rate";
    const { override } = await set(one, { name, values: { limit: 60 } });
    expect(override).toMatchObject({ limit: 60, burst: null });
    expect(allowedOf(one, CALLER, 100, rateLimited)).toBe(60);
    expect(await codeOf(set(one, { name, values: { burst: 60 } }))).toBe("LIMIT_FIELD");
  });
});

describe("what is refused", () => {
  test.each([
    ["an unknown limit", { name: "nothing.rate" }, "LIMIT_NOT_FOUND"],
    ["slots", { name: "read.concurrency" }, "LIMIT_NOT_A_RATE"],
    ["a person who has no id", { caller: "user:somebody" }, "LIMIT_CALLER"],
    ["a person at a limit of addresses", { name: "address.rate" }, "LIMIT_CALLER"],
    ["no address", { caller: "address:192.0.2.300" }, "LIMIT_CALLER"],
    ["less than next to nothing", { values: { limit: 0.01 } }, "LIMIT_OUT_OF_BOUNDS"],
    ["more than an operator may", { values: { burst: 1001 } }, "LIMIT_NEEDS_ADMIN"],
    ["less than an operator may", { values: { burst: 99 } }, "LIMIT_NEEDS_ADMIN"],
    ["a revision that is none", { expectedRevision: 7 }, "LIMIT_CHANGED"],
  ])("%s", async (_what, input, code) => {
    const one = await fleet.startProcess();
    expect(await codeOf(set(one, { values: { burst: 150 }, ...input }))).toBe(code);
    expect(await historyOf(one)).toEqual([]);
    expect(rowOf(one, READ).overrideCount).toBe(0);
  });

  test("an address may not have less than opens the dashboard, whoever gives it", async () => {
    const one = await fleet.startProcess();
    const caller = { name: "address.rate", caller: "address:192.0.2.1" };
    expect(await codeOf(set(one, { ...caller, values: { limit: 19 } }, admin))).toBe("LIMIT_OUT_OF_BOUNDS");
    expect(await codeOf(set(one, { ...caller, values: { limit: 20, burst: 100 } }, admin))).toBe("none");
  });

  test("a second editor is told that somebody was faster, and the next one is not", async () => {
    const one = await fleet.startProcess();
    const { override } = await set(one, { values: { burst: 150 }, expectedRevision: 0 });
    expect(await codeOf(set(one, { values: { burst: 160 }, expectedRevision: 0 }))).toBe("LIMIT_CHANGED");
    const next = await set(one, { values: { burst: 160 }, expectedRevision: override.revision });
    await end(one);
    await expect(set(one, { values: { burst: 160 }, expectedRevision: next.override.revision })).rejects.toMatchObject({
      code: "LIMIT_CHANGED",
      details: { by: "operator@desk.test" },
    });
  });

  test("of a limit the last editor is named, not who gave a caller something since", async () => {
    const one = await fleet.startProcess();
    await one.limits.update(operator, { name: READ, values: { burst: 150 } });
    await one.limits.update(operator, { name: READ, restore: "configured" });
    await set(one, { values: { burst: 150 } }, admin);
    const late = one.limits.update(operator, { name: READ, values: { burst: 160 }, expectedRevision: 1 });
    await expect(late).rejects.toMatchObject({ code: "LIMIT_CHANGED", details: { by: "operator@desk.test" } });
  });

  test("an operator may keep what an admin has given for good, and not make last what an admin gave for a time", async () => {
    const one = await fleet.startProcess();
    await set(one, { values: { burst: 5000 } }, admin);
    expect((await set(one, { values: { limit: 900 }, forMs: MINUTE_MS })).override).toMatchObject({ burst: 5000 });
    expect(await codeOf(set(one, { values: { limit: 800 } }))).toBe("LIMIT_NEEDS_ADMIN");
    expect((await overridesOf(one))[0]).toMatchObject({ limit: 900, burst: 5000 });
  });

  test("one caller more than 200 is, until somebody deletes one", async () => {
    const one = await fleet.startProcess();
    await insertMany(fleet.database.pool, 199);
    await set(one, { values: { burst: 150 } });
    expect(await codeOf(set(one, { caller: OTHER, values: { burst: 150 } }))).toBe("LIMIT_OVERRIDES_FULL");
    expect(await codeOf(set(one, { values: { burst: 160 } }))).toBe("none");
    await one.follow(() => expect(rowOf(one, READ).overrideCount).toBe(200));
    await end(one);
    expect(await codeOf(set(one, { caller: OTHER, values: { burst: 150 } }))).toBe("none");
  });

  test("of two that take the last place at once one is", async () => {
    const one = await fleet.startProcess();
    const { pool } = fleet.database;
    const refused = await inTransaction(pool, async (sql) => {
      await lockLimit(sql, READ);
      await insertMany(sql, 200);
      const second = codeOf(set(one, { values: { burst: 150 } }));
      await expect.poll(() => countWaiting(pool)).toBe(1);
      return { second };
    });
    expect(await refused.second).toBe("LIMIT_OVERRIDES_FULL");
  });
});
