import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, openDesk, refusalOf, testIds, type Desk } from "../desk.fixture.ts";
import { createSystemClock } from "../platform/clock.ts";
import { createLogger } from "../platform/logger.ts";
import type { Principal } from "../trpc/context.ts";
import type { AuditEvent } from "./audit.schema.ts";
import { createAudit } from "./audit.service.ts";
import type { Inverse } from "./undo.ts";
import { verifyAudit } from "./verify.ts";

let desk: Desk;
let owner: Principal;
let admin: Principal;
let operator: Principal;
beforeAll(async () => {
  desk = await openDesk();
  owner = await desk.addPerson("owner", "Olga Owner");
  admin = await desk.addPerson("admin", "Ada Admin");
  operator = await desk.addPerson("operator", "Oskar Operator");
});
afterAll(() => desk[Symbol.asyncDispose]());

/** The newest event of an action about a target. */
async function eventOf(action: string, targetId: string): Promise<AuditEvent> {
  const { items } = await desk.as(owner).audit.list({ targetId, action, limit: 1 });
  if (!items[0]) throw new Error(`No ${action} of ${targetId} is in the log.`);
  return items[0];
}

const undo = async (as: Principal, action: string, targetId: string, reason?: string) =>
  desk.as(as).audit.undo({ id: (await eventOf(action, targetId)).id, reason });

const read = (id: string) => desk.as(owner).users.get({ id });

describe("takes back", () => {
  test("a role, as an act of its own that names what it undoes and can be undone in turn", async () => {
    const { userId } = await desk.addPerson("viewer");
    await desk.as(admin).users.setRole({ id: userId, role: "operator" });
    const done = await eventOf("users.setRole", userId);
    expect(done).toMatchObject({ undo: { possible: true, code: null }, undoneBy: null, undoes: null });
    expect(await desk.as(owner).audit.undoPreview({ id: done.id })).toEqual({
      action: "users.setRole",
      target: userId,
      from: { role: "operator" },
      to: { role: "viewer" },
      refusal: null,
    });

    const { eventId } = await desk.as(owner).audit.undo({ id: done.id, reason: "wrong person" });
    expect(await read(userId)).toMatchObject({ role: "viewer" });
    expect(await desk.as(owner).audit.get({ id: eventId })).toMatchObject({
      action: "users.setRole",
      actorEmail: owner.email,
      via: "session",
      targetId: userId,
      before: { role: "operator" },
      after: { role: "viewer" },
      reason: "wrong person",
      undoes: done.id,
      undo: { possible: true },
    });
    expect(await desk.as(owner).audit.get({ id: done.id })).toMatchObject({
      undoneBy: eventId,
      undo: { possible: false, code: "ALREADY_UNDONE" },
    });
    expect((await desk.as(owner).audit.list({ action: "audit.undo", limit: 1 })).items).toMatchObject([
      { targetId: done.id, after: { eventId }, reason: "wrong person" },
    ]);

    await desk.as(owner).audit.undo({ id: eventId });
    expect(await read(userId)).toMatchObject({ role: "operator" });
  });

  test("a name and an address, and leaves alone what was changed later beside them", async () => {
    const { userId, email } = await desk.addPerson("viewer", "Kim");
    await desk.as(admin).users.update({ id: userId, name: "Kim Lee", email: `new-${email}` });
    await desk.as(admin).users.setRole({ id: userId, role: "operator" });
    await undo(admin, "users.update", userId);
    expect(await read(userId)).toMatchObject({ name: "Kim", email, role: "operator" });
  });

  test("a suspension and a restoration", async () => {
    const { userId } = await desk.addPerson("viewer");
    await desk.as(admin).users.suspend({ id: userId, reason: "left" });
    await undo(admin, "users.suspend", userId);
    expect(await read(userId)).toMatchObject({ status: "active" });
    await undo(admin, "users.restore", userId, "left after all");
    expect(await read(userId)).toMatchObject({ status: "suspended" });
  });

  test("a deletion, and a creation", async () => {
    const { id } = await desk
      .as(admin)
      .users.create({ email: `${testIds.uuid()}@example.com`, name: "Lou", role: "operator" });
    await desk.as(admin).users.delete({ id });
    const deleted = await eventOf("users.delete", id);
    expect(await desk.as(admin).audit.undoPreview({ id: deleted.id })).toMatchObject({
      action: "users.undelete",
      from: null,
      to: { name: "Lou", role: "operator" },
      refusal: null,
    });
    await undo(admin, "users.delete", id);
    expect(await read(id)).toMatchObject({ name: "Lou", role: "operator" });
    await undo(admin, "users.create", id);
    expect(await codeOf(read(id))).toBe("USER_NOT_FOUND");
  });

  test("the name and the limit of a key", async () => {
    const { id } = await desk.as(operator).access.keys.create({ name: "ci", ratePerMinute: 60 });
    await desk.as(operator).access.keys.update({ id, name: "ci two", ratePerMinute: null });
    await undo(operator, "access.keys.update", id);
    const { items } = await desk.as(operator).access.keys.list({});
    expect(items.find((key) => key.id === id)).toMatchObject({ name: "ci", ratePerMinute: 60 });
  });

  test("the retention", async () => {
    await desk.as(owner).audit.retention.set({ days: 365 });
    await undo(owner, "audit.retention.set", "audit.retention");
    expect(await desk.as(owner).audit.integrity()).toMatchObject({ retentionDays: null });
  });
});

