import { openDatabase } from "@switchboard/db";
import { createTestDatabase, startTcpProxy } from "@switchboard/testing";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { createLogger } from "../../platform/logger.ts";
import {
  admin,
  MINUTE_MS,
  openFleet,
  operator,
  pick,
  READ,
  rowOf,
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

describe("rows that fit no limit", () => {
  test("are left alone and told once", async () => {
    const writer = await startProcess({ overrides: { "users.list": { burst: 7 } } });
    await writer.limits.update(admin, { name: "users.list.rate", values: { burst: 9 } });
    const lines: [string, unknown][] = [];
    const logger = {
      ...createLogger("silent"),
      info: (event: string, fields: unknown) => void lines.push([event, fields]),
    };
    const reader = await startProcess({ logger });
    await reader.clock.advance(2000);
    await reader.limits.update(admin, { name: READ, values: { burst: 300 } });
    expect(lines).toEqual([["limits.change.ignored", expect.objectContaining({ name: "users.list.rate" })]]);
    await fleet.database.pool.query(
      `UPDATE limit_change SET running = '{"limit": 0, "burst": 1, "queueLimit": null}' WHERE name = $1`,
      [READ],
    );
    await reader.follow(() => expect(pick(reader)).toMatchObject({ limit: 1000, burst: 200, change: null }));
  });

  test("are overrides as well", async () => {
    const lines: unknown[] = [];
    const logger = { ...createLogger("silent"), info: (_event: string, fields: unknown) => void lines.push(fields) };
    await fleet.database.pool.query(
      `INSERT INTO limit_override (name, caller, running, revision, by) VALUES
         ('gone.rate', 'address:192.0.2.1', '{"limit": 5, "burst": 5, "queueLimit": null}', 1, 'x'),
         ($1, 'address:192.0.2.2', '{"limit": 0, "burst": 5, "queueLimit": null}', 2, 'x'),
         ($1, 'address:192.0.2.3', '{"limit": 5, "burst": 5, "queueLimit": null}', 3, 'x')`,
      [READ],
    );
    const one = await startProcess({ logger });
    await one.clock.advance(4000);
    expect((await one.limits.get(READ)).overrides.map(({ caller }) => caller)).toEqual(["address:192.0.2.3"]);
    expect(lines).toEqual([
      expect.objectContaining({ name: "gone.rate", caller: "address:192.0.2.1", revision: 1 }),
      expect.objectContaining({ name: READ, caller: "address:192.0.2.2", revision: 2 }),
    ]);
  });
});

test("while the database is away values stay and a change ends in time; after it the process follows again", async () => {
  await using made = await createTestDatabase();
  const socketDir = new URL(inject("testPostgres").adminUrl).searchParams.get("host") ?? "";
  await using proxy = await startTcpProxy({ path: `${socketDir}/.s.PGSQL.5432` });
  const proxied = new URL(made.url);
  proxied.host = `${proxy.host}:${proxy.port}`;
  proxied.search = "";
  const far = await openDatabase({ databaseUrl: proxied.href, dataDir: "/nonexistent" });
  const near = await openDatabase({ databaseUrl: made.url, dataDir: "/nonexistent" });
  const lines: string[] = [];
  const note = (event: string): void => void lines.push(event);
  const logger = { ...createLogger("silent"), info: note, warn: note };
  try {
    const one = await startProcess({ pool: far.pool, logger });
    const other = await startProcess({ pool: near.pool });
    await one.limits.update(operator, { name: READ, values: { burst: 100 }, forMs: MINUTE_MS });
    await one.limits.update(operator, { name: "lab.rate", values: { limit: 1000 } });
    const brief = { name: "lab.rate", caller: "address:192.0.2.1", values: { burst: 800 } };
    const lasting = { ...brief, caller: "address:192.0.2.2" };
    await one.limits.overrides.set(operator, { ...brief, forMs: MINUTE_MS });
    await one.limits.overrides.set(operator, { ...lasting, forMs: null });
    proxy.cut();
    for (let outage = 0; outage < 3; outage += 1) {
      await one.follow(() => expect(lines).toEqual(["limits.changes.unread"]));
    }
    expect(pick(one)).toMatchObject({ burst: 100 });
    expect(rowOf(one, "lab.rate").overrideCount).toBe(2);
    await one.clock.advance(MINUTE_MS);
    expect(pick(one)).toMatchObject({ burst: 200, change: null });
    expect(pick(one, "lab.rate").limit).toBe(1000);
    expect(rowOf(one, "lab.rate").overrideCount).toBe(1);
    // No change without the database: what it was is not known to have been put down.
    await expect(one.limits.overrides.delete(operator, lasting)).rejects.toThrow();
    expect(rowOf(one, "lab.rate").overrideCount).toBe(1);

    await other.follow(() => expect(rowOf(other, "lab.rate").overrideCount).toBe(2));
    await other.limits.overrides.delete(operator, lasting);
    await other.limits.update(operator, { name: "lab.rate", values: { limit: 1500 } });
    proxy.resume();
    await vi.waitFor(
      async () => {
        await one.clock.advance(2000);
        expect(pick(one, "lab.rate").limit).toBe(1500);
        expect(rowOf(one, "lab.rate").overrideCount).toBe(0);
      },
      { timeout: 10_000 },
    );
    expect(lines).toEqual(["limits.changes.unread", "limits.changes.read-again"]);
  } finally {
    await fleet.clear();
    await far.stop();
    await near.stop();
  }
});

test("while the database refuses to write down what has gone back, changes of others are still followed", async () => {
  const one = await startProcess();
  const other = await startProcess();
  await other.limits.update(operator, { name: READ, values: { burst: 100 }, forMs: MINUTE_MS });
  await one.follow(() => expect(pick(one).burst).toBe(100));
  const { pool, asOwner } = fleet.database;
  await asOwner("ALTER TABLE limit_history ADD CONSTRAINT no_reverts CHECK (cause <> 'revert')");
  try {
    await fleet.letTimePass();
    await other.limits.update(operator, { name: "lab.rate", values: { limit: 1500 } });
    await one.follow(() => expect(pick(one, "lab.rate").limit).toBe(1500));
    expect(pick(one)).toMatchObject({ burst: 200, change: null });
    expect((await pool.query("SELECT 1 FROM limit_change WHERE name = $1", [READ])).rowCount).toBe(1);
  } finally {
    await asOwner("ALTER TABLE limit_history DROP CONSTRAINT no_reverts");
  }
  await one.follow(() => expect(pick(one, "lab.rate").limit).toBe(1500));
  await vi.waitFor(async () => {
    expect((await pool.query("SELECT 1 FROM limit_change WHERE name = $1", [READ])).rowCount).toBe(0);
  });
});
