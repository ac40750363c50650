import { createFakeClock, openTestDatabase } from "@switchboard/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { codeOf, openDesk, testIds, type Desk } from "../desk.fixture.ts";
import { createLogger } from "../platform/logger.ts";
import { rechainFrom, rowOf } from "./audit.fixture.ts";
import { createAudit } from "./audit.service.ts";
import { appendEvents } from "./audit.store.ts";
import { pruneEvents } from "./retention.store.ts";
import { verifyAudit } from "./verify.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk[Symbol.asyncDispose]());

/** Events 1 to `old`, of 100 days ago and earlier, and five of today. */
async function fillLog(old: number): Promise<void> {
  const rows = Array.from({ length: old + 5 }, (_, index) => rowOf(`n${index + 1}`));
  await appendEvents(desk.database.pool, rows);
  await desk.database.asOwner(`
    ALTER TABLE audit_event DISABLE TRIGGER ALL;
    UPDATE audit_event SET at = at - interval '100 days' - (${old} - seq) * interval '1 minute' WHERE seq <= ${old};
    ${rechainFrom(1)};
    ALTER TABLE audit_event ENABLE TRIGGER ALL`);
}

const readActions = async (): Promise<string[]> =>
  (await desk.database.pool.query<{ action: string }>("SELECT action FROM audit_event ORDER BY seq")).rows.map(
    ({ action }) => action,
  );

test("a prune removes what is older, says so in the log, and the chain goes on from its checkpoint", async () => {
  await fillLog(20);
  const { head } = await verifyAudit(desk.database.pool);
  const owner = await desk.addPerson("owner");
  expect(await desk.as(owner).audit.retention.preview({ days: 90 })).toMatchObject({ events: 20 });
  await desk.audit.retention.set(owner, 90);
  await desk.audit.sweep();
  expect(await readActions()).toEqual(["n21", "n22", "n23", "n24", "n25", "audit.prune"]);
  const { items } = await desk.as(owner).audit.list({ action: "audit.prune" });
  expect(items).toMatchObject([
    { seq: 26, via: "system", outcome: "ok", after: { events: 20, throughSeq: 20, keepsDays: 90 } },
  ]);

  const verdict = await verifyAudit(desk.database.pool, head);
  expect(verdict).toMatchObject({ state: "whole", events: 6, head: { seq: 26 }, checkpoint: { seq: 20 } });
  expect(items[0]?.after).toMatchObject({ throughHash: verdict.checkpoint?.hash });
  expect(await desk.as(owner).audit.integrity()).toMatchObject({
    events: 6,
    firstSeq: 21,
    headSeq: 26,
    headHash: verdict.head.hash,
    pruned: 20,
    retentionDays: 90,
    isRoleSeparated: true,
  });
  // The next one finds nothing, and leaves no trace.
  await desk.audit.sweep();
  expect(await readActions()).toHaveLength(6);
});

test("without a retention nothing is removed", async () => {
  await fillLog(5);
  await desk.audit.sweep();
  const owner = await desk.addPerson("owner");
  await desk.audit.retention.set(owner, 30);
  await desk.audit.retention.set(owner, null);
  await desk.audit.sweep();
  expect(await readActions()).toHaveLength(10);
});

test("a log of which all is too old goes on counting after it is pruned", async () => {
  await fillLog(5);
  await desk.database.asOwner(`
    ALTER TABLE audit_event DISABLE TRIGGER ALL;
    UPDATE audit_event SET at = now() - interval '90 days' WHERE seq > 5; ${rechainFrom(6)};
    ALTER TABLE audit_event ENABLE TRIGGER ALL`);
  expect(await pruneEvents(desk.database.pool, 60, 100, testIds.uuid())).toBe(10);
  await appendEvents(desk.database.pool, [rowOf("next")]);
  expect(await verifyAudit(desk.database.pool)).toMatchObject({ state: "whole", events: 2, head: { seq: 12 } });
});

test("a long prune goes in steps, each of which leaves the log whole", async () => {
  await fillLog(25);
  const removed: number[] = [];
  for (let n = -1; n !== 0;) {
    n = await pruneEvents(desk.database.pool, 60, 10, testIds.uuid());
    removed.push(n);
    expect((await verifyAudit(desk.database.pool)).state).toBe("whole");
  }
  expect(removed).toEqual([10, 10, 5, 0]);
});

test("two processes that prune at once remove nothing twice", async () => {
  await fillLog(20);
  const prune = () => pruneEvents(desk.database.pool, 60, 100, testIds.uuid());
  const removed = await Promise.all([prune(), prune(), prune(), prune()]);
  expect(removed.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 20]);
  expect((await verifyAudit(desk.database.pool)).state).toBe("whole");
});

test.each([29, 0, -1, null])("a retention of %s days is refused by the database itself", async (days) => {
  await fillLog(5);
  await expect(desk.database.pool.query("SELECT audit_prune($1, 10, gen_random_uuid())", [days])).rejects.toThrow(
    "30 days at least",
  );
  expect(await readActions()).toHaveLength(10);
});

