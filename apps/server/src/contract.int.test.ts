import {
  callOperation,
  createCaller,
  createTestDatabase,
  ownerEnvironment,
  readOperations,
  signInOwner,
  startServer,
  toAnswer,
  type Answer,
  type Caller,
  type FieldSchema,
  type Operation,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What every procedure promises, whatever it does. The procedures are taken from the server itself, so the next one is held to it.

let database: TestDatabase;
let server: RunningServer;
let desk: Caller;
let operations: Operation[];

beforeAll(async () => {
  database = await createTestDatabase();
  // The owner asks more in these seconds than people do in an hour.
  const unlimited = { ratePerSecond: 100_000, burst: 100_000 };
  const classes = ["public", "read", "write", "bulk", "auth"].map((name) => [name, unlimited]);
  server = await startServer({
    ...ownerEnvironment,
    DATABASE_URL: database.url,
    SWITCHBOARD_LIMITS: JSON.stringify(Object.fromEntries(classes)),
  });
  desk = await signInOwner(server);
  operations = await readOperations(server.url);
  if (operations.length < 50) throw new Error(`Only ${operations.length} procedures are listed.`);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

const UNKNOWN_ID = "019c0000-0000-7000-8000-000000000000";

const withInput = (): (Operation & { readonly input: FieldSchema })[] =>
  operations.flatMap((operation) => (operation.input ? [{ ...operation, input: operation.input }] : []));

/** Name and schema of each field, of every branch where there are several. */
function fieldsOf({ properties, anyOf }: FieldSchema): [string, FieldSchema][] {
  return [...Object.entries(properties ?? {}), ...(anyOf ?? []).flatMap(fieldsOf)];
}

const fieldsNamed = (name: string): { operation: Operation; schema: FieldSchema }[] =>
  withInput().flatMap((operation) =>
    fieldsOf(operation.input).flatMap(([field, schema]) => (field === name ? [{ operation, schema }] : [])),
  );

const pathsOf = (answer: Answer): string[] => {
  const { issues = [] } = (answer.error().data.app.details ?? {}) as { issues?: { path: string[] }[] };
  return issues.map(({ path }) => path.join("."));
};

/** A cursor holds the name of its list, which is no part of the contract: its path here, or the start of it. */
const toCursorNames = ({ path }: Operation): string[] => [path, path.split(".").slice(0, -1).join(".")];

/** Runs a check over many cases and names each one that fails, not only the first. No cases at all are a failure too. */
async function findWrong<Case>(
  cases: readonly Case[],
  nameOf: (one: Case) => string,
  call: (one: Case) => Promise<Answer>,
  isRight: (answer: Answer, one: Case) => boolean,
): Promise<string[]> {
  if (cases.length === 0) return ["nothing was tried"];
  const wrong: string[] = [];
  for (const one of cases) {
    const answer = await call(one);
    if (!isRight(answer, one)) wrong.push(`${nameOf(one)} -> ${answer.status} ${answer.text.slice(0, 300)}`);
  }
  return wrong;
}

describe("errors", () => {
  test("an error has the shape of tRPC, a code of its own and the request's id", async () => {
    const answer = await desk.query("users.get", { id: UNKNOWN_ID });
    expect(answer.status).toBe(404);
    const { message, code, data } = answer.error();
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(code).toBe(-32004);
    expect(data).toMatchObject({
      code: "NOT_FOUND",
      httpStatus: 404,
      path: "users.get",
      app: { code: "USER_NOT_FOUND" },
    });
    expect(data.requestId).toBe(answer.headers.get("x-request-id"));
    expect(data.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.text).not.toMatch(/stack|node_modules|\.ts:/);
  });

  test("nobody learns what input fits before they may call", async () => {
    const anonymous = createCaller(server.url);
    const key = await desk.mutate("access.keys.create", { name: "viewer", role: "viewer" });
    const viewer = createCaller(server.url, { authorization: `Bearer ${key.data<{ key: string }>().key}` });
    const input = { email: 5 };
    expect((await anonymous.mutate("users.create", input)).code).toBe("UNAUTHENTICATED");
    expect((await viewer.mutate("users.create", input)).code).toBe("RIGHT_MISSING");
    expect((await desk.mutate("users.create", input)).code).toBe("INPUT_INVALID");
  });

  test("a key that does not count is 401, whatever the cookie beside it says", async () => {
    const both = createCaller(server.url, { ...desk.headers, authorization: "Bearer sb_nothing_of_ours" });
    const answer = await both.query("access.me");
    expect(answer.status).toBe(401);
    expect(answer.code).toBe("KEY_INVALID");
  });

  test("what does not exist is 404 in every feature", async () => {
    const id = UNKNOWN_ID;
    const name = "no-such-queue";
    const cases: [string, "query" | "mutate", unknown][] = [
      ["users.get", "query", { id }],
      ["users.update", "mutate", { id, name: "Nobody" }],
      ["users.setRole", "mutate", { id, role: "viewer" }],
      ["users.suspend", "mutate", { id }],
      ["users.restore", "mutate", { id }],
      ["users.delete", "mutate", { id }],
      ["users.imports.get", "query", { id }],
      ["users.imports.problems", "query", { id }],
      ["users.imports.map", "mutate", { id, mapping: { email: 0, name: null, role: null } }],
      ["users.imports.start", "mutate", { id }],
      ["users.imports.pause", "mutate", { id }],
      ["users.imports.resume", "mutate", { id }],
      ["users.imports.abort", "mutate", { id }],
      ["users.imports.undo", "mutate", { id }],
      ["users.impact", "query", { id }],
      ["users.undelete", "mutate", { id }],
      ["access.sessions.revoke", "mutate", { id }],
      ["access.resetFactors", "mutate", { userId: id }],
      ["access.keys.callers", "query", { id }],
      ["access.keys.update", "mutate", { id, name: "nobody's" }],
      ["access.keys.rotate", "mutate", { id }],
      ["access.keys.revoke", "mutate", { id }],
      ["queue.jobs.get", "query", { id }],
      ["queue.jobs.result", "query", { id, waitMs: 100 }],
      ["queue.jobs.cancel", "mutate", { id }],
      ["queue.jobs.retry", "mutate", { id }],
      ["queue.jobs.runNow", "mutate", { id }],
      ["queue.jobs.delete", "mutate", { id }],
      ["queue.jobs.updateInput", "mutate", { id, input: {} }],
      ["queue.bulk.get", "query", { id }],
      ["queue.bulk.items", "query", { id }],
      ["queue.bulk.pause", "mutate", { id }],
      ["queue.bulk.resume", "mutate", { id }],
      ["queue.bulk.abort", "mutate", { id }],
      ["queue.bulk.undo", "mutate", { id }],
      ["queue.errors.get", "query", { fingerprint: "0".repeat(16) }],
      ["queue.schedules.get", "query", { id }],
      ["queue.schedules.runs", "query", { id }],
      ["queue.schedules.update", "mutate", { id, name: "Nothing" }],
      ["queue.schedules.delete", "mutate", { id }],
      ["queue.schedules.runNow", "mutate", { id }],
      ["queue.workers.quiet", "mutate", { id }],
      ["queue.workers.resume", "mutate", { id }],
      ["queue.queues.configure", "mutate", { name, slots: 1 }],
      ["queue.queues.pause", "mutate", { name }],
      ["queue.queues.resume", "mutate", { name }],
      ["limits.get", "query", { name: "no.such.limit" }],
      ["audit.get", "query", { id }],
      ["audit.undoPreview", "query", { id }],
      ["audit.undo", "mutate", { id }],
      ["lab.runs.stop", "mutate", { id }],
    ];
    const covered = new Set(cases.map(([path]) => path));
    const byId = fieldsNamed("id").filter(({ operation }) => !operation.isStream);
    expect(byId.map(({ operation }) => operation.path).filter((path) => !covered.has(path))).toEqual([]);
    const wrong = await findWrong(
      cases,
      ([path]) => path,
      ([path, kind, input]) => desk[kind](path, input),
      (answer) => answer.status === 404 && answer.code?.endsWith("_NOT_FOUND") === true,
    );
    expect(wrong).toEqual([]);
  });

  test("a stream of what does not exist says so in its first event", async () => {
    const streams = fieldsNamed("id").filter(({ operation }) => operation.isStream);
    const wrong = await findWrong(
      streams,
      ({ operation }) => operation.path,
      ({ operation }) => callOperation(desk, operation, { id: UNKNOWN_ID }),
      ({ text }) => /^event: serialized-error\ndata: .*"httpStatus":404/m.test(text),
    );
    expect(wrong).toEqual([]);
  });

  test("only lab.flaky fails on purpose, with a 502 that has a code", async () => {
    const answer = await desk.query("lab.flaky", { failureRate: 1, attempts: 1 });
    expect(answer.status).toBe(502);
    expect(answer.code).toBe("LAB_FLAKY_FAILED");
  });
});

describe("input", () => {
  test("input that is no object is 400 on every procedure that takes some", async () => {
    const cases = withInput().flatMap((operation) =>
      ["text", 5, [], true, null].map((input) => ({ operation, input })),
    );
    const wrong = await findWrong(
      cases,
      ({ operation, input }) => `${operation.path} ${JSON.stringify(input)}`,
      ({ operation, input }) => callRaw(operation, JSON.stringify(input)),
      (answer) => answer.status === 400 && answer.code === "INPUT_INVALID",
    );
    expect(wrong).toEqual([]);
  });

  test("a field of a wrong type is 400 and named, on every procedure", async () => {
    const cases = withInput().flatMap((operation) =>
      fieldsOf(operation.input)
        // A field that takes any JSON has no wrong type.
        .filter(([, schema]) => schema.type !== undefined)
        .map(([field, schema]) => ({ operation, field, value: schema.type === "string" ? 5 : "wrong" })),
    );
    expect(cases.length).toBeGreaterThan(80);
    const wrong = await findWrong(
      cases,
      ({ operation, field }) => `${operation.path} ${field}`,
      ({ operation, field, value }) => callOperation(desk, operation, { [field]: value }),
      (answer, { field }) =>
        answer.status === 400 && answer.code === "INPUT_INVALID" && pathsOf(answer).includes(field),
    );
    expect(wrong).toEqual([]);
  });

  test("an id that is no UUID is 400", async () => {
    const ids = ["1", "not-an-id", `${UNKNOWN_ID}0`, `'${UNKNOWN_ID}`, "", "../../etc/passwd", "🙂"];
    const cases = withInput().flatMap((operation) =>
      fieldsOf(operation.input)
        .filter(([, schema]) => schema.format === "uuid")
        .flatMap(([field]) => ids.map((id) => ({ operation, field, id }))),
    );
    const wrong = await findWrong(
      cases,
      ({ operation, field, id }) => `${operation.path} ${field}=${id}`,
      ({ operation, field, id }) => callOperation(desk, operation, { [field]: id }),
      (answer, { field }) => answer.status === 400 && pathsOf(answer).includes(field),
    );
    expect(wrong).toEqual([]);
  });

  test("NUL characters and lone surrogates are 400, in values and in names, wherever they stand", async () => {
    const texts = [
      String.raw`"a\u0000b"`,
      String.raw`"\ud800"`,
      String.raw`"x\udc00y"`,
      String.raw`{"deep":["\u0000"]}`,
      String.raw`{"\u0000":1}`,
      String.raw`{"\udfff":1}`,
    ];
    const cases = withInput().flatMap((operation) => {
      const [field = "field"] = fieldsOf(operation.input)[0] ?? [];
      return texts.map((text) => ({ operation, json: `{"${field}":${text}}` }));
    });
    const wrong = await findWrong(
      cases,
      ({ operation, json }) => `${operation.path} ${json}`,
      ({ operation, json }) => callRaw(operation, json),
      (answer) => answer.status === 400 && answer.code === "TEXT_INVALID",
    );
    expect(wrong).toEqual([]);
  });

  test("a cursor that was made up or belongs to another list is 400 on every list", async () => {
    await desk.mutate("users.bulkCreate", {
      users: [1, 2, 3].map((number) => ({ email: `cursor-${number}@desk.test`, name: `Cursor ${number}` })),
    });
    const users = await desk.query("users.list", { limit: 1 });
    const real = users.data<{ nextCursor: string }>().nextCursor;
    const lists = fieldsNamed("cursor").map(({ operation }) => operation);
    expect(lists.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["users.list", "audit.list", "queue.jobs.list"]),
    );
    const names = lists.flatMap(toCursorNames);
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const madeUp = [
      "x",
      "%00",
      "null",
      encode(null),
      encode([]),
      encode({}),
      encode(5),
      ...names.flatMap((name) => [
        encode([name]),
        encode([name, 5, {}]),
        encode([name, "yesterday", UNKNOWN_ID]),
        encode([name, "2026-01-01T00:00:00.000Z", "no id"]),
      ]),
    ];
    const cases = lists.flatMap((operation) =>
      [...madeUp, ...(operation.path === "users.list" ? [] : [real])].map((cursor) => ({ operation, cursor })),
    );
    const wrong = await findWrong(
      cases.filter(({ operation, cursor }) => !(operation.path === "cache.list" && cursor === encode(["cache.list"]))),
      ({ operation, cursor }) => `${operation.path} ${Buffer.from(cursor, "base64url").toString()}`,
      ({ operation, cursor }) => callOperation(desk, operation, { cursor }),
      (answer) => answer.status === 400,
    );
    expect(wrong).toEqual([]);
  });

  test("a moment that Postgres cannot hold is 400, in a cursor and in a field", async () => {
    const moments = ["0000-01-01T00:00:00.000000Z", "2026-02-30T00:00:00.000000Z", "+012026-01-01T00:00:00Z"];
    const lists = fieldsNamed("cursor").map(({ operation }) => operation);
    const fromCursors = lists.flatMap((operation) =>
      toCursorNames(operation).flatMap((name) =>
        moments.map((moment) => {
          const cursor = Buffer.from(JSON.stringify([name, moment, UNKNOWN_ID])).toString("base64url");
          return { operation, input: { cursor } };
        }),
      ),
    );
    const fromFields = withInput().flatMap((operation) =>
      fieldsOf(operation.input)
        .filter(([, { format }]) => format === "date-time")
        .flatMap(([field]) => moments.map((moment) => ({ operation, input: { [field]: moment } }))),
    );
    const wrong = await findWrong(
      [...fromCursors, ...fromFields],
      ({ operation, input }) => `${operation.path} ${JSON.stringify(input)}`,
      ({ operation, input }) => callOperation(desk, operation, input),
      (answer) => answer.status === 400,
    );
    expect(wrong).toEqual([]);
  });

  test("deep nesting is 400, not a stack overflow", async () => {
    const cases = withInput().flatMap((operation) =>
      [200, 3000].flatMap((depth) => [
        { operation, json: `{"value":${"[".repeat(depth)}${"]".repeat(depth)}}` },
        { operation, json: `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}` },
      ]),
    );
    const wrong = await findWrong(
      // A URL of more than 16 KiB does not reach a procedure.
      cases.filter(({ operation, json }) => operation.method === "post" || json.length < 5000),
      ({ operation, json }) => `${operation.path} ${json.slice(0, 20)} ${json.length}`,
      ({ operation, json }) => callRaw(operation, json),
      (answer) => answer.status === 400 && answer.code === "INPUT_TOO_DEEP",
    );
    expect(wrong).toEqual([]);
    const huge = await callRaw(
      { path: "cache.set", method: "post" },
      `{"key":"deep","value":${"[".repeat(500_000)}${"]".repeat(500_000)}}`,
    );
    expect(huge.status).toBe(400);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  });

  test("a wildcard in a search is a letter like any other", async () => {
    const names = ["%percent", "_under", "back\\slash", "plain"];
    const users = names.map((name, index) => ({ email: `wild-${index}@desk.test`, name }));
    expect((await desk.mutate("users.bulkCreate", { users })).status).toBe(200);
    const find = async (search: string): Promise<string[]> => {
      const answer = await desk.query("users.list", { search });
      return answer.data<{ items: { name: string }[] }>().items.map(({ name }) => name);
    };
    expect(await find("%")).toEqual(["%percent"]);
    expect(await find("_")).toEqual(["_under"]);
    expect(await find("back\\")).toEqual(["back\\slash"]);
    expect(await find("p%n")).toEqual([]);
    expect(await find("pl_in")).toEqual([]);
    expect(await find("plain")).toEqual(["plain"]);
    for (const [path, field] of [
      ["audit.list", "search"],
      ["audit.list", "action"],
      ["queue.jobs.list", "search"],
      ["cache.list", "prefix"],
    ] as const) {
      for (const text of ["%", "_", "%user%", "_ache"]) {
        const answer = await desk.query(path, { [field]: text });
        expect(answer.data<{ items: unknown[] }>().items, `${path} ${text}`).toEqual([]);
      }
    }
  });
});

describe("access to procedures", () => {
  test("nothing is public but access.setup and the lab", () => {
    const open = operations.filter(({ isPublic }) => isPublic).map(({ path }) => path);
    expect(open.filter((path) => !path.startsWith("lab."))).toEqual(["access.setup"]);
    for (const { path, access, isPublic } of operations) expect(isPublic, path).toBe(access === "public");
  });

  test("a viewer changes nothing and reads users, queue, cache, limits and statistics", () => {
    const changes = operations.filter(({ access, method }) => access === "viewer" && method === "post");
    expect(changes.map(({ path }) => path)).toEqual([]);
    // What an admin looks at before or after an act on people, and files with whatever is in them.
    const isForAdmins = (path: string): boolean => /^users\.(impact|deleted|imports\.)/.test(path);
    for (const feature of ["users", "queue", "cache", "limits", "stats"]) {
      const reads = operations.filter(({ path, method }) => path.startsWith(`${feature}.`) && method === "get");
      expect(reads.length).toBeGreaterThan(0);
      for (const { path, access } of reads) expect(access, path).toBe(isForAdmins(path) ? "admin" : "viewer");
    }
  });

  test("the OpenAPI document refers to nothing that it does not hold", async () => {
    const text = await (await fetch(`${server.url}/openapi.json`)).text();
    const document: unknown = JSON.parse(text);
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? "");
    const find = (path: string): unknown =>
      path
        .split("/")
        .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
    expect([...new Set(references)].filter((path) => find(path) === undefined)).toEqual([]);
    expect(find("components/securitySchemes/session/name")).toBe((desk.headers["cookie"] ?? "").split("=")[0]);
  });
});

/** With a body or `input` exactly as given: `JSON.stringify` cannot make all that a stranger can send. */
async function callRaw({ path, method }: Pick<Operation, "path" | "method">, json: string): Promise<Answer> {
  if (method === "get") {
    return toAnswer(
      await fetch(`${server.url}/trpc/${path}?input=${encodeURIComponent(json)}`, { headers: desk.headers }),
    );
  }
  const headers = { ...desk.headers, "content-type": "application/json" };
  return toAnswer(await fetch(`${server.url}/trpc/${path}`, { method: "POST", headers, body: json }));
}
