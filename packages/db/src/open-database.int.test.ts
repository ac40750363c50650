import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createEmptyDatabase, createTestDatabase, startTcpProxy } from "@switchboard/testing";
import { Client } from "pg";
import { inject, expect, test, vi } from "vitest";
import { openDatabase } from "./open-database.ts";

const NO_DATA_DIR = "/nonexistent";
const ANN = { id: "019ab000-0000-7000-8000-000000000001", email: "ann@example.com", name: "Ann" };

const open = (databaseUrl: string) => openDatabase({ databaseUrl, dataDir: NO_DATA_DIR });

const socketDir = () => new URL(inject("testPostgres").adminUrl).searchParams.get("host") ?? "";

test("opening migrates, and Prisma and the pool see the same rows", async () => {
  await using empty = await createEmptyDatabase();
  const log = vi.fn();
  const database = await openDatabase({ databaseUrl: empty.url, dataDir: NO_DATA_DIR, log });
  try {
    expect(database.kind).toBe("server");
    expect(log).toHaveBeenCalledWith("database.migrated", { applied: expect.arrayContaining(["20261123000000_init"]) });
    await database.prisma.user.create({ data: ANN });
    const { rows } = await database.pool.query("SELECT email, role, email_verified FROM users");
    expect(rows).toEqual([{ email: "ann@example.com", role: "viewer", email_verified: false }]);
  } finally {
    await database.stop();
  }
});

test("Prisma takes its connections from the pool", async () => {
  await using made = await createTestDatabase();
  const database = await openDatabase({ databaseUrl: made.url, dataDir: NO_DATA_DIR, poolSize: 1 });
  try {
    const held = await database.pool.connect();
    // A Prisma call starts when something waits for it.
    const counted = database.prisma.user.count().then((count) => count);
    await vi.waitFor(() => expect(database.pool.waitingCount).toBe(1));
    held.release();
    expect(await counted).toBe(0);
    expect(database.pool.totalCount).toBe(1);
  } finally {
    await database.stop();
  }
});

test("an upper-case address cannot be stored past the unique index", async () => {
  await using made = await createTestDatabase();
  const database = await open(made.url);
  try {
    await expect(database.prisma.user.create({ data: { ...ANN, email: "Ann@example.com" } })).rejects.toThrow(
      "users_email_lower_check",
    );
  } finally {
    await database.stop();
  }
});

test("stop is safe twice, ends direct clients and leaves no connection", async () => {
  await using made = await createTestDatabase();
  const database = await open(made.url);
  const direct = await database.directClient();
  const ended = once(direct, "end");
  await database.prisma.user.count();
  await Promise.all([database.stop(), database.stop()]);
  await ended;
  expect(database.pool.totalCount).toBe(0);
  await expect(direct.query("SELECT 1")).rejects.toThrow();
});

test("a direct client listens and keeps its advisory lock, without a statement timeout", async () => {
  await using made = await createTestDatabase();
  const database = await open(made.url);
  try {
    const direct = await database.directClient();
    const notified = once(direct, "notification");
    await direct.query("LISTEN news");
    await database.pool.query("NOTIFY news, 'hello'");
    expect((await notified)[0]).toMatchObject({ channel: "news", payload: "hello" });
    expect((await direct.query("SHOW statement_timeout")).rows).toEqual([{ statement_timeout: "0" }]);
    expect((await database.pool.query("SHOW statement_timeout")).rows).toEqual([{ statement_timeout: "30s" }]);
    expect((await database.pool.query("SHOW application_name")).rows).toEqual([{ application_name: "switchboard" }]);
  } finally {
    await database.stop();
  }
});

test("connections lost on the way are logged and replaced, and the process lives", async () => {
  await using made = await createTestDatabase();
  await using proxy = await startTcpProxy({ path: `${socketDir()}/.s.PGSQL.5432` });
  const proxied = new URL(made.url);
  proxied.host = `${proxy.host}:${proxy.port}`;
  proxied.search = "";
  const log = vi.fn();
  const database = await openDatabase({ databaseUrl: proxied.href, dataDir: NO_DATA_DIR, log });
  try {
    await database.directClient();
    const lent = await database.pool.connect();
    await database.pool.query("SELECT 1");
    proxy.cut();
    await vi.waitFor(() =>
      expect(log.mock.calls.filter(([event]) => event === "database.connection-lost")).toHaveLength(3),
    );
    lent.release(true);
    proxy.resume();
    expect(await database.prisma.user.count()).toBe(0);
  } finally {
    await database.stop();
  }
});

test("a port where nobody listens is one sentence", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  await expect(open(`postgresql://ann:s3cret@127.0.0.1:${port}/shop`)).rejects.toMatchObject({
    name: "DatabaseStartError",
    publicMessage: `Nothing listens at postgresql://ann@127.0.0.1:${port}/shop: start that Postgres server, or correct DATABASE_URL.`,
  });
});

test("a missing database, an unknown user and a foreign address are one sentence each", async () => {
  const { adminUrl } = inject("testPostgres");
  const missing = new URL(adminUrl);
  missing.pathname = "/nowhere";
  await expect(open(missing.href)).rejects.toThrow("/nowhere does not exist: create it");
  const stranger = new URL(adminUrl);
  stranger.username = "stranger";
  await expect(open(stranger.href)).rejects.toThrow("The server refused the user of postgresql://stranger@");
  await expect(open("redis://localhost")).rejects.toThrow("DATABASE_URL is no Postgres address");
});

test("a user who may not create tables is told what to grant", async () => {
  await using empty = await createEmptyDatabase();
  const owner = new Client({ connectionString: empty.url });
  await owner.connect();
  const role = `limited_${randomBytes(4).toString("hex")}`;
  await owner.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE ROLE ${role} LOGIN`);
  try {
    await owner.query(`GRANT USAGE ON SCHEMA public TO ${role}`);
    const limited = new URL(empty.url);
    limited.username = role;
    await expect(open(limited.href)).rejects.toThrow("GRANT it CREATE on the schema public");
  } finally {
    await owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await owner.end();
  }
});