test("what is in front of the cut cannot be noted any more, and what was noted at the cut can", async () => {
  await fillLog(20);
  const { rows } = await desk.database.pool.query<{ seq: number; hash: string }>(
    "SELECT seq::int AS seq, encode(hash, 'hex') AS hash FROM audit_event WHERE seq IN (10, 20) ORDER BY seq",
  );
  await pruneEvents(desk.database.pool, 60, 100, testIds.uuid());
  expect(await verifyAudit(desk.database.pool, rows[0])).toMatchObject({
    state: "unknown",
    problem: { finding: "pruned" },
  });
  expect(await verifyAudit(desk.database.pool, rows[1])).toMatchObject({ state: "whole" });
  const other = { seq: 20, hash: "ab".repeat(32) };
  expect(await verifyAudit(desk.database.pool, other)).toMatchObject({
    state: "broken",
    problem: { finding: "rechained" },
  });
});

test("a checkpoint that was moved is found", async () => {
  await fillLog(20);
  await pruneEvents(desk.database.pool, 60, 10, testIds.uuid());
  await desk.database.asOwner(`
    ALTER TABLE audit_checkpoint DISABLE TRIGGER ALL;
    INSERT INTO audit_checkpoint (seq, hash, pruned) SELECT seq, hash, 3 FROM audit_event WHERE seq = 13`);
  expect((await verifyAudit(desk.database.pool)).state).toBe("broken");
});

test("only an owner who proved to be it sets the retention, and that is on record", async () => {
  const owner = await desk.addPerson("owner");
  const admin = await desk.addPerson("admin");
  expect(await codeOf(desk.as(admin).audit.retention.set({ days: 90 }))).toBe("RIGHT_MISSING");
  expect(await codeOf(desk.as({ ...owner, isVerified: false }).audit.retention.set({ days: 90 }))).toBe(
    "STEP_UP_REQUIRED",
  );
  await expect(desk.as(owner).audit.retention.set({ days: 29 })).rejects.toThrow();
  expect(await desk.as(owner).audit.retention.set({ days: 90 })).toEqual({ retentionDays: 90 });
  expect(await desk.as(owner).audit.retention.set({ days: null })).toEqual({ retentionDays: null });
  const { items } = await desk.as(owner).audit.list({ action: "audit.retention.set", outcome: "ok" });
  expect(items).toMatchObject([
    { before: { retentionDays: 90 }, after: { retentionDays: null }, actorEmail: owner.email },
    { before: { retentionDays: null }, after: { retentionDays: 90 } },
  ]);
});

test("the head is logged at the start and every hour, and a sweep that fails is logged", async () => {
  await using database = await openTestDatabase();
  const clock = createFakeClock();
  const logger = Object.assign(createLogger("silent"), { info: vi.fn(), warn: vi.fn() });
  const audit = createAudit({ database, clock, ids: testIds, logger });
  await audit.start(new AbortController().signal);
  await audit.sink.record({
    action: "test",
    outcome: "ok",
    code: undefined,
    principal: undefined,
    address: "",
    requestId: "",
    note: {},
  });
  const { head } = await verifyAudit(database.pool);
  await clock.advance(3_600_000);
  await vi.waitFor(() => expect(logger.info).toHaveBeenCalledWith("audit.head", head));
  expect(logger.info.mock.calls[0]).toEqual(["audit.head", { seq: 0, hash: "0".repeat(64) }]);
  expect(logger.warn).not.toHaveBeenCalled();
  await audit.stop();

  await database.asOwner("ALTER TABLE setting RENAME TO away");
  await audit.sweep();
  expect(logger.warn).toHaveBeenCalledWith("audit.sweep-failed", { err: expect.any(Error) });
});

test("a role that could change the log is warned of", async () => {
  await using database = await openTestDatabase();
  const logger = Object.assign(createLogger("silent"), { warn: vi.fn() });
  const { rows } = await database.pool.query<{ role: string }>("SELECT current_user AS role");
  await database.asOwner(`GRANT DELETE ON audit_event TO ${rows[0]?.role}`);
  const audit = createAudit({ database, clock: createFakeClock(), ids: testIds, logger });
  await audit.start(new AbortController().signal);
  await audit.stop();
  expect(logger.warn.mock.calls.map(([event]) => event as string)).toEqual(["audit.role-not-separated"]);
  expect(await audit.integrity()).toMatchObject({ isRoleSeparated: false });
});

test("a new version of the program is one event, however many processes start with it", async () => {
  await using database = await openTestDatabase();
  const start = async (version: string) => {
    const audit = createAudit({
      database,
      clock: createFakeClock(),
      ids: testIds,
      logger: createLogger("silent"),
      version,
    });
    await audit.start(new AbortController().signal);
    await audit.stop();
  };
  await Promise.all([start("1.0.0"), start("1.0.0"), start("1.0.0")]);
  await start("1.1.0");
  await start("1.1.0");
  const { rows } = await database.pool.query(
    "SELECT before, after FROM audit_event WHERE action = 'server.deploy' ORDER BY seq",
  );
  expect(rows).toEqual([
    { before: { version: null }, after: { version: "1.0.0" } },
    { before: { version: "1.0.0" }, after: { version: "1.1.0" } },
  ]);
});
