import { rmSync } from "node:fs";
import {
  createCaller,
  createTestDatabase,
  makeDataDir,
  ownerEnvironment,
  signIn,
  signInOwner,
  type Caller,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditEvent } from "../audit/audit.schema.ts";
import { loadConfig } from "../config.ts";
import { createLogger } from "../platform/logger.ts";
import { createServer, type Server } from "../server.ts";
import type { LimitHistoryItem, LimitRow } from "./limits.schema.ts";

// Limits that are changed over HTTP, by people with their roles, at two servers on one database.

const LIMIT = "stats.nodes.rate";
const password = "correct horse battery staple";
// So slow that no call of a test comes back by itself.
const limits = { "stats.nodes": { ratePerSecond: 0.001, burst: 10 } };

const dataDir = makeDataDir();
let database: Awaited<ReturnType<typeof createTestDatabase>>;
const servers: Server[] = [];
let owner: Caller;
let operator: Caller;
let viewer: Caller;
/** The operator, at the second server. */
let far: Caller;

async function start(): Promise<string> {
  const environment = {
    ...ownerEnvironment,
    PORT: "0",
    DATABASE_URL: database.url,
    SWITCHBOARD_DATA_DIR: dataDir,
    SWITCHBOARD_LIMITS: JSON.stringify(limits),
  };
  const server = createServer({ config: loadConfig(environment), logger: createLogger("silent") });
  servers.push(server);
  await server.start(new AbortController().signal);
  return server.origin() ?? "";
}

async function addPerson(url: string, role: string): Promise<Caller> {
  const person = { email: `${role}@desk.test`, password };
  await owner.mutate("users.create", { ...person, name: role, role });
  return createCaller(url, await signIn(url, person));
}

