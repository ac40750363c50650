import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import {
  createTestDatabase,
  ownerEnvironment,
  signInOwner,
  startServer,
  type Caller,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inParts, toFile } from "./imports.fixture.ts";
import { MAX_FILE_BYTES, type ImportSummary, type UserImport } from "./imports.schema.ts";

let database: TestDatabase;
let server: RunningServer;
let desk: Caller;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ ...ownerEnvironment, DATABASE_URL: database.url });
  desk = await signInOwner(server);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What was sent, however little of it the server has read. */
async function send(
  body: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: UserImport & Refusal }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: UserImport & Refusal }>();
  const outgoing = request(`${server.url}/api/users/imports?fileName=people.csv`, {
    method: "POST",
    headers: { "content-type": "text/csv", ...desk.headers, ...headers },
  });
  outgoing.on("response", (response) => {
    void text(response).then((answer) =>
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) as UserImport & Refusal }),
    );
  });
  // What is still written after a refusal meets a closed connection; without an answer that is the outcome.
  outgoing.on("error", reject);
  Readable.from(body).pipe(outgoing);
  return promise;
}

const list = async (): Promise<readonly ImportSummary[]> =>
  (await desk.query("users.imports.list", {})).data<{ items: ImportSummary[] }>().items;

async function untilState(id: string, state: string): Promise<UserImport> {
  const get = async (): Promise<UserImport> => (await desk.query("users.imports.get", { id })).data<UserImport>();
  await expect.poll(async () => (await get()).state, { interval: 20, timeout: 20_000 }).toBe(state);
  return get();
}

test("a file is uploaded, checked and stored, and its problems come as a file that no spreadsheet runs", async () => {
  const bad = { 4: "nobody,=HYPERLINK(1),viewer", 9: '"a ""quoted"" b@x.example",Nine,viewer' };
  const { status, body } = await send(inParts(toFile("http.example", 2000, bad)));
  expect(status).toBe(201);
  expect(body).toMatchObject({ fileName: "people.csv", state: "checking", totalRows: 2000 });
  expect(await untilState(body.id, "ready")).toMatchObject({ problemRows: 2 });

  const response = await fetch(`${server.url}/api/users/imports/${body.id}/problems.csv`, { headers: desk.headers });
  expect(response.headers.get("content-disposition")).toContain("import-problems.csv");
  expect((await response.text()).split("\r\n")).toEqual([
    "line,problem,email,name,role",
    "4,“nobody” is no e-mail address.,nobody,'=HYPERLINK(1),viewer",
    '9,"“a ""quoted"" b@x.example” is no e-mail address.","a ""quoted"" b@x.example",Nine,viewer',
    "",
  ]);
  await desk.mutate("users.imports.start", { id: body.id });
  expect(await untilState(body.id, "done")).toMatchObject({ importedRows: 1998 });

  const { items } = (await desk.query("audit.list", { targetId: body.id })).data<{ items: { action: string }[] }>();
  expect(items.map(({ action }) => action)).toContain("users.imports.upload");
});

test("what is no CSV is refused with its line, in words, and nothing of it is kept", async () => {
  const before = (await list()).length;
  // The rest of the file is still on its way when it is refused.
  async function* bad(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${toFile("bad.example", 3000)}x,${"y".repeat(11_000)}\r\n`);
    yield* inParts(toFile("bad.example", 20_000));
  }
  const { status, body } = await send(bad());
  expect([status, body.code]).toEqual([400, "IMPORT_TOO_WIDE"]);
  expect(body.message).toContain("Line 3002");
  expect(await send(inParts(""))).toMatchObject({ status: 400, body: { code: "IMPORT_EMPTY" } });
  const utf16 = Buffer.from("\u{FEFF}email\r\na@b.co\r\n", "utf16le");
  async function* inUtf16(): AsyncGenerator<Uint8Array> {
    yield utf16;
  }
  expect(await send(inUtf16())).toMatchObject({ status: 400, body: { code: "IMPORT_UNREADABLE" } });
  expect(await list()).toHaveLength(before);
});

test("a file that is too large is refused, announced or not, and nothing of it is kept", async () => {
  const before = (await list()).length;
  const announced = request(`${server.url}/api/users/imports`, {
    method: "POST",
    headers: { "content-type": "text/csv", "content-length": String(MAX_FILE_BYTES + 1), ...desk.headers },
  });
  announced.flushHeaders();
  const [response] = (await once(announced, "response")) as [{ statusCode: number }];
  expect(response.statusCode).toBe(413);
  announced.destroy();

  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("email,notes\r\n");
    const part = Buffer.from(`x,${"y".repeat(8000)}\r\n`.repeat(100));
    for (let bytes = 0; bytes < MAX_FILE_BYTES + 2_000_000; bytes += part.length) yield part;
  }
  const { status, body } = await send(endless());
  expect([status, body.code]).toEqual([413, "BODY_TOO_LARGE"]);
  expect(await list()).toHaveLength(before);
}, 90_000);

test("an upload that is cut off half-way has failed and keeps no rows", async () => {
  const outgoing = request(`${server.url}/api/users/imports?fileName=cut.csv`, {
    method: "POST",
    headers: { "content-type": "text/csv", ...desk.headers },
  });
  outgoing.on("error", () => undefined);
  outgoing.write(toFile("cut.example", 5000));
  const cut = async (): Promise<ImportSummary | undefined> => (await list()).find((one) => one.fileName === "cut.csv");
  await expect.poll(async () => (await cut())?.totalRows, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await cut()).toMatchObject({ state: "uploading" });
  outgoing.destroy();
  await expect.poll(async () => (await cut())?.state, { timeout: 10_000 }).toBe("failed");
  const { id = "" } = (await cut()) ?? {};
  expect((await desk.query("users.imports.get", { id })).data()).toMatchObject({ totalRows: 0, sample: [] });
});

test("whoever may not import is refused before a byte is read", async () => {
  const send = async (headers: Readonly<Record<string, string>>): Promise<number> => {
    const url = `${server.url}/api/users/imports`;
    return (await fetch(url, { method: "POST", headers, body: "email\na@b.co\n" })).status;
  };
  expect(await send({ "content-type": "text/csv" })).toBe(401);
  expect(await send({ ...desk.headers, "content-type": "text/csv", origin: "https://evil.example" })).toBe(403);
  expect(await send({ ...desk.headers, "content-type": "text/plain" })).toBe(415);
  expect(
    (await fetch(`${server.url}/api/users/imports/${"0".repeat(8)}/problems.csv`, { headers: desk.headers })).status,
  ).toBe(400);
  const { status } = await fetch(`${server.url}/api/users/imports/01980000-0000-7000-8000-000000000000/problems.csv`, {
    headers: desk.headers,
  });
  expect(status).toBe(404);
});
