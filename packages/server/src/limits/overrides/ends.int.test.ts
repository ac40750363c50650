import { createFakeClock } from "@switchboard/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../platform/sql.ts";
import {
  allowedOf,
  historyOf,
  MINUTE_MS,
  openFleet,
  operator,
  pick,
  READ,
  rowOf,
  type Fleet,
} from "../changes/changes.fixture.ts";
import { CALLER, codeOf, end, OTHER, set } from "./overrides.fixture.ts";
import { endDueOverrides, holdOverride } from "./overrides.store.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
});
afterAll(() => fleet[Symbol.asyncDispose]());
afterEach(() => fleet.clear());

describe("the end of an override", () => {
  test("comes by a timer, whatever the database says, and is put down by whoever sees it due first, once", async () => {
    const processes = await Promise.all([fleet.startProcess(), fleet.startProcess(), fleet.startProcess()]);
    const [one, other] = processes;
    await one.limits.update(operator, { name: READ, values: { limit: 800 } });
    await set(one, { values: { burst: 300 }, forMs: MINUTE_MS });
    await other.follow(() => expect(rowOf(other, READ).overrideCount).toBe(1));
    // The database has most of a minute to go by its own clock.
    await other.clock.advance(MINUTE_MS);
    expect(rowOf(other, READ).overrideCount).toBe(0);
    expect(allowedOf(other, CALLER)).toBe(200);
    // Nor does it come to life again for what the database says.
    await one.limits.update(operator, { name: "lab.rate", values: { burst: 900 } });
    await other.follow(() => expect(pick(other, "lab.rate").burst).toBe(900));
    expect(rowOf(other, READ).overrideCount).toBe(0);

    await fleet.letTimePass();
    await Promise.all(processes.map((each) => each.follow(() => expect(rowOf(each, READ).overrideCount).toBe(0))));
    const history = await historyOf(one, { name: READ });
    expect(history.map(({ cause, caller }) => [cause, caller])).toEqual([
      ["revert", CALLER],
      ["override", CALLER],
      ["update", null],
    ]);
    expect(history[0]).toMatchObject({
      by: "operator@desk.test",
      before: { limit: 800, burst: 300, queueLimit: null },
      after: { limit: 800, burst: 200, queueLimit: null },
      revertAt: null,
    });
  });

  test("is put down once by several that try at the same moment: who finds it held leaves it", async () => {
    const one = await fleet.startProcess();
    const { pool } = fleet.database;
    await set(one, { values: { burst: 300 }, forMs: MINUTE_MS });
    await set(one, { caller: OTHER, values: { burst: 300 }, forMs: MINUTE_MS });
    await fleet.letTimePass();
    const configured = { [READ]: { limit: 1000, burst: 200, queueLimit: null } };
    await inTransaction(pool, async (sql) => {
      await holdOverride(sql, READ, CALLER);
      await Promise.all(Array.from({ length: 5 }, () => endDueOverrides(pool, configured)));
    });
    expect(await historyOf(one)).toMatchObject([{ cause: "revert", caller: OTHER }, {}, {}]);
    await Promise.all(Array.from({ length: 5 }, () => endDueOverrides(pool, configured)));
    const reverts = (await historyOf(one)).filter(({ cause }) => cause === "revert");
    expect(reverts.map(({ caller, after }) => [caller, after])).toEqual([
      [CALLER, configured[READ]],
      [OTHER, configured[READ]],
    ]);
    expect((await pool.query("SELECT 1 FROM limit_override")).rowCount).toBe(0);
  });

  test("comes before an edit that arrives after its time, and leaves nothing to delete", async () => {
    const one = await fleet.startProcess();
    await set(one, { values: { limit: 900, burst: 300 }, forMs: MINUTE_MS });
    await set(one, { caller: OTHER, values: { burst: 300 }, forMs: MINUTE_MS });
    await fleet.letTimePass();
    const { note } = await set(one, { values: { limit: 800 } });
    expect(note).toMatchObject({ before: null, after: { limit: 800, burst: 200, until: null } });
    expect(await codeOf(end(one, { caller: OTHER }))).toBe("LIMIT_OVERRIDE_NOT_FOUND");
    expect(await historyOf(one)).toMatchObject([
      { caller: CALLER, cause: "override" },
      { cause: "revert" },
      { cause: "revert" },
      { cause: "override" },
      { cause: "override" },
    ]);
  });

  test("comes with an undo, when what it would put back has had its time, and with another it comes to nothing", async () => {
    const one = await fleet.startProcess();
    await set(one, { values: { burst: 300 } });
    const target = { name: READ, caller: CALLER };
    const noted = { limit: 1000, burst: 400, until: "2026-01-01T00:00:00.000Z" };
    const note = await one.limits.overrides.putBack(operator, target, noted, "Not needed.");
    expect(note).toMatchObject({ before: { burst: 300 }, after: null, reason: "Not needed." });
    expect(await one.limits.overrides.read(target)).toBeNull();
    expect(allowedOf(one, CALLER)).toBe(200);
    await one.limits.overrides.putBack(operator, target, noted, undefined);
    expect((await historyOf(one)).map(({ cause }) => cause)).toEqual(["undo", "override"]);
  });

  test("that is a month away is waited for in days: a longer timer fires at once", async () => {
    const waits: number[] = [];
    const clock = createFakeClock();
    const after: typeof clock.after = (ms, fn) => {
      waits.push(ms);
      return clock.after(ms, fn);
    };
    const one = await fleet.startProcess({ clock: { ...clock, after } });
    await set(one, { values: { burst: 300 }, forMs: 30 * 24 * 60 * MINUTE_MS });
    expect(waits).toHaveLength(1);
    expect(Math.max(...waits)).toBeLessThan(2 ** 31);
  });
});
