import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultMigrationsDir } from "@switchboard/db";
import { createEmptyDatabase, openTestDatabase } from "@switchboard/testing";
import fc from "fast-check";
import { Client, Pool } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rechainFrom, rowOf } from "./audit.fixture.ts";
import { appendEvents, selectChainEnds } from "./audit.store.ts";
import { verifyAudit, type Verdict } from "./verify.ts";

let database: Awaited<ReturnType<typeof openTestDatabase>>;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database[Symbol.asyncDispose]());

const append = (count: number, action = "test.row") =>
  appendEvents(
    database.pool,
    Array.from({ length: count }, (_, index) => rowOf(`${action}${index + 1}`)),
  );

/** What somebody could do who has the owner's rights and knows about the triggers. */
const tamper = (sql: string) =>
  database.asOwner(`ALTER TABLE audit_event DISABLE TRIGGER ALL; ${sql}; ALTER TABLE audit_event ENABLE TRIGGER ALL`);

const problemOf = ({ state, problem }: Verdict) => [state, problem?.seq, problem?.finding];

test("four connections that append 500 rows each at once leave one chain without gaps", async () => {
  const rows = Array.from({ length: 4 }, (_, connection) =>
    Array.from({ length: 500 }, (_, index) => rowOf(`c${connection}.n${index}`)),
  );
  await Promise.all(
    rows.map(async (own) => {
      for (let start = 0; start < own.length;) {
        const size = 1 + (start % 37);
        await appendEvents(database.pool, own.slice(start, start + size));
        start += size;
      }
    }),
  );
  const verdict = await verifyAudit(database.pool);
  expect(verdict).toMatchObject({ state: "whole", events: 2000, head: { seq: 2000 } });
  const { rows: found } = await database.pool.query<{ action: string; at: Date }>(
    "SELECT action, at FROM audit_event ORDER BY seq",
  );
  expect(new Set(found.map(({ action }) => action)).size).toBe(2000);
  // Those of one connection in their order, and the times of all in the order of the rows.
  expect(found.map(({ action }) => action).filter((action) => action.startsWith("c2."))).toEqual(
    rows[2]?.map(({ action }) => action),
  );
  const times = found.map(({ at }) => at.getTime());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(await selectChainEnds(database.pool)).toEqual({
    firstSeq: 1,
    headSeq: 2000,
    headHash: verdict.head.hash,
    pruned: 0,
  });
});

test("a batch of which one row is refused leaves no row and no gap", async () => {
  await append(2);
  await expect(appendEvents(database.pool, [rowOf("good"), rowOf("bad", { actorId: "no uuid" })])).rejects.toThrow(
    "uuid",
  );
  await append(1);
  expect(await verifyAudit(database.pool)).toMatchObject({ state: "whole", events: 3, head: { seq: 3 } });
});

test("number, time and hash of a row cannot be chosen by who appends it", async () => {
  const forged = { ...rowOf("forged"), seq: 77, at: "2001-01-01T00:00:00Z", hash: "\\x00" };
  await appendEvents(database.pool, [forged]);
  const { rows } = await database.pool.query<{ seq: string; isNow: boolean }>(
    `SELECT seq, at > now() - interval '1 minute' AS "isNow" FROM audit_event`,
  );
  expect(rows).toEqual([{ seq: "1", isNow: true }]);
  expect((await verifyAudit(database.pool)).state).toBe("whole");
});

test("an empty log is whole, and has no head but the one before the first row", async () => {
  expect(await verifyAudit(database.pool)).toEqual({
    state: "whole",
    events: 0,
    head: { seq: 0, hash: "0".repeat(64) },
    checkpoint: undefined,
  });
});

test("rows that were there before the chain become its beginning, in the order in which they were listed", async () => {
  await using empty = await createEmptyDatabase();
  const client = new Client({ connectionString: empty.url });
  await client.connect();
  const pool = new Pool({ connectionString: empty.url, max: 1 });
  // The database is dropped while it says goodbye.
  pool.on("error", () => undefined);
  try {
    for (const name of ["20261123011000_audit", "20261123050000_audit_chain"]) {
      const sql = readFileSync(join(defaultMigrationsDir, name, "migration.sql"), "utf8");
      await client.query(sql);
      if (name !== "20261123011000_audit") continue;
      await client.query(`
        INSERT INTO audit_event (id, at, action, outcome, via, before)
        SELECT gen_random_uuid(), timestamptz '2026-01-01' + (n % 7) * interval '1 hour', 'old.n' || n, 'ok', 'system', '{"a": 1}'
          FROM generate_series(1, 300) AS n`);
    }
    expect(await verifyAudit(pool)).toMatchObject({ state: "whole", events: 300, head: { seq: 300 } });
    const { rows } = await client.query("SELECT seq FROM audit_event ORDER BY at, id");
    expect(rows.map(({ seq }: { seq: string }) => Number(seq))).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    );
    await expect(client.query("DELETE FROM audit_event")).rejects.toThrow("append-only");
  } finally {
    await pool.end();
    await client.end();
  }
});

