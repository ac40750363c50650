import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { codeOf, refusalOf } from "../../desk.fixture.ts";
import type { Principal } from "../../trpc/context.ts";
import { limitHistoryInput } from "../limits.schema.ts";
import {
  admin,
  causesOf,
  historyOf,
  MINUTE_MS,
  openFleet,
  operator,
  pick,
  READ,
  type Fleet,
  type ProcessOptions,
} from "./changes.fixture.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet[Symbol.asyncDispose]());
afterEach(() => fleet.clear());

const startProcess = (options?: ProcessOptions) => fleet.startProcess(options);

describe("what can be done about a change", () => {
  test("Keep makes it last, under the name of whoever keeps it and for the reason it had", async () => {
    const one = await startProcess();
    await one.limits.update(operator, { name: READ, values: { burst: 100 }, forMs: MINUTE_MS, reason: "An import." });
    const { row } = await one.limits.update(admin, { name: READ, forMs: null });
    expect(row).toMatchObject({
      burst: 100,
      change: { by: "admin@desk.test", reason: "An import.", revertAt: null, revertTo: null },
    });
    await one.clock.advance(2 * MINUTE_MS);
    expect(pick(one).burst).toBe(100);
    expect(await causesOf(one)).toEqual(["keep", "update"]);
    expect(await codeOf(one.limits.update(admin, { name: READ, forMs: null }))).toBe("LIMIT_NOT_TEMPORARY");
  });

  test("restore goes back to what was kept, or to what is configured", async () => {
    const one = await startProcess();
    await one.limits.update(admin, { name: READ, values: { burst: 250 }, reason: "For good." });
    await one.limits.update(operator, { name: READ, values: { burst: 100 }, forMs: MINUTE_MS });
    const previous = await one.limits.update(operator, { name: READ, restore: "previous" });
    expect(previous.row).toMatchObject({
      burst: 250,
      change: { by: "admin@desk.test", reason: "For good.", revertAt: null },
    });
    expect(await codeOf(one.limits.update(operator, { name: READ, restore: "previous" }))).toBe("LIMIT_NOT_TEMPORARY");
    const configured = await one.limits.update(operator, { name: READ, restore: "configured" });
    expect(configured.row).toMatchObject({ burst: 200, change: null });
    // A limit that is as configured stays so, and nothing is put down.
    await one.limits.update(operator, { name: READ, restore: "configured" });
    expect(await causesOf(one)).toEqual(["restore", "restore", "update", "update"]);
  });

  test("values that are those configured leave no change behind, unless for a time", async () => {
    const one = await startProcess();
    await one.limits.update(admin, { name: READ, values: { burst: 250 } });
    const back = await one.limits.update(operator, { name: READ, values: { burst: 200 }, forMs: MINUTE_MS });
    expect(back.row).toMatchObject({ burst: 200, change: { revertTo: { burst: 250 } } });
    expect((await one.limits.update(operator, { name: READ, values: { burst: 200 } })).row.change).toBeNull();
  });

  test("of several editors who read the same one wins, and a late one is told who was first", async () => {
    const one = await startProcess();
    const other = await startProcess();
    const edits = await Promise.allSettled(
      [one, other, one, other, one, other].map(({ limits }, index) =>
        limits.update(admin, { name: READ, values: { burst: 300 + index }, expectedRevision: 0 }),
      ),
    );
    expect(edits.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const revision = (await one.limits.update(admin, { name: READ, values: { burst: 400 } })).row.change?.revision ?? 0;
    await one.limits.update(operator, { name: READ, restore: "configured" });
    const late = await refusalOf(
      other.limits.update(admin, { name: READ, values: { burst: 500 }, expectedRevision: revision }),
    );
    expect(late).toMatchObject({
      kind: "CONFLICT",
      code: "LIMIT_CHANGED",
      details: { by: "operator@desk.test", at: expect.stringMatching(/Z$/) },
    });
    expect(await causesOf(one)).toEqual(["restore", "update", "update"]);
  });
});

describe("bounds", () => {
  test("an operator may go to half and to five times, an admin further, nobody beyond the floors", async () => {
    const one = await startProcess();
    const set = (principal: Principal, values: object, name = READ) => one.limits.update(principal, { name, values });
    expect(await refusalOf(set(operator, { limit: 5001 }))).toMatchObject({
      kind: "FORBIDDEN",
      code: "LIMIT_NEEDS_ADMIN",
      details: { field: "limit", min: 500, max: 5000, needs: "admin" },
    });
    expect((await set(operator, { limit: 5000 })).row.limit).toBe(5000);
    expect((await set(admin, { limit: 5001 })).row.limit).toBe(5001);
    // What somebody else has kept is no reason to refuse another field.
    expect((await set(operator, { burst: 100 })).row).toMatchObject({ limit: 5001, burst: 100 });
    for (const [name, values, code] of [
      ["address.rate", { limit: 19 }, "LIMIT_OUT_OF_BOUNDS"],
      ["address.rate", { burst: 99 }, "LIMIT_OUT_OF_BOUNDS"],
      ["lab.rateLimited.rate", { limit: 201 }, "LIMIT_OUT_OF_BOUNDS"],
      ["lab.rateLimited.rate", { limit: 20.5 }, "LIMIT_OUT_OF_BOUNDS"],
      ["read.concurrency", { limit: 1.5 }, "LIMIT_OUT_OF_BOUNDS"],
      ["read.concurrency", { burst: 10 }, "LIMIT_FIELD"],
      [READ, { queueLimit: 10 }, "LIMIT_FIELD"],
    ] as const) {
      expect(await refusalOf(set(admin, values, name))).toMatchObject({ kind: "BAD_REQUEST", code });
    }
    expect(await codeOf(set(admin, { limit: 1 }, "nothing.rate"))).toBe("LIMIT_NOT_FOUND");
  });

  test("an operator keeps no change that only an admin could have made", async () => {
    const one = await startProcess();
    await one.limits.update(admin, { name: READ, values: { limit: 9000 }, forMs: MINUTE_MS });
    expect(await codeOf(one.limits.update(operator, { name: READ, forMs: null }))).toBe("LIMIT_NEEDS_ADMIN");
    expect((await one.limits.update(admin, { name: READ, forMs: null })).row.limit).toBe(9000);
  });
});

describe("history", () => {
  test("pages concatenate to the list, newest first, of one limit or of all", async () => {
    const one = await startProcess();
    for (let burst = 201; burst <= 205; burst += 1) {
      await one.limits.update(admin, { name: burst % 2 ? READ : "lab.rate", values: { burst } });
    }
    const all = await historyOf(one);
    expect(all.map(({ after }) => after.burst)).toEqual([205, 204, 203, 202, 201]);
    const paged: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await one.limits.history(limitHistoryInput.parse({ limit: 2, cursor }));
      paged.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(paged).toEqual(all);
    expect((await historyOf(one, { name: READ })).map(({ after }) => after.burst)).toEqual([205, 203, 201]);
  });
});