beforeAll(async () => {
  database = await createTestDatabase();
  const url = await start();
  owner = await signInOwner({ url });
  operator = await addPerson(url, "operator");
  viewer = await addPerson(url, "viewer");
  const farUrl = await start();
  far = createCaller(farUrl, await signIn(farUrl, { email: "operator@desk.test", password }));
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await database?.[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

const read = async (caller: Caller): Promise<LimitRow> =>
  (await caller.query("limits.get", { name: LIMIT })).data<LimitRow>();
const update = (caller: Caller, input: object) => caller.mutate("limits.update", { name: LIMIT, ...input });
/** How many of so many calls are not told 429. */
const letThrough = async (caller: Caller, calls: number): Promise<number> => {
  const answers = await Promise.all(Array.from({ length: calls }, () => caller.query("stats.nodes", {})));
  for (const { status } of answers) expect([200, 429]).toContain(status);
  return answers.filter(({ status }) => status === 200).length;
};
const lastEvent = async (): Promise<AuditEvent | undefined> =>
  (await owner.query("audit.list", { action: "limits.update", limit: 1 })).data<{ items: AuditEvent[] }>().items[0];

test("a change decides who is told 429, here at once and at the other server within two seconds", async () => {
  expect(await letThrough(operator, 12)).toBe(10);
  const raised = await update(operator, {
    values: { burst: 15 },
    forMs: 300_000,
    reason: "Somebody looks for a node.",
  });
  expect(raised.data<LimitRow>()).toMatchObject({ burst: 15, change: { by: "operator@desk.test" } });
  expect(await letThrough(operator, 12)).toBe(5);

  await expect.poll(async () => (await read(far)).burst, { timeout: 5000 }).toBe(15);
  expect(await letThrough(far, 20)).toBe(15);
  expect((await update(far, { restore: "configured" })).data<LimitRow>().change).toBeNull();
  await expect.poll(async () => (await read(operator)).burst, { timeout: 5000 }).toBe(10);
});

test("a viewer reads limits and their history, and changes none", async () => {
  expect((await read(viewer)).configured.burst).toBe(10);
  const { items } = (await viewer.query("limits.history", { name: LIMIT })).data<{ items: LimitHistoryItem[] }>();
  expect(items.map(({ cause }) => cause)).toEqual(["restore", "update"]);
  const refused = await update(viewer, { values: { burst: 12 } });
  expect(refused.status).toBe(403);
  expect(refused.error().data.app.code).toBe("RIGHT_MISSING");
  expect((await read(operator)).burst).toBe(10);
});

test.each([
  ["nothing to do", {}],
  ["no value", { values: {} }],
  ["a value of no limit", { values: { window: 5 } }],
  ["values and restore", { values: { burst: 12 }, restore: "previous" }],
  ["restore with a time", { restore: "configured", forMs: 60_000 }],
  ["a time without values", { forMs: 60_000 }],
  ["less than a minute", { values: { burst: 12 }, forMs: 59_999 }],
  ["more than a day", { values: { burst: 12 }, forMs: 86_400_001 }],
  ["no whole burst", { values: { burst: 12.5 } }],
  ["a reason of spaces", { values: { burst: 12 }, reason: "  " }],
])("an update with %s is 400, and changes nothing", async (_what, input) => {
  const answer = await update(owner, input);
  expect(answer.status).toBe(400);
  expect(answer.error().data.app.code).toBe("INPUT_INVALID");
  expect((await read(owner)).change).toBeNull();
});

test("an operator's bounds are 403 with the bounds, and no bounds of the owner's", async () => {
  const refused = await update(operator, { values: { burst: 51 } });
  expect(refused.status).toBe(403);
  expect(refused.error().data.app).toMatchObject({
    code: "LIMIT_NEEDS_ADMIN",
    details: { field: "burst", min: 5, max: 50, needs: "admin" },
  });
  expect((await update(owner, { values: { burst: 51 } })).status).toBe(200);
  expect((await update(owner, { restore: "configured" })).status).toBe(200);
});

test("the audit log has before, after and why, and takes a change back once", async () => {
  await update(owner, { values: { burst: 20 }, reason: "For good." });
  await update(operator, { values: { burst: 30 }, forMs: 300_000, reason: "For now." });
  const event = await lastEvent();
  const kept = { limit: 1, burst: 20, queueLimit: null };
  expect(event).toMatchObject({
    outcome: "ok",
    targetType: "limit",
    targetId: LIMIT,
    reason: "For now.",
    before: { ...kept, revertAt: null, revertTo: null },
    after: { ...kept, burst: 30, revertAt: expect.stringMatching(/Z$/), revertTo: kept },
    undo: { possible: true },
  });
  const undone = await operator.mutate("audit.undo", { id: event?.id, reason: "Not needed." });
  expect(undone.status).toBe(200);
  // As the owner had kept it, who still has the name of it.
  expect(await read(operator)).toMatchObject({ burst: 20, change: { reason: "For good.", revertAt: null } });
  expect((await operator.mutate("audit.undo", { id: event?.id })).error().data.app.code).toBe("ALREADY_UNDONE");
  const { items } = (await operator.query("limits.history", { limit: 1 })).data<{ items: LimitHistoryItem[] }>();
  expect(items).toMatchObject([{ cause: "undo", by: "operator@desk.test", reason: "Not needed.", after: kept }]);
  await update(owner, { restore: "configured" });
});

test("an undo brings back a change for a time with its end, and what it was before Keep", async () => {
  await update(operator, { values: { burst: 12 }, forMs: 600_000 });
  const { revertAt } = (await read(operator)).change ?? {};
  await update(operator, { forMs: null });
  expect((await read(operator)).change?.revertAt).toBeNull();
  await operator.mutate("audit.undo", { id: (await lastEvent())?.id });
  expect((await read(operator)).change).toMatchObject({ revertAt, revertTo: { burst: 10 } });

  await update(operator, { restore: "previous" });
  await operator.mutate("audit.undo", { id: (await lastEvent())?.id });
  expect(await read(operator)).toMatchObject({ burst: 12, change: { revertAt, revertTo: { burst: 10 } } });
  await update(owner, { restore: "configured" });
});

test("an undo is refused once the limit has changed again, and for values beyond an operator's bounds", async () => {
  await update(owner, { values: { burst: 100 } });
  const first = await lastEvent();
  await update(owner, { values: { burst: 200 } });
  const second = await lastEvent();
  expect((await owner.mutate("audit.undo", { id: first?.id })).error().data.app.code).toBe("UNDO_STALE");
  expect((await operator.mutate("audit.undo", { id: second?.id })).error().data.app.code).toBe("LIMIT_NEEDS_ADMIN");
  expect((await owner.mutate("audit.undo", { id: second?.id })).status).toBe(200);
  expect((await read(owner)).burst).toBe(100);
  expect((await owner.mutate("audit.undo", { id: first?.id })).status).toBe(200);
  expect((await read(owner)).change).toBeNull();
});
