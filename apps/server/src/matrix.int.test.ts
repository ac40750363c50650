import {
  callOperation,
  createCaller,
  createTestDatabase,
  ownerEnvironment,
  readOperations,
  signIn,
  signInOwner,
  startServer,
  type Answer,
  type Caller,
  type Operation,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// Every procedure for every kind of caller. The table is made from what the procedures declare, so none is left out.

const roles = ["viewer", "operator", "admin", "owner"] as const;
type Role = (typeof roles)[number];

interface Kind {
  readonly name: string;
  readonly caller: Caller;
  readonly role: Role | undefined;
  readonly scope?: string;
}

let database: TestDatabase;
let server: RunningServer;
let operations: Operation[];
let kinds: Kind[];

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ ...ownerEnvironment, DATABASE_URL: database.url });
  const desk = await signInOwner(server);
  operations = await readOperations(server.url);
  kinds = [{ name: "anonymous", caller: createCaller(server.url), role: undefined }];
  for (const role of roles) {
    const who = { email: `matrix-${role}@desk.test`, password: `the password of ${role}` };
    (await desk.mutate("users.create", { ...who, name: role, role })).data();
    kinds.push({ name: role, role, caller: createCaller(server.url, await signIn(server.url, who)) });
  }
  for (const scope of ["cache", "queue.jobs.list"]) {
    kinds.push({ name: `key for ${scope}`, role: "owner", scope, caller: await makeKey(desk, { scopes: [scope] }) });
  }
  kinds.push({ name: "key of a viewer", role: "viewer", caller: await makeKey(desk, { role: "viewer" }) });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

async function makeKey(desk: Caller, options: object): Promise<Caller> {
  const made = await desk.mutate("access.keys.create", { name: "matrix", ...options });
  return createCaller(server.url, { authorization: `Bearer ${made.data<{ key: string }>().key}` });
}

type Verdict = "allowed" | "UNAUTHENTICATED" | "RIGHT_MISSING" | "SCOPE_MISSING";

function expectVerdict({ access, path }: Operation, { role, scope }: Kind): Verdict {
  if (access === "public") return "allowed";
  if (role === undefined) return "UNAUTHENTICATED";
  if (roles.indexOf(role) < roles.indexOf(access as Role)) return "RIGHT_MISSING";
  return scope === undefined || path === scope || path.startsWith(`${scope}.`) ? "allowed" : "SCOPE_MISSING";
}

/** Input that fits nothing: who may call learns that by a 400, and nothing is changed. */
const MISFIT = "no input of any procedure";

function toVerdict({ status, code, text }: Answer): string {
  if (status === 401 || status === 403) return code ?? `${status} without a code`;
  return status === 400 || status === 200 ? "allowed" : `${status} ${text.slice(0, 200)}`;
}

test("every procedure lets in whom it declares, and nobody else", async () => {
  const expected: string[] = [];
  const found: string[] = [];
  for (const kind of kinds) {
    for (const operation of operations) {
      const answer = await callOperation(kind.caller, operation, operation.input && MISFIT);
      const name = `${kind.name} calls ${operation.path}:`;
      expected.push(`${name} ${expectVerdict(operation, kind)}`);
      found.push(`${name} ${toVerdict(answer)}`);
    }
  }
  expect(found).toEqual(expected);
  expect(found.length).toBe(kinds.length * operations.length);
});

test("each role reaches more than the one before", () => {
  const reach = roles.map((role) => {
    const kind = kinds.find((candidate) => candidate.name === role);
    return operations.filter((operation) => kind && expectVerdict(operation, kind) === "allowed").length;
  });
  expect(reach[0]).toBeGreaterThan(0);
  expect(reach[1]).toBeGreaterThan(reach[0] ?? 0);
  expect(reach[2]).toBeGreaterThan(reach[1] ?? 0);
  expect(reach[3]).toBeGreaterThanOrEqual(reach[2] ?? 0);
});

test("what me and roles name is what may be called", async () => {
  for (const kind of kinds) {
    if (
      kind.role === undefined ||
      expectVerdict({ path: "access.me", access: "viewer" } as Operation, kind) !== "allowed"
    )
      continue;
    const { rights } = (await kind.caller.query("access.me")).data<{ rights: string[] }>();
    const allowed = operations
      .filter((operation) => expectVerdict(operation, kind) === "allowed")
      .map(({ path }) => path);
    expect(rights.toSorted(), kind.name).toEqual(allowed.toSorted());
  }
});

test("in a batch each call is judged by itself", async () => {
  const viewer = kinds.find(({ name }) => name === "viewer");
  const response = await fetch(
    `${server.url}/trpc/users.list,audit.list,lab.fast?batch=1&input=${encodeURIComponent('{"0":{},"1":{}}')}`,
    {
      headers: viewer?.caller.headers ?? {},
    },
  );
  expect(response.status).toBe(207);
  const parts = (await response.json()) as { result?: unknown; error?: { data: { httpStatus: number } } }[];
  expect(parts.map(({ result, error }) => (result ? 200 : error?.data.httpStatus))).toEqual([200, 403, 200]);
});
