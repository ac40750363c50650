import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import {
  createCaller,
  findProcesses,
  makeDataDir,
  owner,
  ownerEnvironment,
  signIn,
  signInOwner,
  startServer,
} from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The command as an operator types it, in a process of its own.

const root = path.join(import.meta.dirname, "../../..");

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string; errors: string }> {
  const command = ["--conditions=source", "apps/server/src/admin-create.ts", ...args];
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

const passwordIn = (output: string): string => /^Password, shown this once: (\S{16,})$/m.exec(output)?.[1] ?? "";

describe("beside a server that runs", () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    server = await startServer(ownerEnvironment);
    env = { SWITCHBOARD_DATA_DIR: server.dataDir };
  }, 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  test("an owner who is locked out gets in again, and who was in gets out", { timeout: 60_000 }, async () => {
    const before = await signInOwner(server);
    const { key } = (await before.mutate("access.keys.create", { name: "ci" })).data<{ key: string }>();
    const keyed = createCaller(server.url, { authorization: `Bearer ${key}` });
    expect((await keyed.query("access.me")).status).toBe(200);
    for (let n = 0; n < 5; n += 1) {
      await expect(signIn(server.url, { ...owner, password: "wrong password!" })).rejects.toThrow("401");
    }
    await expect(signIn(server.url, owner)).rejects.toThrow("429");

    const { code, output, errors } = await run([owner.email.toUpperCase()], env);
    expect([code, errors]).toEqual([0, ""]);
    expect(output).toContain(`${owner.email} is back in, with the role owner.`);
    const password = passwordIn(output);
    const again = createCaller(server.url, await signIn(server.url, { email: owner.email, password }));
    // Kept in the memory of the server for up to two seconds.
    await expect.poll(async () => (await before.query("access.me")).code, { timeout: 5000 }).toBe("UNAUTHENTICATED");
    await expect.poll(async () => (await keyed.query("access.me")).code, { timeout: 5000 }).toBe("KEY_INVALID");

    const { items } = (await again.query("audit.list", { action: "access.adminCreate" })).data<{ items: object[] }>();
    expect(items).toMatchObject([
      { via: "system", outcome: "ok", targetType: "user", before: { role: "owner" }, after: { email: owner.email } },
    ]);
    expect(JSON.stringify(items)).not.toContain(password);
  });

  test("somebody suspended is restored with the role, and none is ever lowered", { timeout: 60_000 }, async () => {
    const first = await run(["boss@desk.test", "--name", "The boss"], env);
    expect(first.output).toContain("boss@desk.test is made, with the role owner.");
    const boss = createCaller(
      server.url,
      await signIn(server.url, { email: "boss@desk.test", password: passwordIn(first.output) }),
    );
    const made = await boss.mutate("users.create", { email: "kim@desk.test", name: "Kim" });
    const { id } = made.data<{ id: string }>();
    await boss.mutate("users.suspend", { id });

    const { code, output } = await run(["kim@desk.test", "--role", "admin"], env);
    expect(code).toBe(0);
    const kim = createCaller(
      server.url,
      await signIn(server.url, { email: "kim@desk.test", password: passwordIn(output) }),
    );
    const me = (await kim.query("access.me")).data<{ user: object }>();
    expect(me.user).toMatchObject({ name: "Kim", role: "admin" });

    const refused = await run(["boss@desk.test", "--role", "admin"], env);
    expect(refused).toEqual({
      code: 1,
      output: "",
      errors: "This person has the role owner, which is above admin. Run it again with --role owner.\n",
    });
    expect((await boss.query("access.me")).status).toBe(200);
  });
});

describe("without a server", () => {
  const dataDir = makeDataDir();
  const env = { SWITCHBOARD_DATA_DIR: dataDir };
  afterAll(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

  test(
    "makes the first owner, takes the set-up link away and leaves nothing running",
    { timeout: 180_000 },
    async () => {
      let setupUrl: string | undefined;
      {
        await using unowned = await startServer(env);
        ({ setupUrl } = unowned);
      }
      expect(setupUrl).toContain("/setup?token=");
      const { code, output, errors } = await run(["first@desk.test"], env);
      expect([code, errors]).toEqual([0, ""]);
      expect(findProcesses(dataDir)).toEqual([]);

      // There is an owner: the one of the environment is not made.
      await using server = await startServer({ ...env, ...ownerEnvironment });
      await expect(signIn(server.url, owner)).rejects.toThrow("401");
      expect(server.setupUrl).toBeUndefined();
      const password = passwordIn(output);
      const me = await createCaller(server.url, await signIn(server.url, { email: "first@desk.test", password })).query(
        "access.me",
      );
      expect(me.data<{ user: object }>().user).toMatchObject({ name: "first", role: "owner" });
      const token = new URL(setupUrl ?? "").searchParams.get("token");
      const claim = { token, email: "late@desk.test", name: "Late", password: "a password of a stranger" };
      expect((await createCaller(server.url).mutate("access.setup", claim)).code).toBe("SETUP_DONE");
    },
  );
});

describe("what it cannot do it says in a sentence", { timeout: 60_000 }, () => {
  const nowhere = { SWITCHBOARD_DATA_DIR: "/dev/null/nowhere" };

  test("typed wrong, it ends with 2 and says how", async () => {
    const { code, output, errors } = await run(["a@desk.test", "--role", "viewer"], nowhere);
    expect([code, output]).toEqual([2, ""]);
    expect(errors).toMatch(/^--role is owner or admin\.\n\n[^]*npx pnpm admin:create <email>/);
  });

  test("without its database it ends with 1 and names it", async () => {
    const { code, errors } = await run(["a@desk.test"], { ...nowhere, DATABASE_URL: "postgres://127.0.0.1:9/none" });
    expect(code).toBe(1);
    expect(errors).toMatch(/^[A-Z][^\n]*127\.0\.0\.1[^\n]*\.\n$/);
  });
});
