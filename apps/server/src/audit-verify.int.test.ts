import { spawn } from "node:child_process";
import path from "node:path";
import {
  createTestDatabase,
  findProcesses,
  openTestDatabase,
  ownerEnvironment,
  signInOwner,
  startServer,
} from "@switchboard/testing";
import { expect, test } from "vitest";

// The command as an operator types it, in a process of its own.

const root = path.join(import.meta.dirname, "../../..");

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

async function verify(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> {
  const command = ["--conditions=source", "apps/server/src/audit-verify.ts", ...args];
  const child = spawn(path.join(root, "node_modules/.bin/node"), command, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output, errors };
}

const headIn = (output: string): string => /^Head: +(\d+:[0-9a-f]{64})$/m.exec(output)?.[1] ?? "";

test(
  "says that the log of an embedded database is whole, beside its server and after it",
  { timeout: 90_000 },
  async () => {
    await using server = await startServer(ownerEnvironment);
    const env = { SWITCHBOARD_DATA_DIR: server.dataDir };
    const owner = await signInOwner(server);
    await owner.mutate("users.create", { email: "kim@desk.test", name: "Kim" });
    const first = await verify(env);
    expect(first).toMatchObject({ code: 0, errors: "" });
    expect(first.output).toMatch(/^The audit log is whole: [1-9]\d* events\.$/m);
    const head = headIn(first.output);

    await owner.mutate("users.create", { email: "lee@desk.test", name: "Lee" });
    await server.stop();
    const second = await verify(env, "--head", head);
    expect(second).toMatchObject({ code: 0, errors: "" });
    expect(second.output).toContain("and the noted head is among them");
    expect(headIn(second.output)).not.toBe(head);
    expect(findProcesses(server.dataDir)).toEqual([]);
  },
);

test("names the first row that is not right, and ends with 1", { timeout: 60_000 }, async () => {
  await using database = await openTestDatabase();
  const env = { DATABASE_URL: database.url };
  const rows = Array.from({ length: 5 }, () => ({
    id: crypto.randomUUID(),
    action: "x",
    outcome: "ok",
    via: "system",
  }));
  await database.pool.query("SELECT audit_append($1)", [JSON.stringify(rows)]);
  const noted = headIn((await verify(env)).output);
  await database.asOwner(
    "ALTER TABLE audit_event DISABLE TRIGGER ALL; UPDATE audit_event SET reason = 'nothing to see here' WHERE seq = 3",
  );
  const changed = await verify(env);
  expect(changed.code).toBe(1);
  expect(changed.errors).toContain("THE AUDIT LOG IS BROKEN. Row 3 is not what was written");
  expect(changed.output).toContain("First row: 3 (changed)");

  await database.asOwner("DELETE FROM audit_event WHERE seq >= 3");
  expect((await verify(env)).code).toBe(0);
  const cut = await verify(env, "--head", noted);
  expect(cut.code).toBe(1);
  expect(cut.errors).toContain("The chain ends at row 2, before the noted row 5");
});

test("ends with 2 when it could not check", { timeout: 60_000 }, async () => {
  await using database = await createTestDatabase();
  const elsewhere = await verify({ DATABASE_URL: "postgresql://desk:hunter2hunter2@127.0.0.1:1/desk" });
  expect(elsewhere.code).toBe(2);
  expect(elsewhere.errors).toContain("Nothing listens at postgresql://desk@127.0.0.1:1/desk");
  expect(elsewhere.errors).not.toContain("hunter2");
  const env = { DATABASE_URL: database.url };
  expect(await verify(env, "--head", "abc")).toMatchObject({
    code: 2,
    errors: expect.stringContaining('"abc" is no head'),
  });
  expect(await verify(env, "--what")).toMatchObject({ code: 2, errors: expect.stringContaining("Known is --head") });
  expect(await verify({ ...env, SWITCHBOARD_TYPO: "1" })).toMatchObject({ code: 2 });
});
