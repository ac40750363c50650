import {
  createCaller,
  createTestDatabase,
  openTestDatabase,
  signIn,
  startServer,
  toAnswer,
  type Answer,
  type Caller,
  type Credentials,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What the server must refuse, asked of two processes on one database as a stranger, a page of somebody else or a colleague would.

let database: TestDatabase;
let one: RunningServer;
let other: RunningServer;
/** The answers to ten who claimed the set-up link at once, at both processes in turn. */
let claims: Answer[];
let setupToken: string;
/** The owner, with a session and with a key, at the first process. */
let desk: Caller;
let bearer: Readonly<Record<string, string>>;

const password = "correct horse battery staple";
const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));
const claim = (server: RunningServer, index: number): Promise<Answer> =>
  createCaller(server.url).mutate("access.setup", {
    token: setupToken,
    email: `owner-${index}@desk.test`,
    name: "Owner",
    password,
  });

beforeAll(async () => {
  database = await createTestDatabase();
  const env = {
    DATABASE_URL: database.url,
    SWITCHBOARD_SECRET: "shared ".repeat(8),
    // Whoever connects from here may say for whom: sixty addresses of one test.
    SWITCHBOARD_TRUSTED_PROXIES: "127.0.0.1",
  };
  one = await startServer(env);
  setupToken = new URL(one.setupUrl ?? "").searchParams.get("token") ?? "";
  // In the same folder: it serves the link of the first.
  other = await startServer({ ...env, SWITCHBOARD_DATA_DIR: one.dataDir });
  claims = await Promise.all(times(10, (index) => claim(index % 2 === 0 ? one : other, index)));
  const winner = claims.findIndex(({ status }) => status === 200);
  desk = await signInAt(one, { email: `owner-${winner}@desk.test`, password });
  bearer = toBearer(await makeKey(desk));
});