describe("refuses", () => {
  async function promoted(): Promise<{ userId: string; event: AuditEvent }> {
    const { userId } = await desk.addPerson("viewer");
    await desk.as(admin).users.setRole({ id: userId, role: "operator" });
    return { userId, event: await eventOf("users.setRole", userId) };
  }

  test("who lacks the right to the opposite act, and says so before", async () => {
    const { userId, event } = await promoted();
    expect(await refusalOf(desk.as(operator).audit.undo({ id: event.id }))).toMatchObject({
      kind: "FORBIDDEN",
      code: "RIGHT_MISSING",
      details: { right: "users.setRole", needs: "admin" },
    });
    expect(await desk.as(operator).audit.undoPreview({ id: event.id })).toMatchObject({
      refusal: { code: "RIGHT_MISSING" },
    });
    const key: Principal = { ...admin, kind: "key", keyName: "ci", scopes: ["audit"] };
    expect(await codeOf(desk.as(key).audit.undo({ id: event.id }))).toBe("SCOPE_MISSING");
    expect(await read(userId)).toMatchObject({ role: "operator" });
    expect(
      (await desk.as(owner).audit.list({ action: "audit.undo", targetId: event.id, outcome: "refused" })).items,
    ).toHaveLength(2);
  });

  test("who was not proven lately where the opposite act asks for that", async () => {
    const { event } = await promoted();
    expect(await codeOf(desk.as({ ...admin, isVerified: false }).audit.undo({ id: event.id }))).toBe(
      "STEP_UP_REQUIRED",
    );
    const { userId } = await desk.addPerson("viewer");
    await desk.as(admin).users.suspend({ id: userId });
    // Nobody is asked to for a restoration.
    await undo({ ...admin, isVerified: false }, "users.suspend", userId);
  });

  test("what belongs to a higher rank", async () => {
    const { userId } = await desk.addPerson("owner");
    await desk.as(owner).users.update({ id: userId, name: "Boss" });
    expect(await codeOf(undo(admin, "users.update", userId))).toBe("RANK_TOO_LOW");
    expect(await read(userId)).toMatchObject({ name: "Boss" });
  });

  test("what has changed since", async () => {
    const { userId, event } = await promoted();
    await desk.as(admin).users.setRole({ id: userId, role: "admin" });
    expect(await refusalOf(desk.as(admin).audit.undo({ id: event.id }))).toMatchObject({
      kind: "CONFLICT",
      code: "UNDO_STALE",
    });
    expect(await desk.as(admin).audit.undoPreview({ id: event.id })).toMatchObject({
      from: { role: "admin" },
      to: { role: "viewer" },
      refusal: { code: "UNDO_STALE" },
    });
    await desk.as(admin).users.delete({ id: userId });
    expect(await codeOf(desk.as(admin).audit.undo({ id: event.id }))).toBe("UNDO_STALE");
  });

  test("the second time, also when both come at once, and the log stays whole", async () => {
    const { userId, event } = await promoted();
    const undoes = await Promise.allSettled(
      Array.from({ length: 6 }, () => desk.as(admin).audit.undo({ id: event.id })),
    );
    expect(undoes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await codeOf(desk.as(admin).audit.undo({ id: event.id }))).toBe("ALREADY_UNDONE");
    expect(await read(userId)).toMatchObject({ role: "viewer" });
    const { rows } = await desk.database.pool.query("SELECT FROM audit_event WHERE undoes = $1", [event.id]);
    expect(rows).toHaveLength(1);
    expect((await verifyAudit(desk.database.pool)).state).toBe("whole");
  });

  test("an undo that the database finds to be the second", async () => {
    const { event } = await promoted();
    const row = { id: testIds.uuid(), action: "other", outcome: "ok", via: "system", undoes: event.id };
    const append = () => desk.database.pool.query("SELECT audit_append($1)", [JSON.stringify([row])]);
    await append();
    await expect(append()).rejects.toMatchObject({ code: "23505" });
    expect(await codeOf(desk.as(admin).audit.undo({ id: event.id }))).toBe("ALREADY_UNDONE");
  });

  test("what was refused itself, what has no inverse, and what is not there", async () => {
    const { userId } = await desk.addPerson("viewer");
    await codeOf(desk.as(operator).users.setRole({ id: userId, role: "admin" }));
    const refused = (await desk.as(owner).audit.list({ action: "users.setRole", outcome: "refused", limit: 1 }))
      .items[0];
    expect(refused?.undo).toEqual({ possible: false, code: "NOT_OK" });
    expect(await codeOf(desk.as(owner).audit.undo({ id: refused?.id ?? "" }))).toBe("NOT_OK");

    const { id } = await desk.as(operator).access.keys.create({ name: "ci" });
    expect(await codeOf(undo(operator, "access.keys.create", id))).toBe("NO_INVERSE");
    expect(await codeOf(desk.as(owner).audit.undo({ id: testIds.uuid() }))).toBe("AUDIT_EVENT_NOT_FOUND");
  });

  test("an event of which the log does not hold all", async () => {
    const { userId } = await desk.addPerson("viewer");
    const note = (after: object) => ({
      targetType: "user",
      targetId: userId,
      before: { name: "A" },
      after: { name: "B", ...after },
    });
    const record = (after: object) =>
      desk.audit.sink.record({
        action: "users.update",
        outcome: "ok",
        code: undefined,
        principal: admin,
        address: "192.0.2.1",
        requestId: "r",
        note: note(after),
      });
    await record({});
    expect(await eventOf("users.update", userId)).toMatchObject({ undo: { possible: true } });
    for (const after of [{ token: "x" }, { more: "x".repeat(20_000) }]) {
      await record(after);
      expect(await eventOf("users.update", userId)).toMatchObject({ undo: { possible: false, code: "NO_INVERSE" } });
    }
  });
});

