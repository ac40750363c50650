import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { limitSchema } from "../limits.schema.ts";
import { revertDue } from "./changes.store.ts";
import {
  admin,
  allowedOf,
  causesOf,
  historyOf,
  MINUTE_MS,
  openFleet,
  operator,
  pick,
  rateLimited,
  READ,
  rowOf,
  usersList,
  type Fleet,
  type ProcessOptions,
  type TestDatabase,
} from "./changes.fixture.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet[Symbol.asyncDispose]());
afterEach(() => fleet.clear());

const startProcess = (options?: ProcessOptions) => fleet.startProcess(options);

describe("a change", () => {
  test("decides the next call, is told with its row, and reaches another process within two seconds", async () => {
    const one = await startProcess();
    const other = await startProcess();
    const { row, note } = await one.limits.update(operator, {
      name: READ,
      values: { limit: 500, burst: 100 },
      forMs: 15 * MINUTE_MS,
      reason: "A noisy import.",
    });
    expect(limitSchema.parse(row)).toEqual(row);
    expect(row).toMatchObject({
      limit: 500,
      burst: 100,
      configured: { limit: 1000, burst: 200, queueLimit: null },
      operatorBounds: { limit: { min: 500, max: 5000 }, burst: { min: 100, max: 1000 }, queueLimit: null },
      change: {
        by: "operator@desk.test",
        reason: "A noisy import.",
        revertTo: { limit: 1000, burst: 200, queueLimit: null },
      },
    });
    const { at = "", revertAt } = row.change ?? {};
    expect(Date.parse(revertAt ?? "") - Date.parse(at)).toBe(15 * MINUTE_MS);
    expect(note).toEqual({
      targetType: "limit",
      targetId: READ,
      before: { limit: 1000, burst: 200, queueLimit: null, revertAt: null, revertTo: null },
      after: {
        limit: 500,
        burst: 100,
        queueLimit: null,
        revertAt,
        revertTo: { limit: 1000, burst: 200, queueLimit: null },
      },
      reason: "A noisy import.",
    });
    expect(allowedOf(one)).toBe(100);
    expect(allowedOf(other)).toBe(200);
    await other.follow(() => expect(pick(other)).toEqual(pick(one)));
    expect(allowedOf(other, "user:2")).toBe(100);
  });

  test("of slots admits who waits, in this process at once and in another when it reads", async () => {
    const overrides = { read: { concurrency: 1, queue: 5 } };
    const one = await startProcess({ overrides });
    const other = await startProcess({ overrides });
    const never = new AbortController().signal;
    const waiting = [];
    for (const { limits } of [one, other]) {
      await limits.acquire(usersList, never);
      waiting.push(limits.acquire(usersList, never));
    }
    await one.limits.update(operator, { name: "read.concurrency", values: { limit: 2 } });
    await waiting[0];
    expect(rowOf(one, "read.concurrency")).toMatchObject({ limit: 2, inFlight: 2, waiting: 0, queueLimit: 5 });
    await other.follow(() => expect(rowOf(other, "read.concurrency")).toMatchObject({ limit: 2, inFlight: 2 }));
    await waiting[1];
  });

  test("that is kept outlives a restart, and another that is made for a time goes back to it", async () => {
    const first = await startProcess();
    await first.limits.update(admin, { name: READ, values: { limit: 300 }, reason: "For good." });
    await first.limits.stop();

    const second = await startProcess();
    expect(pick(second)).toMatchObject({
      limit: 300,
      burst: 200,
      change: { by: "admin@desk.test", revertAt: null, revertTo: null },
    });
    await second.limits.update(admin, { name: READ, values: { limit: 700 }, forMs: MINUTE_MS });
    await second.limits.update(operator, { name: READ, values: { burst: 150 }, forMs: MINUTE_MS });
    expect(pick(second)).toMatchObject({ limit: 700, burst: 150, change: { revertTo: { limit: 300, burst: 200 } } });
    await fleet.letTimePass();
    await second.follow(() =>
      expect(pick(second)).toMatchObject({
        limit: 300,
        burst: 200,
        change: { by: "admin@desk.test", reason: "For good.", revertAt: null, revertTo: null },
      }),
    );
    expect(await causesOf(second)).toEqual(["revert", "update", "update", "update"]);
  });

  test("is not taken back by an answer that was on its way", async () => {
    const { pool } = fleet.database;
    const late = Promise.withResolvers<void>();
    let isSlow = false;
    const query = async (statement: { name: string; text: string; values: unknown[] }) => {
      const answer = await pool.query(statement);
      if (isSlow) await late.promise;
      return answer;
    };
    const slow = Object.assign(Object.create(pool) as TestDatabase["pool"], { query });
    const one = await startProcess({ pool: slow });
    isSlow = true;
    await one.clock.advance(2000);
    await one.limits.update(operator, { name: READ, values: { burst: 100 } });
    late.resolve();
    // The reading that is under way ends before this resolves.
    await one.limits.stop();
    expect(pick(one).burst).toBe(100);
  });

  test("of a procedure with a limit of its own leaves the class alone", async () => {
    const one = await startProcess();
    await one.limits.update(admin, { name: "lab.rateLimited.rate", values: { limit: 30 } });
    expect(allowedOf(one, "user:1", 60, rateLimited)).toBe(30);
    expect(rowOf(one, "lab.rate").change).toBeNull();
    expect(rowOf(one, "lab.rateLimited.rate")).toMatchObject({ algorithm: "sliding-log", burst: null, limit: 30 });
  });
});

