import {
  callOperation,
  createCaller,
  openTestDatabase,
  ownerEnvironment,
  readOperations,
  signIn,
  signInOwner,
  startServer,
  type Answer,
  type Caller,
  type Operation,
  type RunningServer,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// Every procedure for every kind of caller. The table is made from what the procedures declare, so none is left out.

const roles = ["viewer", "operator", "admin", "owner"] as const;
type Role = (typeof roles)[number];

interface Kind {
  readonly name: string;
  readonly caller: Caller;
  /** Undefined for nobody. */
  readonly role: Role | undefined;
  readonly scope?: string;
  /** What nobody is told: nothing was sent that counts, or a key that does not. */
  readonly refusal?: "UNAUTHENTICATED" | "KEY_INVALID";
  /** Signed in so long ago that some acts ask who it is again. */
  readonly isStale?: boolean;
}

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let server: RunningServer;
let operations: Operation[];
let kinds: Kind[];

beforeAll(async () => {
  database = await openTestDatabase();
  server = await startServer({ ...ownerEnvironment, DATABASE_URL: database.url });
  const desk = await signInOwner(server);
  operations = await readOperations(server.url);
  kinds = [
    { name: "anonymous", role: undefined, caller: createCaller(server.url) },
    { name: "a cookie of nobody's", role: undefined, caller: forge(desk) },
    { name: "a key of nobody's", ...NO_KEY, caller: createCaller(server.url, { authorization: "Bearer swb_0_0" }) },
  ];
  for (const role of roles) kinds.push({ name: role, role, caller: (await addPerson(desk, role)).caller });

  for (const scope of ["cache", "queue.jobs.list"]) {
    const { caller } = await makeKey(desk, { scopes: [scope] });
    kinds.push({ name: `key for ${scope}`, role: "owner", scope, caller });
  }
  const viewersKey = await makeKey(desk, { role: "viewer" });
  kinds.push({ name: "key of a viewer", role: "viewer", caller: viewersKey.caller });

  const stale = await addPerson(desk, "owner");
  await database.pool.query("UPDATE session SET verified_at = now() - interval '11 min' WHERE user_id = $1", [
    stale.id,
  ]);
  kinds.push({ name: "an owner who signed in long ago", role: "owner", isStale: true, caller: stale.caller });

  const suspended = await addPerson(desk, "owner");
  const suspendedKey = await makeKey(suspended.caller, {});
  (await desk.mutate("users.suspend", { id: suspended.id })).data();
  kinds.push({ name: "a suspended owner's cookie", role: undefined, caller: suspended.caller });
  kinds.push({ name: "a suspended owner's key", ...NO_KEY, caller: suspendedKey.caller });

  const expired = await makeKey(desk, { expiresInDays: 1 });
  await database.pool.query("UPDATE api_key SET expires_at = now() WHERE id = $1", [expired.id]);
  kinds.push({ name: "an expired key", ...NO_KEY, caller: expired.caller });

  const revoked = await makeKey(desk, {});
  (await desk.mutate("access.keys.revoke", { id: revoked.id })).data();
  kinds.push({ name: "a revoked key", ...NO_KEY, caller: revoked.caller });
});

const NO_KEY = { role: undefined, refusal: "KEY_INVALID" } as const;

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

let added = 0;
async function addPerson(desk: Caller, role: Role): Promise<{ id: string; caller: Caller }> {
  added += 1;
  const who = { email: `matrix-${added}@desk.test`, password: `the password of ${role}` };
  const { id } = (await desk.mutate("users.create", { ...who, name: role, role })).data<{ id: string }>();
  return { id, caller: createCaller(server.url, await signIn(server.url, who)) };
}

async function makeKey(maker: Caller, options: object): Promise<{ id: string; caller: Caller }> {
  const made = await maker.mutate("access.keys.create", { name: "matrix", ...options });
  const { id, key } = made.data<{ id: string; key: string }>();
  return { id, caller: createCaller(server.url, { authorization: `Bearer ${key}` }) };
}

/** The same cookie with another signature. */
function forge({ headers }: Caller): Caller {
  const cookie = (headers["cookie"] ?? "").replace(/\.[^.]{8}/, ".AAAAAAAA");
  expect(cookie).not.toBe(headers["cookie"]);
  return createCaller(server.url, { ...headers, cookie });
}

type Verdict = "allowed" | "UNAUTHENTICATED" | "KEY_INVALID" | "RIGHT_MISSING" | "SCOPE_MISSING" | "STEP_UP_REQUIRED";

function expectVerdict({ access, path, stepUp }: Operation, kind: Kind): Verdict {
  const { role, scope, refusal = "UNAUTHENTICATED" } = kind;
  if (access === "public") return "allowed";
  if (role === undefined) return refusal;
  if (roles.indexOf(role) < roles.indexOf(access as Role)) return "RIGHT_MISSING";
  if (scope !== undefined && path !== scope && !path.startsWith(`${scope}.`)) return "SCOPE_MISSING";
  return kind.isStale && stepUp === true ? "STEP_UP_REQUIRED" : "allowed";
}

/** What the caller has a right to, whether or not it is asked who it is first. */
function hasRight(operation: Operation, kind: Kind): boolean {
  return expectVerdict(operation, { ...kind, isStale: false }) === "allowed";
}

/** Input that fits nothing: who may call learns that by a 400, and nothing is changed. */
const MISFIT = "no input of any procedure";

function toVerdict({ status, code, text }: Pick<Answer, "status" | "code" | "text">): string {
  if (status === 401 || status === 403) return code ?? `${status} without a code`;
  return status === 400 || status === 200 ? "allowed" : `${status} ${text.slice(0, 200)}`;
}

test("every procedure lets in whom it declares, and nobody else", { timeout: 90_000 }, async () => {
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
  expect(kinds).toHaveLength(15);
});

/** What goes as a file, under the right of a procedure; sent with parameters that fit nothing. */
const fileRoutes = [
  { url: "GET /api/users/export?format=none", right: "users.export" },
  { url: "GET /api/audit/export?format=none", right: "audit.list" },
  { url: "GET /api/users/imports/none/problems.csv", right: "users.imports.problems" },
  { url: `POST /api/users/imports?fileName=${"x".repeat(1000)}`, right: "users.import" },
] as const;

test("a file route lets in whom its procedure does, and nobody else", async () => {
  const expected: string[] = [];
  const found: string[] = [];
  for (const kind of kinds) {
    for (const { url, right } of fileRoutes) {
      const [method = "", path = ""] = url.split(" ");
      const operation = operations.find((candidate) => candidate.path === right);
      if (!operation) throw new Error(`There is no ${right}.`);
      const headers = { ...kind.caller.headers, "content-type": "text/csv" };
      const body = method === "POST" ? { body: "email\n" } : {};
      const response = await fetch(`${server.url}${path}`, { method, headers, ...body });
      const text = await response.text();
      const { code } = JSON.parse(text) as { code?: string };
      const name = `${kind.name} sends ${method} ${path.slice(0, 40)}:`;
      expected.push(`${name} ${expectVerdict(operation, kind)}`);
      found.push(`${name} ${toVerdict({ status: response.status, code, text })}`);
    }
  }
  expect(found).toEqual(expected);
});

test("a viewer changes nothing, and a stranger claims the set-up link at most", () => {
  const open = operations.filter(({ method, access }) => method === "post" && ["public", "viewer"].includes(access));
  expect(open.map(({ path }) => path)).toEqual(["access.setup"]);
});

test("what cannot be taken back asks who it is", () => {
  const asking = operations.filter(({ stepUp }) => stepUp === true).map(({ path }) => path);
  expect(asking).toEqual(
    expect.arrayContaining([
      "access.keys.create",
      "access.keys.rotate",
      "access.resetFactors",
      "access.sessions.revokeAll",
      "audit.retention.set",
      "users.delete",
      "users.imports.undo",
      "users.setRole",
    ]),
  );
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
    const me = operations.find(({ path }) => path === "access.me");
    if (!me || !hasRight(me, kind)) continue;
    const { rights } = (await kind.caller.query("access.me")).data<{ rights: string[] }>();
    const allowed = operations.filter((operation) => hasRight(operation, kind)).map(({ path }) => path);
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
