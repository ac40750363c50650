import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
  createCaller,
  createTestDatabase,
  signIn,
  startServer,
  type Caller,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let database: TestDatabase;
let server: RunningServer;
let anybody: Caller;
const password = "a password for the first";

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ DATABASE_URL: database.url, LOG_LEVEL: "trace" });
  anybody = createCaller(server.url);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

function readToken(): string {
  const token = new URL(server.setupUrl ?? "").searchParams.get("token") ?? "";
  expect(token.length).toBeGreaterThanOrEqual(32);
  return token;
}

const isSetupRequired = async (): Promise<unknown> =>
  ((await (await fetch(`${server.url}/health`)).json()) as { setupRequired: unknown }).setupRequired;

const ownerOf = (index: number, token: string) => ({
  token,
  email: `first-${index}@desk.test`,
  name: `First ${index}`,
  password,
});

test("without an owner a one-time link is printed, and nobody gets in without it", async () => {
  expect(new URL(server.setupUrl ?? "").origin).toBe(server.url);
  expect(await isSetupRequired()).toBe(true);
  const wrong = await anybody.mutate("access.setup", ownerOf(0, "wrong".repeat(8)));
  expect(wrong.status).toBe(403);
  expect(wrong.code).toBe("SETUP_TOKEN_INVALID");
  const bad = await anybody.mutate("access.setup", { ...ownerOf(0, readToken()), password: "short" });
  expect(bad.status).toBe(400);
  expect(await isSetupRequired()).toBe(true);
});

test("of ten who claim the link at once one becomes the owner", async () => {
  const token = readToken();
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => anybody.mutate("access.setup", ownerOf(index, token))),
  );
  const winners = answers.flatMap((answer, index) => (answer.status === 200 ? [index] : []));
  expect(winners).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect([403, 409]).toContain(answer.status);
    expect(answer.code).toMatch(/^SETUP_(DONE|TOKEN_INVALID)$/);
  }
  expect(await isSetupRequired()).toBe(false);

  const winner = `first-${winners[0]}@desk.test`;
  const desk = createCaller(server.url, await signIn(server.url, { email: winner, password }));
  expect((await desk.query("access.me")).data()).toMatchObject({ user: { email: winner, role: "owner" } });
  const people = (await desk.query("users.list", {})).data<{ items: { email: string }[] }>();
  expect(people.items.map(({ email }) => email)).toEqual([winner]);
});

test("the link does not work a second time", async () => {
  const again = await anybody.mutate("access.setup", ownerOf(11, readToken()));
  expect(again.status).toBe(409);
  expect(again.code).toBe("SETUP_DONE");
});

test("the token is printed once, for the operator, and no password is", async () => {
  const token = readToken();
  // As a browser does that is sent the link: the access log has the path only.
  await fetch(server.setupUrl ?? "", { headers: { accept: "text/html" } });
  await expect.poll(() => server.output.join("\n")).toContain('"path":"/setup"');
  expect(server.output.filter((line) => line.includes(token))).toEqual([
    `Nobody owns it yet. Open this link once to become its owner: ${server.setupUrl}`,
  ]);
  expect(server.output.join("\n")).toContain("access.setup");
  expect(server.output.join("\n")).not.toContain(password);
});

test("what is secret in the data folder is for its owner's eyes only", () => {
  const files = readdirSync(server.dataDir).filter((name) => name !== "postgres");
  expect(files).toContain("secret");
  for (const name of files) {
    const file = path.join(server.dataDir, name);
    expect((statSync(file).mode & 0o777).toString(8), name).toBe("600");
    expect(readFileSync(file, "utf8"), name).not.toContain(readToken());
  }
});