describe("the end of a change", () => {
  test("comes by a timer, whatever the database says, and is put down by whoever sees it due first, once", async () => {
    const processes = await Promise.all([startProcess(), startProcess(), startProcess()]);
    const [one, other] = processes;
    await one.limits.update(operator, { name: READ, values: { burst: 100 }, forMs: MINUTE_MS });
    await other.follow(() => expect(pick(other).burst).toBe(100));
    // The database has most of a minute to go by its own clock.
    await other.clock.advance(MINUTE_MS);
    expect(pick(other)).toEqual({ limit: 1000, burst: 200, queueLimit: null, change: null });
    expect(await causesOf(one)).toEqual(["update"]);
    // Nor does it come to life again for what the database says.
    await one.limits.update(operator, { name: "lab.rate", values: { burst: 900 } });
    await other.follow(() => expect(pick(other, "lab.rate").burst).toBe(900));
    expect(pick(other)).toMatchObject({ burst: 200, change: null });

    await fleet.letTimePass();
    await Promise.all(
      processes.map((each) => each.follow(() => expect(pick(each)).toMatchObject({ burst: 200, change: null }))),
    );
    expect(await historyOf(one)).toMatchObject([
      {
        name: READ,
        cause: "revert",
        by: "operator@desk.test",
        before: { limit: 1000, burst: 100, queueLimit: null },
        after: { limit: 1000, burst: 200, queueLimit: null },
        revertAt: null,
      },
      { name: "lab.rate", cause: "update" },
      { name: READ, cause: "update" },
    ]);
  });

  test("is put down once by twenty that try at the same moment", async () => {
    const one = await startProcess();
    for (const name of [READ, "lab.rate", "address.rate"]) {
      await one.limits.update(admin, { name, values: { burst: 300 }, forMs: MINUTE_MS });
    }
    await fleet.letTimePass();
    await Promise.all(Array.from({ length: 20 }, () => revertDue(fleet.database.pool)));
    expect((await causesOf(one)).filter((cause) => cause === "revert")).toHaveLength(3);
    expect((await fleet.database.pool.query("SELECT 1 FROM limit_change")).rowCount).toBe(0);
  });

  test("that came while nobody was up is where the next process starts", async () => {
    const first = await startProcess();
    await first.limits.update(operator, { name: READ, values: { burst: 100 }, forMs: MINUTE_MS });
    await first.limits.stop();
    await fleet.letTimePass();
    const second = await startProcess();
    expect(pick(second)).toMatchObject({ burst: 200, change: null });
    expect(await causesOf(second)).toEqual(["revert", "update"]);
  });

  test("comes before an edit that arrives after its time", async () => {
    const one = await startProcess();
    await one.limits.update(operator, { name: READ, values: { limit: 600, burst: 100 }, forMs: MINUTE_MS });
    await fleet.letTimePass();
    const { note } = await one.limits.update(operator, { name: READ, values: { limit: 800 } });
    expect(note).toMatchObject({
      before: { limit: 1000, burst: 200, revertAt: null },
      after: { limit: 800, burst: 200 },
    });
    expect(await causesOf(one)).toEqual(["update", "revert", "update"]);
  });
});