test("two processes that undo one event at once do it once", async () => {
  let isOn = true;
  let runs = 0;
  const switchOff: Inverse = {
    path: "switches.off",
    fits: () => true,
    left: () => ({ isOn: true }),
    restored: () => ({ isOn: false }),
    read: () => Promise.resolve({ isOn }),
    run: async () => {
      runs += 1;
      // Long enough for the other to come in between, were it let in.
      await desk.database.pool.query("SELECT pg_sleep(0.05)");
      isOn = false;
      return { targetType: "switch" };
    },
  };
  const call = {
    path: "switches.off",
    type: "mutation",
    meta: { access: "admin", limit: "write", description: "" },
  } as const;
  const createProcess = () =>
    createAudit({
      database: desk.database,
      clock: createSystemClock(),
      ids: testIds,
      logger: createLogger("silent"),
      catalog: () => [{ ...call, input: undefined, output: undefined }],
      inverses: () => ({ "switches.on": switchOff }),
    });
  const processes = [createProcess(), createProcess(), createProcess()];
  const done = { action: "switches.on", outcome: "ok", code: undefined, principal: admin } as const;
  await processes[0]?.sink.record({ ...done, address: "192.0.2.1", requestId: "r", note: {} });
  const [event] = (await desk.as(owner).audit.list({ action: "switches.on" })).items;
  const caller = { principal: admin, address: "192.0.2.1", requestId: "r" };
  const outcomes = await Promise.allSettled(processes.map((process) => process.undo(caller, { id: event?.id ?? "" })));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(runs).toBe(1);
  const { rows } = await desk.database.pool.query("SELECT FROM audit_event WHERE undoes = $1", [event?.id]);
  expect(rows).toHaveLength(1);
});

test("a password has no way back, and a change of the name beside it has", async () => {
  const { userId } = await desk.addPerson("viewer", "Kim");
  await desk.as(admin).users.update({ id: userId, password: "another long password" });
  expect(await eventOf("users.update", userId)).toMatchObject({ undo: { possible: false, code: "NO_INVERSE" } });
  await desk.as(admin).users.update({ id: userId, name: "Kim Lee", password: "yet another password" });
  await undo(admin, "users.update", userId);
  expect(await read(userId)).toMatchObject({ name: "Kim" });
});

test("the events that can be undone are listed alone, in whole pages", async () => {
  const { userId } = await desk.addPerson("viewer", "Pia");
  for (let n = 1; n <= 5; n += 1) {
    await desk.as(admin).users.update({ id: userId, name: `Pia ${n}` });
    await desk.as(admin).users.update({ id: userId, password: "another long password" });
  }
  const seen: AuditEvent[] = [];
  let cursor: string | undefined;
  do {
    const page = await desk.as(owner).audit.list({ undo: "possible", targetId: userId, limit: 2, cursor });
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen.map(({ after }) => (after as { name: string }).name)).toEqual([
    "Pia 5",
    "Pia 4",
    "Pia 3",
    "Pia 2",
    "Pia 1",
  ]);
  expect(seen.every(({ undo: state }) => state.possible)).toBe(true);
});