afterAll(async () => {
  await other?.[Symbol.asyncDispose]();
  await one?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

const signInAt = async (server: RunningServer, person: Credentials): Promise<Caller> =>
  createCaller(server.url, await signIn(server.url, person));
/** The same headers, sent to the other process. */
const atOther = ({ headers }: Caller): Caller =>
  createCaller(other.url, { ...headers, ...(headers["origin"] ? { origin: other.url } : {}) });
const makeKey = async (caller: Caller, input: object = {}): Promise<{ id: string; key: string }> =>
  (await caller.mutate("access.keys.create", { name: "refusals", ...input })).data();
const toBearer = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

let made = 0;
async function addPerson(role: string): Promise<Credentials & { readonly id: string }> {
  made += 1;
  const person = { email: `person-${made}@desk.test`, password };
  const answer = await desk.mutate("users.create", { ...person, name: `Person ${made}`, role });
  return { ...person, id: answer.data<{ id: string }>().id };
}

const post = (url: string, headers: Readonly<Record<string, string>>, body: string | FormData | Blob) =>
  fetch(`${one.url}${url}`, { method: "POST", headers, body });

async function cacheHas(key: string): Promise<boolean> {
  return (await desk.query("cache.get", { key })).data<{ found: boolean }>().found;
}

describe("the set-up link", () => {
  test("of ten who claim it at once, at two processes, exactly one becomes the owner", async () => {
    expect(claims.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const refused of claims.filter(({ status }) => status !== 200)) {
      expect([403, 409]).toContain(refused.status);
      expect(refused.code).toMatch(/^SETUP_(DONE|TOKEN_INVALID)$/);
    }
    const owners = (await desk.query("users.list", { role: "owner" })).data<{ items: unknown[] }>();
    expect(owners.items).toHaveLength(1);
  });

  test("is dead afterwards at both processes", async () => {
    const again = await Promise.all([claim(one, 10), claim(other, 11)]);
    expect(again.map(({ status, code }) => [status, code])).toEqual([
      [409, "SETUP_DONE"],
      [409, "SETUP_DONE"],
    ]);
  });
});

const JSON_BODY = { "content-type": "application/json" };

describe("media types and sizes", () => {
  test("a form, plain text or no media type at all is 415 and runs nothing", async () => {
    const form = new FormData();
    form.set("key", "by-form");
    const json = JSON.stringify({ key: "by-form", value: 1 });
    const attempts: [Readonly<Record<string, string>>, string | FormData | Blob][] = [
      [{}, form],
      [{ "content-type": "text/plain" }, json],
      [{ "content-type": "application/x-www-form-urlencoded" }, "key=by-form&value=1"],
      [{ "content-type": "application/jsonp" }, json],
      [{ "content-type": "text/plain; application/json" }, json],
      [{ "content-type": "application/octet-stream" }, json],
      [{}, new Blob([json])],
    ];
    for (const [headers, body] of attempts) {
      for (const url of ["/trpc/cache.set", "/trpc/access.setup", "/api/auth/sign-in/email"]) {
        const response = await post(url, { ...bearer, ...headers }, body);
        expect(response.status, `${url} ${JSON.stringify(headers)}`).toBe(415);
        expect(await response.text()).toContain("JSON_REQUIRED");
      }
    }
    expect(await cacheHas("by-form")).toBe(false);
  });

  interface LimitRow {
    readonly allowed: number;
  }
  const labRate = async (): Promise<LimitRow> =>
    (await desk.query("limits.get", { name: "lab.rate" })).data<LimitRow>();

  test("a batch of 101 is 400 and none of its calls runs", async () => {
    const before = await labRate();
    const response = await fetch(`${one.url}/trpc/${times(101, () => "lab.fast").join(",")}?batch=1&input={}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('"httpStatus":400');
    expect((await labRate()).allowed).toBe(before.allowed);
  });
});

describe("a file of people", () => {
  const upload = (headers: Readonly<Record<string, string>>) =>
    post("/api/users/imports?fileName=people.csv", headers, "email\nby-stranger@desk.test\n");

  test("is not taken from a page of somebody else, nor as what a form can post", async () => {
    const { cookie = "", origin = "" } = desk.headers;
    const csv = { "content-type": "text/csv" };
    const refused: [string, Readonly<Record<string, string>>, number][] = [
      ["another site", { ...csv, cookie, origin: "https://evil.test" }, 403],
      ["no origin", { ...csv, cookie }, 403],
      ["a navigation that says so", { ...csv, cookie, origin, "sec-fetch-site": "cross-site" }, 403],
      ["plain text", { "content-type": "text/plain", cookie, origin }, 415],
      ["a form", { "content-type": "multipart/form-data; boundary=x", cookie, origin }, 415],
      ["a file type with CSV behind it", { "content-type": "text/plain; text/csv", cookie, origin }, 415],
    ];
    for (const [name, headers, status] of refused) expect((await upload(headers)).status, name).toBe(status);
    const imports = (await desk.query("users.imports.list", {})).data<{ items: unknown[] }>();
    expect(imports.items).toEqual([]);
    expect((await upload({ ...csv, cookie, origin })).status).toBe(201);
  });
});

describe("pages of somebody else", () => {
  const set = (key: string, headers: Readonly<Record<string, string>>) =>
    post("/trpc/cache.set", { "content-type": "application/json", ...headers }, JSON.stringify({ key, value: 1 }));

  test("cannot change anything with the cookie of a visitor", async () => {
    const { cookie = "", origin = "" } = desk.headers;
    const refused: [string, Readonly<Record<string, string>>][] = [
      ["another site", { cookie, origin: "https://evil.test" }],
      ["no origin", { cookie }],
      ["a sandboxed frame", { cookie, origin: "null" }],
      ["our name as a part of theirs", { cookie, origin: `${origin}.evil.test` }],
      ["another port", { cookie, origin: "http://127.0.0.1:1" }],
      ["our origin over https", { cookie, origin: origin.replace("http:", "https:") }],
      ["a navigation that says so", { cookie, origin, "sec-fetch-site": "cross-site" }],
      ["a neighbour below the same name", { cookie, origin, "sec-fetch-site": "same-site" }],
      ["another site with a key", { ...bearer, origin: "https://evil.test" }],
    ];
    for (const [name, headers] of refused) {
      const answer = await toAnswer(await set("by-stranger", headers));
      expect(answer.status, name).toBe(403);
      expect(answer.code, name).toBe("ORIGIN_REFUSED");
    }
    expect(await cacheHas("by-stranger")).toBe(false);
  });

  test("cannot sign anybody in or out", async () => {
    for (const url of ["/api/auth/sign-in/email", "/api/auth/sign-out"]) {
      const headers = {
        "content-type": "application/json",
        cookie: desk.headers["cookie"] ?? "",
        origin: "https://evil.test",
      };
      expect((await post(url, headers, "{}")).status, url).toBe(403);
    }
    expect((await desk.query("access.me")).status).toBe(200);
  });

  test("read nothing: no answer allows another origin", async () => {
    for (const url of ["/trpc/users.list", "/health", "/openapi.json", "/api/auth/get-session"]) {
      const response = await fetch(`${one.url}${url}`, {
        headers: { ...desk.headers, origin: "https://evil.test" },
      });
      expect(response.headers.get("access-control-allow-origin"), url).toBeNull();
    }
  });

  test("a key without an origin, and the desk under both names of loopback, may write", async () => {
    expect((await set("by-key", bearer)).status).toBe(200);
    expect((await set("by-desk", { ...desk.headers, "sec-fetch-site": "same-origin" })).status).toBe(200);
    const localhost = one.url.replace("127.0.0.1", "localhost");
    expect((await set("by-localhost", { ...desk.headers, origin: localhost })).status).toBe(200);
  });
});

describe("what ends a credential", () => {
  interface Held {
    readonly person: Awaited<ReturnType<typeof addPerson>>;
    readonly session: Caller;
    readonly key: { readonly id: string; readonly caller: Caller };
  }
  /** Somebody with a session and a key, both of which the other process has just let in and keeps in memory. */
  async function addHolder(role = "operator"): Promise<Held> {
    const person = await addPerson(role);
    const session = await signInAt(one, person);
    const { id, key } = await makeKey(session);
    const held = { person, session, key: { id, caller: createCaller(one.url, toBearer({ key })) } };
    expect(await statusesAtOther(held)).toEqual([200, 200]);
    return held;
  }
  const statusesAtOther = ({ session, key }: Held): Promise<number[]> =>
    Promise.all([session, key.caller].map(async (caller) => (await atOther(caller).query("access.me")).status));

  interface Act {
    readonly name: string;
    readonly run: (held: Held) => Promise<Answer | Response>;
    /** What the session and the key answer afterwards. */
    readonly after: readonly [session: number, key: number];
  }
  const acts: readonly Act[] = [
    { name: "a suspension", run: ({ person: { id } }) => desk.mutate("users.suspend", { id }), after: [401, 401] },
    {
      name: "another role",
      run: ({ person: { id } }) => desk.mutate("users.setRole", { id, role: "viewer" }),
      after: [401, 401],
    },
    {
      name: "a password set by an admin",
      run: ({ person: { id } }) => desk.mutate("users.update", { id, password: "another long password" }),
      after: [401, 401],
    },
    {
      name: "a password changed by the person",
      run: async ({ person }) => {
        const elsewhere = await signIn(one.url, person);
        const body = { currentPassword: password, newPassword: "another long password" };
        return post("/api/auth/change-password", { ...elsewhere, ...JSON_BODY }, JSON.stringify(body));
      },
      after: [401, 401],
    },
    { name: "a deletion", run: ({ person: { id } }) => desk.mutate("users.delete", { id }), after: [401, 401] },
    {
      name: "a revoked key",
      run: ({ session, key: { id } }) => session.mutate("access.keys.revoke", { id }),
      after: [200, 401],
    },
    {
      name: "a rotated key",
      run: ({ session, key: { id } }) => session.mutate("access.keys.rotate", { id }),
      after: [200, 401],
    },
    {
      name: "a revoked session",
      run: async ({ person: { id: userId } }) => {
        const { items } = (await desk.query("access.sessions.list", { userId })).data<{ items: { id: string }[] }>();
        return desk.mutate("access.sessions.revoke", { id: items[0]?.id });
      },
      after: [401, 200],
    },
    {
      name: "all sessions revoked",
      run: async ({ person: { id: userId } }) => {
        const { asOf } = (await desk.query("access.sessions.preview", { userId })).data<{ asOf: string }>();
        return desk.mutate("access.sessions.revokeAll", { userId, asOf });
      },
      after: [401, 200],
    },
    {
      name: "a sign-out",
      run: ({ session }) => post("/api/auth/sign-out", { ...session.headers, ...JSON_BODY }, "{}"),
      after: [401, 200],
    },
  ];

  // Side by side: most of their time is waiting.
  test.concurrent.for(acts)(
    "$name counts here at once and at the other process within 5 s",
    async ({ run, after }, { expect }) => {
      const held = await addHolder();
      const done = await run(held);
      const doneMs = performance.now();
      expect(done.status).toBe(200);
      const here = await Promise.all([held.session, held.key.caller].map((caller) => caller.query("access.me")));
      expect(here.map(({ status }) => status)).toEqual(after);
      await expect.poll(() => statusesAtOther(held), { timeout: 5000, interval: 100 }).toEqual(after);
      expect(performance.now() - doneMs).toBeLessThan(5000);
    },
  );

  test("the key of a suspended owner is refused, and counts again once they are restored", async () => {
    const { person, key } = await addHolder("owner");
    (await desk.mutate("users.suspend", { id: person.id })).data();
    const refused = await key.caller.query("users.list", {});
    expect([refused.status, refused.code]).toEqual([401, "KEY_INVALID"]);
    (await desk.mutate("users.restore", { id: person.id })).data();
    expect((await key.caller.query("users.list", {})).status).toBe(200);
  });
});

describe("ranks", () => {
  test("an admin makes nobody an owner: not itself, not another, not a key", async () => {
    const admin = await addPerson("admin");
    const viewer = await addPerson("viewer");
    const caller = await signInAt(one, admin);
    const attempts: [string, Answer][] = [
      ["itself", await caller.mutate("users.setRole", { id: admin.id, role: "owner" })],
      ["another", await caller.mutate("users.setRole", { id: viewer.id, role: "owner" })],
      ["a new person", await caller.mutate("users.create", { email: "new@desk.test", name: "New", role: "owner" })],
      [
        "many new people",
        await caller.mutate("users.bulkCreate", { users: [{ email: "new@desk.test", name: "New", role: "owner" }] }),
      ],
      ["a key", await caller.mutate("access.keys.create", { name: "up", role: "owner" })],
    ];
    for (const [name, { status, code }] of attempts) {
      expect(status, name).toBe(403);
      expect(code, name).toMatch(/^(ROLE_ABOVE_OWN|NOT_YOURSELF)$/);
    }
    const { items } = (await desk.query("users.list", { role: "owner", status: "active", search: "person-" })).data<{
      items: { email: string }[];
    }>();
    expect(items.map(({ email }) => email)).not.toContain(admin.email);
    expect((await desk.query("users.list", { search: "new@desk.test" })).data()).toMatchObject({ items: [] });
  });

  test("the last owner stays, whoever asks, and of two who remove each other at once one does", async () => {
    await using alone = await openTestDatabase();
    const env = { DATABASE_URL: alone.url, SWITCHBOARD_SECRET: "alone ".repeat(8) };
    const first = { email: "first@desk.test", password };
    const ownerEnv = { SWITCHBOARD_OWNER_EMAIL: first.email, SWITCHBOARD_OWNER_PASSWORD: password };
    await using server = await startServer({ ...env, ...ownerEnv });
    await using second = await startServer({ ...env, ...ownerEnv });
    const owner = await signInAt(server, first);
    const { id } = (await owner.query("access.me")).data<{ user: { id: string } }>().user;
    for (const path of ["users.delete", "users.suspend", "users.setRole"]) {
      const answer = await owner.mutate(path, { id, ...(path === "users.setRole" ? { role: "viewer" } : {}) });
      expect([answer.status, answer.code], path).toEqual([409, "LAST_OWNER"]);
    }

    const rival = { email: "rival@desk.test", password };
    const made = await owner.mutate("users.create", { ...rival, name: "Rival", role: "owner" });
    const rivalCaller = await signInAt(second, rival);
    const answers = await Promise.all([
      owner.mutate("users.delete", { id: made.data<{ id: string }>().id }),
      rivalCaller.mutate("users.delete", { id }),
    ]);
    // The loser is told that it is the last owner, or, once it is gone, nothing.
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.map(({ code }) => code).filter((code) => code !== undefined)).toEqual([
      expect.stringMatching(/^(LAST_OWNER|UNAUTHENTICATED)$/),
    ]);
    const left = await alone.pool.query("SELECT FROM users WHERE role = 'owner'");
    expect(left.rowCount).toBe(1);
  });
});

describe("guessed passwords", () => {
  test("sixty wrong ones from sixty addresses, at two processes, lock the account, for the right one as well", async () => {
    const person = await addPerson("viewer");
    const attempt = (index: number, text: string) =>
      fetch(`${index % 2 === 0 ? one.url : other.url}/api/auth/sign-in/email`, {
        method: "POST",
        headers: {
          ...JSON_BODY,
          origin: index % 2 === 0 ? one.url : other.url,
          "x-forwarded-for": `198.51.100.${index + 1}`,
        },
        body: JSON.stringify({ email: person.email, password: text }),
      });
    const statuses = (await Promise.all(times(60, (index) => attempt(index, `wrong password ${index}`)))).map(
      ({ status }) => status,
    );
    // Attempts on an account take turns within a process: the two may be at the fifth at once.
    const guesses = statuses.filter((status) => status === 401).length;
    expect([5, 6]).toContain(guesses);
    expect(statuses.filter((status) => status === 429)).toHaveLength(60 - guesses);

    for (const index of [60, 61]) {
      const right = await attempt(index, password);
      expect(right.status).toBe(429);
      expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(800);
      expect(await right.json()).toMatchObject({ code: "ACCOUNT_LOCKED" });
    }
    // Nobody else is locked out with them.
    expect((await signIn(one.url, await addPerson("viewer"))).cookie).not.toBe("");
  });
});
