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
import { loadConfig } from "../config.ts";
import { createLogger } from "../platform/logger.ts";
import { createServer, type Server } from "../server.ts";
import type { LimitBlockedItem } from "./refusals/refusals.schema.ts";
import type { LimitRehearsalOutcome } from "./rehearse/rehearse.schema.ts";

// Who is refused, and what other values would have done, over HTTP and by people with their roles.

const LIMIT = "stats.nodes.rate";
const password = "correct horse battery staple";
// So slow that no call of a test comes back by itself.
const limits = { "stats.nodes": { ratePerSecond: 0.001, burst: 10 } };

interface BlockedPage {
  readonly items: LimitBlockedItem[];
  readonly nextCursor: string | null;
}

const dataDir = makeDataDir();
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let server: Server;
let url: string;
let owner: Caller;
let viewer: Caller;
let script: Caller;

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = {
    ...ownerEnvironment,
    PORT: "0",
    DATABASE_URL: database.url,
    SWITCHBOARD_DATA_DIR: dataDir,
    SWITCHBOARD_LIMITS: JSON.stringify(limits),
  };
  server = createServer({ config: loadConfig(environment), logger: createLogger("silent") });
  await server.start(new AbortController().signal);
  url = server.origin() ?? "";
  owner = await signInOwner({ url });
  const person = { email: "viewer@desk.test", password };
  await owner.mutate("users.create", { ...person, name: "viewer", role: "viewer" });
  viewer = createCaller(url, await signIn(url, person));
  const { key } = (await owner.mutate("access.keys.create", { name: "nightly import" })).data<{ key: string }>();
  script = createCaller(url, { authorization: `Bearer ${key}` });
});
afterAll(async () => {
  await server?.stop();
  await database?.[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

/** How many of so many calls are told 429. */
const countRefused = async (caller: Caller, calls: number): Promise<number> => {
  const answers = await Promise.all(Array.from({ length: calls }, () => caller.query("stats.nodes", {})));
  for (const { status } of answers) expect([200, 429]).toContain(status);
  return answers.filter(({ status }) => status === 429).length;
};
const readBlocked = async (caller: Caller, query: object = {}): Promise<BlockedPage> =>
  (await caller.query("limits.blocked", { name: LIMIT, ...query })).data<BlockedPage>();
const rehearse = (caller: Caller, input: object) => caller.query("limits.rehearse", { name: LIMIT, ...input });

test("whoever is refused is found by the name that people know, last refused first", async () => {
  expect((await readBlocked(viewer)).items).toEqual([]);
  expect(await countRefused(script, 14)).toBe(4);
  const [refused] = (await readBlocked(viewer)).items;
  expect(refused).toMatchObject({
    name: LIMIT,
    label: "nightly import",
    refused: 4,
    hasOverride: false,
  });
  expect(refused?.caller).toMatch(/^key:[\da-f-]{36}$/);
  // A call each 1,000 s, less what has passed since.
  expect(refused?.retryAfterMs).toBeGreaterThan(900_000);
  expect(refused?.retryAfterMs).toBeLessThanOrEqual(1_000_000);

  expect(await countRefused(owner, 11)).toBe(1);
  const { items } = await readBlocked(viewer);
  expect(items.map(({ label }) => label)).toEqual(["owner@desk.test", "nightly import"]);
});

test("pages follow on each other, and a cursor of another list is 400", async () => {
  const first = await readBlocked(viewer, { limit: 1 });
  const second = await readBlocked(viewer, { limit: 1, cursor: first.nextCursor });
  expect([...first.items, ...second.items].map(({ caller }) => caller)).toEqual(
    (await readBlocked(viewer)).items.map(({ caller }) => caller),
  );
  expect(second.nextCursor).toBeNull();
  const foreign = Buffer.from(JSON.stringify(["limits.history", 1])).toString("base64url");
  const refused = await viewer.query("limits.blocked", { cursor: foreign });
  expect([refused.status, refused.code]).toEqual([400, "CURSOR_INVALID"]);
  const unknown = await viewer.query("limits.blocked", { name: "nothing.rate" });
  expect([unknown.status, unknown.code]).toEqual([404, "LIMIT_NOT_FOUND"]);
});

test("a rehearsal tells what the same calls would have met, and changes nothing", async () => {
  const outcome = (await rehearse(viewer, { values: { burst: 13 } })).data<LimitRehearsalOutcome>();
  expect(outcome).toMatchObject({
    name: LIMIT,
    isWhole: false,
    arrivals: 25,
    callers: 2,
    now: { refused: 5, callers: 2 },
    asked: { refused: 1, callers: 1 },
    refusedMost: [{ label: "nightly import", arrivals: 14, refused: 1 }],
  });
  expect(Date.parse(outcome.from)).toBeLessThan(Date.parse(outcome.to));
  const [most] = outcome.refusedMost;
  const ofScript = await rehearse(viewer, { values: { burst: 12 }, caller: most?.caller });
  expect(ofScript.data<LimitRehearsalOutcome>()).toMatchObject({ arrivals: 14, callers: 1, asked: { refused: 2 } });
  expect((await viewer.query("limits.get", { name: LIMIT })).data()).toMatchObject({ burst: 10, change: null });
});

test.each([
  ["an unknown limit", { name: "nothing.rate" }, 404, "LIMIT_NOT_FOUND"],
  ["slots", { name: "read.concurrency" }, 400, "LIMIT_NOT_A_RATE"],
  ["a value beyond an admin's bounds", { values: { burst: 1_000_001 } }, 400, "LIMIT_OUT_OF_BOUNDS"],
  ["a caller that is none", { caller: "user:ada" }, 400, "LIMIT_CALLER"],
  ["a caller of another shape", { caller: "ada" }, 400, "INPUT_INVALID"],
  ["more than 15 minutes", { windowMs: 900_001 }, 400, "INPUT_INVALID"],
  ["a value of no rate", { values: { queueLimit: 1 } }, 400, "INPUT_INVALID"],
])("a rehearsal of %s is refused", async (_what, input, status, code) => {
  const answer = await rehearse(owner, { values: {}, ...input });
  expect([answer.status, answer.code]).toEqual([status, code]);
});

test("whoever is given an allowance of its own is told so, and keeps it in a rehearsal", async () => {
  const caller = (await readBlocked(owner)).items.find(({ label }) => label === "nightly import")?.caller;
  const given = await owner.mutate("limits.override.set", { name: LIMIT, caller, values: { burst: 16 } });
  expect(given.status).toBe(200);
  expect(await countRefused(script, 7)).toBe(1);
  const { items } = await readBlocked(owner);
  expect(items.map(({ label, refused, hasOverride }) => [label, refused, hasOverride])).toEqual([
    ["nightly import", 5, true],
    ["owner@desk.test", 1, false],
  ]);
  // 14 and 7 calls of the script against its own 16, and 11 of the owner against the 2 asked about.
  const forAll = (await rehearse(owner, { values: { burst: 2 } })).data<LimitRehearsalOutcome>();
  expect(forAll.refusedMost.map(({ label, refused }) => [label, refused])).toEqual([
    ["owner@desk.test", 9],
    ["nightly import", 5],
  ]);
  const forOne = (await rehearse(owner, { values: { burst: 2 }, caller })).data<LimitRehearsalOutcome>();
  expect([forOne.now.refused, forOne.asked.refused]).toEqual([5, 19]);
});

test("nobody who is not signed in is told who calls", async () => {
  const stranger = createCaller(url);
  expect((await stranger.query("limits.blocked", {})).status).toBe(401);
  expect((await rehearse(stranger, { values: {} })).status).toBe(401);
});