describe("a log that somebody changed", () => {
  test("a changed row is named, whichever of its columns it is", async () => {
    await append(40);
    const columns = {
      id: "gen_random_uuid()",
      at: "at + interval '1 ms'",
      action: "action || 'x'",
      outcome: "'failed'",
      code: "'X'",
      actor_id: "gen_random_uuid()",
      actor_email: "NULL",
      via: "'system'",
      key_name: "'k'",
      address: "address || '0'",
      request_id: "'r'",
      target_type: "NULL",
      target_id: "'u2'",
      before: `'{"n":1}'`,
      after: `after || '{"n":1.5}'`,
      reason: "'because'",
      undoes: "gen_random_uuid()",
      hash: "sha256('x')",
    };
    await database.asOwner("CREATE TABLE kept AS SELECT * FROM audit_event");
    const column = fc.constantFrom(...Object.entries(columns));
    await fc.assert(
      fc.asyncProperty(column, fc.integer({ min: 1, max: 40 }), async ([name, value], seq) => {
        await tamper(`UPDATE audit_event SET ${name} = ${value} WHERE seq = ${seq}`);
        const verdict = await verifyAudit(database.pool);
        await tamper("DELETE FROM audit_event; INSERT INTO audit_event SELECT * FROM kept");
        expect(problemOf(verdict)).toEqual(["broken", seq, "changed"]);
      }),
      { numRuns: 40 },
    );
    expect((await verifyAudit(database.pool)).state).toBe("whole");
  });

  test.each([
    ["the first", 1],
    ["one in the middle", 20],
  ])("%s row that is missing is named", async (_name, seq) => {
    await append(40);
    await tamper(`DELETE FROM audit_event WHERE seq = ${seq}`);
    expect(problemOf(await verifyAudit(database.pool))).toEqual(["broken", seq, "missing"]);
  });

  test.each([
    ["neighbours", 10, 11],
    ["rows apart", 10, 30],
  ])("%s that changed places are named", async (_name, one, other) => {
    await append(40);
    await tamper(`UPDATE audit_event SET seq = -seq WHERE seq IN (${one}, ${other});
                  UPDATE audit_event SET seq = CASE seq WHEN -${one} THEN ${other} ELSE ${one} END WHERE seq < 0`);
    expect(problemOf(await verifyAudit(database.pool))).toEqual(["broken", one, "reordered"]);
  });

  test("rows that were taken out and closed up are named", async () => {
    await append(40);
    await tamper("DELETE FROM audit_event WHERE seq = 10; UPDATE audit_event SET seq = seq - 1 WHERE seq > 10");
    expect(problemOf(await verifyAudit(database.pool))[0]).toBe("broken");
  });

  test("a row that was put in is named", async () => {
    await append(10);
    await tamper(`INSERT INTO audit_event (id, seq, at, action, outcome, via, hash)
                  VALUES (gen_random_uuid(), 11, now(), 'forged', 'ok', 'system', sha256('x'))`);
    expect(problemOf(await verifyAudit(database.pool))).toEqual(["broken", 11, "changed"]);
  });

  test("a row outside of the numbers is counted", async () => {
    await append(10);
    await tamper(`INSERT INTO audit_event (id, seq, at, action, outcome, via, hash)
                  VALUES (gen_random_uuid(), 0, now(), 'forged', 'ok', 'system', sha256('x'))`);
    expect(problemOf(await verifyAudit(database.pool))[0]).toBe("broken");
  });

  test("a second row of one number is counted, also where the pages of the verification meet", async () => {
    await append(1000);
    await tamper(`DROP INDEX audit_event_seq_key; INSERT INTO audit_event (id, seq, at, action, outcome, via, hash)
                  SELECT gen_random_uuid(), seq, at, action, outcome, via, hash FROM audit_event WHERE seq = 1000`);
    expect(problemOf(await verifyAudit(database.pool))[0]).toBe("broken");
  });

  test("a log that was made anew from a row on is found by a head that was noted before", async () => {
    await append(20);
    const { head } = await verifyAudit(database.pool);
    await append(20);
    expect((await verifyAudit(database.pool, head)).state).toBe("whole");
    expect((await verifyAudit(database.pool, { seq: undefined, hash: head.hash })).state).toBe("whole");

    await tamper(`UPDATE audit_event SET action = 'nothing' WHERE seq = 10; ${rechainFrom(10)}`);
    expect((await verifyAudit(database.pool)).state).toBe("whole");
    expect(problemOf(await verifyAudit(database.pool, head))).toEqual(["broken", 20, "rechained"]);
    expect(problemOf(await verifyAudit(database.pool, { seq: undefined, hash: head.hash }))[0]).toBe("broken");
  });

  test("an end that was cut off is found by a head that was noted before", async () => {
    await append(20);
    const { head } = await verifyAudit(database.pool);
    await tamper("DELETE FROM audit_event WHERE seq > 15");
    expect((await verifyAudit(database.pool)).state).toBe("whole");
    expect(problemOf(await verifyAudit(database.pool, head))).toEqual(["broken", 20, "cut"]);
    expect(problemOf(await verifyAudit(database.pool, { seq: undefined, hash: head.hash }))[0]).toBe("broken");
    // Rows that were added since do not cover it up.
    await append(10);
    expect(problemOf(await verifyAudit(database.pool, head))).toEqual(["broken", 20, "rechained"]);
  });
});

test("a verification sees the log of one moment, while others append", async () => {
  await append(2500);
  let isOver = false;
  const appending = (async () => {
    while (!isOver) await append(20, "more");
  })();
  try {
    for (let round = 0; round < 5; round += 1) expect((await verifyAudit(database.pool)).state).toBe("whole");
  } finally {
    isOver = true;
    await appending;
  }
});
