import { rmSync } from "node:fs";
import {
  createTestDatabase,
  makeDataDir,
  ownerEnvironment,
  signIn,
  signInOwner,
  type Caller,
} from "@switchboard/testing";
import { Client, Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { loadConfig } from "../config.ts";
import { defineJob } from "../define.ts";
import { createLogger } from "../platform/logger.ts";
import { createServer, type Server } from "../server.ts";
import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import { doneSchema } from "../trpc/wire.ts";
import { rowOf } from "./audit.fixture.ts";
import type { AuditEvent } from "./audit.schema.ts";
import { appendEvents } from "./audit.store.ts";

// The log of a whole server, over HTTP.

const SECRET = "s3same-0pen";
const pinSchema = z.string().meta({ secret: true });
const done = { done: true as const };
const meta = { access: "operator", limit: "write", description: "For this test.", slowMs: 0 } as const;

const procedures = router({
  doors: router({
    open: procedure
      .meta(meta)
      .input(
        z.object({
          door: z.string(),
          pin: pinSchema,
          guests: z.array(z.object({ name: z.string(), code: pinSchema })),
        }),
      )
      .output(doneSchema)
      .mutation(() => done),
    note: procedure
      .meta(meta)
      .input(z.object({ lock: z.object({ pin: pinSchema, maker: z.string() }) }))
      .output(doneSchema)
      .mutation(({ ctx, input }) => {
        // As a feature would that shows what it stored, not what it was given.
        ctx.note({ targetType: "door", before: input, after: { installed: input.lock, parts: [input.lock] } });
        return done;
      }),
    fail: procedure
      .meta(meta)
      .input(z.object({ pin: pinSchema }))
      .output(doneSchema)
      .mutation(() => {
        throw new Error("It broke.");
      }),
    say: procedure
      .meta(meta)
      .input(pinSchema)
      .output(doneSchema)
      .mutation(() => done),
    tell: procedure
      .meta(meta)
      .input(z.object({ who: z.string() }))
      .output(z.object({ who: z.string(), answer: pinSchema }))
      .mutation(({ ctx, input }) => {
        const told = { ...input, answer: SECRET };
        ctx.note({ after: told });
        return told;
      }),
  }),
});

const unlock = defineJob({
  name: "doors.unlock-door",
  input: z.object({ door: z.string(), pin: pinSchema }),
  run: () => null,
});

let server: Server;
let url: string;
let owner: Caller;
const lines: string[] = [];
const dataDir = makeDataDir();
let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
  const environment = { ...ownerEnvironment, PORT: "0", DATABASE_URL: database.url, SWITCHBOARD_DATA_DIR: dataDir };
  const logger = createLogger("trace", { write: (line) => void lines.push(line) });
  server = createServer({ config: loadConfig(environment), logger, procedures, jobs: [unlock] });
  await server.start(new AbortController().signal);
  url = server.origin() ?? "";
  owner = await signInOwner({ url });
});
afterAll(async () => {
  await server?.stop();
  await database?.[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

const list = async (input: object): Promise<AuditEvent[]> =>
  (await owner.query("audit.list", input)).data<{ items: AuditEvent[] }>().items;

const readTables = async (): Promise<string> => {
  await server.features().stats.flush();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>(
      "SELECT event::text AS text FROM audit_event AS event UNION ALL SELECT call::text FROM slow_call AS call",
    );
    return rows.map(({ text }) => text).join("\n");
  } finally {
    await client.end();
  }
};

describe("a secret under an innocent name", () => {
  test.each<[string, unknown, string, object | null]>([
    [
      "in the input of a call that notes nothing",
      { door: "front", pin: SECRET, guests: [{ name: "Ann", code: SECRET }] },
      "doors.open",
      { door: "front", pin: "[redacted]", guests: [{ name: "Ann", code: "[redacted]" }] },
    ],
    [
      "in a note that shows parts of the input",
      { lock: { pin: SECRET, maker: "Yale" } },
      "doors.note",
      { installed: { pin: "[redacted]", maker: "Yale" }, parts: [{ pin: "[redacted]", maker: "Yale" }] },
    ],
    ["in the input of a call that fails", { pin: SECRET }, "doors.fail", { pin: "[redacted]" }],
    ["that is all of the input", SECRET, "doors.say", null],
    ["in the answer of a call", { who: "Ann" }, "doors.tell", { who: "Ann", answer: "[redacted]" }],
  ])("%s is in no row and no line", async (_name, input, action, after) => {
    await owner.mutate(action, input);
    const [event] = await list({ action, limit: 1 });
    expect(event).toMatchObject({ action, after });
    expect(await readTables()).not.toContain(SECRET);
    expect(await readTables()).toContain(action);
    expect(lines.join("\n")).not.toContain(SECRET);
    expect(lines.join("\n")).toContain(action);
  });

  test("that the schema does not know is not kept either", async () => {
    await owner.mutate("doors.open", { door: "back", pin: "1", guests: [], stray: SECRET });
    expect((await list({ action: "doors.open", limit: 1 }))[0]?.after).toEqual({
      door: "back",
      pin: "[redacted]",
      guests: [],
    });
  });

  test("in input that does not fit is not kept", async () => {
    const answer = await owner.mutate("doors.open", { door: 1, pin: SECRET });
    expect(answer.code).toBe("INPUT_INVALID");
    expect((await list({ action: "doors.open", limit: 1 }))[0]).toMatchObject({ outcome: "refused", after: null });
    expect(await readTables()).not.toContain(SECRET);
  });

  test("in a note of a job's input is known by the job's schema", async () => {
    await server.features().audit.sink.record({
      action: "queue.enqueue",
      outcome: "ok",
      code: undefined,
      principal: undefined,
      address: "192.0.2.1",
      requestId: "r",
      note: { after: { name: "doors.unlock-door", input: { door: "front", pin: SECRET } } },
    });
    expect((await list({ action: "queue.enqueue", limit: 1 }))[0]?.after).toEqual({
      name: "doors.unlock-door",
      input: { door: "front", pin: "[redacted]" },
    });
  });
});

test("a pause is marked, undone from the log, and the undo is marked as well", async () => {
  const from = new Date(Date.now() - 60_000).toISOString();
  await owner.mutate("queue.queues.pause", { name: "default" });
  const [event] = await list({ action: "queue.queues.pause", undo: "possible" });
  const { eventId } = (await owner.mutate("audit.undo", { id: event?.id })).data<{ eventId: string }>();
  const { items } = (await owner.query("queue.queues.list")).data<{ items: { name: string; paused: boolean }[] }>();
  expect(items.find(({ name }) => name === "default")).toMatchObject({ paused: false });
  expect((await owner.mutate("audit.undo", { id: event?.id })).code).toBe("ALREADY_UNDONE");

  const to = new Date(Date.now() + 60_000).toISOString();
  const markers = (await owner.query("audit.markers", { from, to })).data<{ items: { action: string }[] }>().items;
  expect(markers).toMatchObject([
    { id: eventId, action: "queue.queues.resume", kind: "pause", target: "default" },
    { id: event?.id, action: "queue.queues.pause", kind: "pause", target: "default" },
    { action: "server.deploy", kind: "deploy", actorEmail: null },
  ]);
  const later = (await owner.query("audit.markers", { from: to, to })).data<{ items: object[] }>().items;
  expect(later).toEqual([]);
});

test("filters hold together", async () => {
  expect(await list({ via: "system", action: "server." })).toMatchObject([{ action: "server.deploy" }]);
  expect(await list({ via: "key", action: "server." })).toEqual([]);
});

describe("an export", () => {
  const download = (query: string, headers: Readonly<Record<string, string>> = owner.headers) =>
    fetch(`${url}/api/audit/export?${query}`, { headers });

  test("is the whole log as the list shows it, one JSON a line, and leaves an event", async () => {
    const pool = new Pool({ connectionString: database.url, max: 1 });
    // The database is dropped while it says goodbye.
    pool.on("error", () => undefined);
    for (let batch = 0; batch < 5; batch += 1) {
      await appendEvents(
        pool,
        Array.from({ length: 500 }, (_, n) => rowOf(`bulk.n${batch * 500 + n}`)),
      );
    }
    await pool.end();
    const answer = await download("format=ndjson&action=bulk.");
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="audit-\d{4}-\d\d-\d\d\.ndjson"$/);
    const text = await answer.text();
    expect(text.endsWith("}\n")).toBe(true);
    const events = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as AuditEvent);
    expect(events.map(({ action }) => action)).toEqual(Array.from({ length: 2500 }, (_, n) => `bulk.n${2499 - n}`));
    const { undo: _undo, ...first } = (await list({ action: "bulk.", limit: 1 }))[0] ?? ({} as AuditEvent);
    expect(events[0]).toEqual(first);

    expect((await list({ action: "audit.export" }))[0]).toMatchObject({
      outcome: "ok",
      targetType: "audit",
      actorEmail: "owner@desk.test",
      after: { format: "ndjson", action: "bulk.", events: 2500 },
    });
  });

  test("as CSV has a header, quotes what it must and lets no formula through", async () => {
    const evil = '=cmd|"/c calc"!A1';
    await owner.mutate("doors.open", { door: "x", pin: "1", guests: [] });
    await server.features().audit.sink.record({
      action: "evil.row",
      outcome: "ok",
      code: undefined,
      principal: undefined,
      address: "192.0.2.1",
      requestId: "r",
      note: { targetId: evil, reason: "two\nlines", after: { a: "b,c" } },
    });
    const text = await (await download("format=csv&action=evil.")).text();
    const [header, ...rest] = text.split("\r\n");
    expect(header).toMatch(/^seq,at,action,outcome,/);
    expect(rest.join("\r\n")).toContain(`"'=cmd|""/c calc""!A1"`);
    expect(rest.join("\r\n")).toContain('"two\nlines"');
    expect(rest.join("\r\n")).toContain('"{""a"":""b,c""}"');
  });

  test("is refused to who may not read the log, and with filters that do not fit", async () => {
    expect((await download("format=csv", {})).status).toBe(401);
    expect((await download("format=xlsx")).status).toBe(400);
    expect((await download("outcome=maybe")).status).toBe(400);
    await owner.mutate("users.create", { email: "vera@desk.test", name: "Vera", password: "correct horse battery" });
    const viewer = await signIn(url, { email: "vera@desk.test", password: "correct horse battery" });
    const refused = await download("format=csv", viewer);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: "RIGHT_MISSING" });
    expect((await list({ action: "audit.export", outcome: "refused", limit: 1 }))[0]).toMatchObject({
      code: "RIGHT_MISSING",
      actorEmail: "vera@desk.test",
    });
  });
});

test("the server works under a role that cannot change the log, and says so", async () => {
  expect((await owner.query("audit.integrity")).data()).toMatchObject({
    isRoleSeparated: true,
    firstSeq: 1,
    pruned: 0,
  });
  expect(lines.some((line) => line.includes('"audit.head"'))).toBe(true);
});
