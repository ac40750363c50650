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
import type { AuditEvent } from "../../audit/audit.schema.ts";
import { loadConfig } from "../../config.ts";
import { createLogger } from "../../platform/logger.ts";
import { createServer, type Server } from "../../server.ts";
import type { LimitDetail, LimitHistoryItem } from "../limits.schema.ts";
import type { LimitOverride } from "./overrides.schema.ts";

// Allowances of their own over HTTP, for people and keys, at two servers on one database.

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
let operatorId: string;

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

async function addPerson(url: string, role: string): Promise<{ caller: Caller; id: string }> {
  const person = { email: `${role}@desk.test`, password };
  const { id } = (await owner.mutate("users.create", { ...person, name: role, role })).data<{ id: string }>();
  return { caller: createCaller(url, await signIn(url, person)), id };
}

beforeAll(async () => {
  database = await createTestDatabase();
  const url = await start();
  owner = await signInOwner({ url });
  ({ caller: operator, id: operatorId } = await addPerson(url, "operator"));
  ({ caller: viewer } = await addPerson(url, "viewer"));
  const farUrl = await start();
  far = createCaller(farUrl, await signIn(farUrl, { email: "operator@desk.test", password }));
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await database?.[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

const read = async (caller: Caller): Promise<LimitDetail> =>
  (await caller.query("limits.get", { name: LIMIT })).data<LimitDetail>();
const ownOf = async (caller: Caller, whose = `user:${operatorId}`): Promise<LimitOverride | undefined> =>
  (await read(caller)).overrides.find((override) => override.caller === whose);
const set = (caller: Caller, input: object) =>
  caller.mutate("limits.override.set", { name: LIMIT, caller: `user:${operatorId}`, ...input });
const end = (caller: Caller) =>
  caller.mutate("limits.override.delete", { name: LIMIT, caller: `user:${operatorId}`, reason: "Done." });
/** How many of so many calls are not told 429. */
const letThrough = async (caller: Caller, calls: number): Promise<number> => {
  const answers = await Promise.all(Array.from({ length: calls }, () => caller.query("stats.nodes", {})));
  for (const { status } of answers) expect([200, 429]).toContain(status);
  return answers.filter(({ status }) => status === 200).length;
};
const lastEvent = async (action: string): Promise<AuditEvent | undefined> =>
  (await owner.query("audit.list", { action, limit: 1 })).data<{ items: AuditEvent[] }>().items[0];
const undo = (caller: Caller, event: AuditEvent | undefined) => caller.mutate("audit.undo", { id: event?.id });

test("an override decides who is told 429, here at once and at the other server within two seconds", async () => {
  expect(await letThrough(operator, 12)).toBe(10);
  const made = await set(owner, { values: { burst: 15 }, forMs: 300_000, reason: "Looks for a node." });
  expect(made.data<LimitOverride>()).toMatchObject({ label: "operator@desk.test", limit: 1, burst: 15 });
  expect(await letThrough(operator, 12)).toBe(5);
  expect(await letThrough(viewer, 12)).toBe(10);

  await expect.poll(async () => (await read(far)).overrideCount, { timeout: 5000 }).toBe(1);
  expect(await letThrough(far, 20)).toBe(15);
  expect((await end(far)).status).toBe(200);
  await expect.poll(async () => (await read(operator)).overrideCount, { timeout: 5000 }).toBe(0);
  // Fifteen were used where ten may be.
  expect(await letThrough(operator, 3)).toBe(0);
});

test("the RateLimit headers of the caller tell its own numbers", async () => {
  await set(owner, { values: { limit: 2, burst: 40 } });
  const answer = await operator.query("stats.nodes", {});
  expect(answer.status).toBe(200);
  expect(answer.headers.get("ratelimit-policy")).toContain("q=2");
  await end(owner);
});

test("a key is named by its name, and a viewer reads overrides and makes none", async () => {
  const { id } = (await owner.mutate("access.keys.create", { name: "importer" })).data<{ id: string }>();
  const caller = `key:${id}`;
  expect((await set(operator, { caller, values: { burst: 12 } })).status).toBe(200);
  expect(await ownOf(viewer, caller)).toMatchObject({ label: "importer", by: "operator@desk.test", burst: 12 });
  for (const refused of [await set(viewer, { values: { burst: 12 } }), await end(viewer)]) {
    expect(refused.status).toBe(403);
    expect(refused.error().data.app.code).toBe("RIGHT_MISSING");
  }
  const gone = { caller: "user:01890a5d-ac96-774b-bcce-b302099a8057", values: { burst: 12 } };
  expect((await set(operator, gone)).data<LimitOverride>().label).toBeNull();
  const { items } = (await viewer.query("limits.history", { name: LIMIT })).data<{ items: LimitHistoryItem[] }>();
  expect(items[0]).toMatchObject({ caller: gone.caller, cause: "override" });
});

test.each([
  ["no value", { values: {} }, "INPUT_INVALID"],
  ["a value of slots", { values: { queueLimit: 5 } }, "INPUT_INVALID"],
  ["no shape of a caller", { caller: "operator", values: { burst: 12 } }, "INPUT_INVALID"],
  ["less than a minute", { values: { burst: 12 }, forMs: 59_999 }, "INPUT_INVALID"],
  ["more than a month", { values: { burst: 12 }, forMs: 2_592_000_001 }, "INPUT_INVALID"],
  ["slots", { name: "read.concurrency", values: { limit: 12 } }, "LIMIT_NOT_A_RATE"],
  ["no real address", { caller: "address:192.0.2.400", values: { burst: 12 } }, "LIMIT_CALLER"],
])("an override with %s is 400, and changes nothing", async (_what, input, code) => {
  const answer = await set(owner, input);
  expect(answer.status).toBe(400);
  expect(answer.error().data.app.code).toBe(code);
  expect(await ownOf(owner)).toBeUndefined();
});

test("the audit log takes back what was set, changed and deleted, each once", async () => {
  await set(owner, { values: { burst: 20 }, reason: "For good." });
  const made = await lastEvent("limits.override.set");
  expect(made).toMatchObject({
    outcome: "ok",
    targetType: "limit-override",
    targetId: `${LIMIT} user:${operatorId}`,
    reason: "For good.",
    before: null,
    after: { limit: 1, burst: 20, until: null },
    undo: { possible: true },
  });
  await set(operator, { values: { burst: 30 }, forMs: 600_000 });
  const until = (await ownOf(operator))?.until;
  const changed = await lastEvent("limits.override.set");
  expect((await undo(owner, made)).error().data.app.code).toBe("UNDO_STALE");

  expect((await end(operator)).status).toBe(200);
  const deleted = await lastEvent("limits.override.delete");
  expect(deleted?.undo).toEqual({ possible: true, code: null });
  expect((await undo(operator, deleted)).status).toBe(200);
  // With the end that it had.
  expect(await ownOf(operator)).toMatchObject({ burst: 30, until, by: "operator@desk.test" });
  expect((await undo(operator, deleted)).error().data.app.code).toBe("ALREADY_UNDONE");

  expect((await undo(operator, changed)).status).toBe(200);
  expect(await ownOf(operator)).toMatchObject({ burst: 20, until: null });
  expect((await undo(owner, made)).status).toBe(200);
  expect(await ownOf(operator)).toBeUndefined();
  const { items } = (await viewer.query("limits.history", { name: LIMIT })).data<{ items: LimitHistoryItem[] }>();
  expect(items.slice(0, 4).map(({ cause }) => cause)).toEqual(["undo", "undo", "undo", "override-end"]);
});

test("an undo goes by the rules of whoever undoes: an operator's bounds hold", async () => {
  await set(owner, { values: { burst: 100 } });
  await end(owner);
  const far100 = await lastEvent("limits.override.delete");
  expect((await undo(operator, far100)).error().data.app.code).toBe("LIMIT_NEEDS_ADMIN");
  expect((await undo(owner, far100)).status).toBe(200);
  await end(owner);
});
