import { once } from "node:events";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import {
  findProcesses,
  makeDataDir,
  openTestDatabase,
  runServer,
  spawnServer,
  type Environment,
} from "@switchboard/testing";
import { describe, expect, test } from "vitest";

// A start that cannot work says why in a sentence and leaves nothing behind.

interface Refusal {
  readonly text: string;
  readonly dataDir: string;
}

/** Starts what must end with 1, a sentence without a stack, and no process of its own. */
async function expectRefusal(env: Environment): Promise<Refusal> {
  const ownDir = env["SWITCHBOARD_DATA_DIR"] === undefined ? makeDataDir() : undefined;
  const dataDir = ownDir ?? env["SWITCHBOARD_DATA_DIR"] ?? "";
  try {
    const { code, errors } = await runServer({ ...env, SWITCHBOARD_DATA_DIR: dataDir });
    const text = errors.join("\n");
    expect(code, text).toBe(1);
    expect(text).not.toMatch(/^\s+at |node_modules|Error:/m);
    expect(findProcesses(dataDir)).toEqual([]);
    return { text, dataDir };
  } finally {
    if (ownDir !== undefined) rmSync(ownDir, { recursive: true, force: true });
  }
}

const expectOneSentence = (text: string): void => expect(text).toMatch(/^[A-Z/][^\n]+\.$/);

describe.concurrent("a start that cannot work", { timeout: 60_000 }, () => {
  test("names every wrong variable at once, without the secret ones' values", async () => {
    const dataDir = path.join(makeDataDir(), "not-made");
    const { text } = await expectRefusal({
      PORT: "http",
      SWITCHBOARD_DATA_DIR: dataDir,
      DATABASE_URL: "mysql://root:hunter2hunter2@db/x",
      SWITCHBOARD_SECRET: "too-short-a-secret",
      SWITCHBOARD_OWNER_PASSWORD: "short-pass",
      SWITCHBOARD_ROLE: "boss",
      SWITCHBOARD_PROCESSES: "0",
      SWITCHBOARD_LIMITS: "{read}",
      SWITCHBOARD_DATABASE: "typo",
      LOG_LEVEL: "loud",
    });
    const named = [
      "PORT",
      "DATABASE_URL",
      "SWITCHBOARD_SECRET",
      "SWITCHBOARD_OWNER_PASSWORD",
      "SWITCHBOARD_OWNER_EMAIL",
      "SWITCHBOARD_ROLE",
      "SWITCHBOARD_PROCESSES",
      "SWITCHBOARD_LIMITS",
      "SWITCHBOARD_DATABASE",
      "LOG_LEVEL",
    ];
    for (const name of named) expect(text).toMatch(new RegExp(`^  ${name}: .+`, "m"));
    expect(text.split("\n")).toHaveLength(named.length + 1);
    for (const secret of ["hunter2", "too-short", "short-pass"]) expect(text).not.toContain(secret);
    expect(existsSync(dataDir)).toBe(false);
    rmSync(path.dirname(dataDir), { recursive: true });
  });

  test("refuses a limit that names nothing, once it knows the procedures", async () => {
    await using database = await openTestDatabase();
    const { text } = await expectRefusal({
      DATABASE_URL: database.url,
      SWITCHBOARD_LIMITS: '{"users.lst":{"burst":5}}',
    });
    expect(text).toMatch(/^ {2}SWITCHBOARD_LIMITS: users\.lst/m);
  });

  test("says which port is taken, and takes its database down again", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { text } = await expectRefusal({ PORT: String(port) });
    expectOneSentence(text);
    expect(text).toContain(`Port ${port} on 127.0.0.1 is taken`);
    taken.close();
  });

  test("says that the machine has no such address", async () => {
    await using database = await openTestDatabase();
    const { text } = await expectRefusal({ HOST: "192.0.2.1", DATABASE_URL: database.url });
    expectOneSentence(text);
    expect(text).toContain("192.0.2.1");
  });

  test("says where no database answers, without the password", async () => {
    const { text } = await expectRefusal({ DATABASE_URL: "postgresql://desk:hunter2hunter2@127.0.0.1:1/desk" });
    expectOneSentence(text);
    expect(text).toContain("postgresql://desk@127.0.0.1:1/desk");
    expect(text).not.toContain("hunter2");
  });

  test("names the migration that was edited after it was applied", async () => {
    await using database = await openTestDatabase();
    const { rows } = await database.asOwner<{ migration_name: string }>(
      `UPDATE _prisma_migrations SET checksum = repeat('0', 64)
        WHERE migration_name = (SELECT max(migration_name) FROM _prisma_migrations) RETURNING migration_name`,
    );
    const { text } = await expectRefusal({ DATABASE_URL: database.url });
    expectOneSentence(text);
    expect(text).toContain(rows[0]?.migration_name);
    expect(text).toContain("edited");
  });

  test("names the migration by which the database is newer", async () => {
    await using database = await openTestDatabase();
    await database.asOwner(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES (gen_random_uuid(), repeat('0', 64), '29990101000000_from_the_future', now(), 1)`,
    );
    const { text } = await expectRefusal({ DATABASE_URL: database.url });
    expectOneSentence(text);
    expect(text).toContain("29990101000000_from_the_future");
    expect(text).toContain("newer");
  });

  test("says that the data folder cannot be used, with a database of its own and with another", async () => {
    await using database = await openTestDatabase();
    const dir = makeDataDir();
    writeFileSync(path.join(dir, "file"), "");
    const dataDir = path.join(dir, "file", "below");
    const elsewhere = { DATABASE_URL: database.url };
    for (const env of [{}, elsewhere, { ...elsewhere, SWITCHBOARD_SECRET: "x".repeat(40) }]) {
      const { text } = await expectRefusal({ ...env, SWITCHBOARD_DATA_DIR: dataDir });
      expectOneSentence(text);
      expect(text).toContain(dataDir);
      expect(text).toContain("SWITCHBOARD_DATA_DIR");
    }
    rmSync(dir, { recursive: true });
  });

  // Root may write anywhere.
  test.skipIf(process.getuid?.() === 0)("says that the data folder may not be written", async () => {
    await using database = await openTestDatabase();
    const dir = makeDataDir();
    chmodSync(dir, 0o500);
    for (const env of [{}, { DATABASE_URL: database.url }]) {
      const { text } = await expectRefusal({ ...env, SWITCHBOARD_DATA_DIR: path.join(dir, "data") });
      expectOneSentence(text);
      expect(text).toContain("SWITCHBOARD_DATA_DIR");
    }
    chmodSync(dir, 0o700);
    rmSync(dir, { recursive: true });
  });

  test("gives up in peace when it is stopped before it is ready", async ({ expect }) => {
    await using server = spawnServer();
    await expect.poll(() => findProcesses(server.dataDir).length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    expect(await server.stop(), server.output.join("\n")).toBe(0);
    expect(findProcesses(server.dataDir)).toEqual([]);
  });
});
