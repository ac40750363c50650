import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { createServer, loadConfig, type Server } from "@switchboard/server";
import {
  createCaller,
  createTestDatabase,
  findFreePort,
  makeDataDir,
  ownerEnvironment,
  signInOwner,
  startServer,
  toAnswer,
  type Caller,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What travels: bodies, media types, origins, headers, and the pages that are no procedures.

let database: TestDatabase;
let server: RunningServer;
let desk: Caller;
let bearer: Readonly<Record<string, string>>;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ ...ownerEnvironment, DATABASE_URL: database.url });
  desk = await signInOwner(server);
  const made = await desk.mutate("access.keys.create", { name: "http" });
  bearer = { authorization: `Bearer ${made.data<{ key: string }>().key}` };
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

/** Sends bytes as they are and resolves to what comes back until the server closes, or ends its answer. */
function sendBytes(parts: readonly (string | Buffer)[], isDone: (text: string) => boolean): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const socket = connect(Number(port), hostname);
  socket.setTimeout(10_000, () => socket.destroy(new Error(`No answer in 10 s, only: ${text}`)));
  socket.on("data", (data) => {
    text += data.toString();
    if (isDone(text)) socket.destroy();
  });
  // Refused in the middle of a body: what was answered before counts.
  socket.on("error", (error) => (text === "" ? reject(error) : resolve(text)));
  socket.on("close", () => resolve(text));
  for (const part of parts) socket.write(part);
  return promise;
}

const post = (url: string, headers: Readonly<Record<string, string>>, body: string) =>
  fetch(`${server.url}${url}`, { method: "POST", headers, body });

async function cacheHas(key: string): Promise<boolean> {
  return (await desk.query("cache.get", { key })).data<{ found: boolean }>().found;
}

describe("bodies", () => {
  const TWO_MEBIBYTES = 2 * 1024 * 1024;

  test("a body announced over 1 MiB is 413 before any of it is sent", async () => {
    for (const url of ["/trpc/cache.set", "/api/auth/sign-in/email"]) {
      const head = [
        `POST ${url} HTTP/1.1`,
        "host: desk.test",
        "content-type: application/json",
        `content-length: ${TWO_MEBIBYTES}`,
        "",
        "",
      ];
      const answer = await sendBytes([head.join("\r\n")], (text) => text.includes("BODY_TOO_LARGE"));
      expect(answer, url).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer.toLowerCase(), url).toContain("connection: close");
      expect(answer, url).toContain('"BODY_TOO_LARGE"');
    }
  });

  test("a body over 1 MiB that was not announced is 413", async () => {
    const head = [
      "POST /trpc/cache.set HTTP/1.1",
      "host: desk.test",
      "content-type: application/json",
      `authorization: ${bearer["authorization"]}`,
      "transfer-encoding: chunked",
      "",
      "",
    ];
    const chunk = `${(65_536).toString(16)}\r\n${"x".repeat(65_536)}\r\n`;
    const opening = `{"key":"chunked","value":"`;
    const parts = [
      head.join("\r\n"),
      `${opening.length.toString(16)}\r\n${opening}\r\n`,
      ...Array.from({ length: 20 }, () => chunk),
      `2\r\n"}\r\n0\r\n\r\n`,
    ];
    const answer = await sendBytes(parts, (text) => /"httpStatus":\d+[^]*\}/.test(text));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(await cacheHas("chunked")).toBe(false);
  });

  test("a body just below 1 MiB is taken", async () => {
    const users = Array.from({ length: 9000 }, (_, index) => ({
      email: `large-${String(index).padStart(5, "0")}@desk.test`,
      name: `L${"x".repeat(70)}`,
    }));
    const body = JSON.stringify({ users });
    expect(body.length).toBeGreaterThan(1_000_000);
    expect(body.length).toBeLessThan(1_048_576);
    const answer = await desk.mutate("users.bulkCreate", { users });
    expect(answer.data<{ created: number }>().created).toBe(9000);
  });

  test("JSON that is none is 400", async () => {
    const bodies = ["{", '{"key":', "undefined", "{'key':1}", "\u0000", "NaN", '{"a":1}}'];
    for (const body of bodies) {
      const answer = await toAnswer(
        await post("/trpc/cache.set", { ...desk.headers, "content-type": "application/json" }, body),
      );
      expect(answer.status, body).toBe(400);
      expect(answer.error().data.app.code, body).toMatch(/^(PARSE_ERROR|BAD_REQUEST)$/);
    }
    for (const input of ["{", "undefined", "%7B%22"]) {
      const answer = await toAnswer(
        await fetch(`${server.url}/trpc/cache.get?input=${input}`, { headers: desk.headers }),
      );
      expect(answer.status, input).toBe(400);
    }
    expect((await post("/api/auth/sign-in/email", { "content-type": "application/json" }, "{")).status).toBe(400);
  });
});

describe("paths", () => {
  test("what is not there is 404 or 405, and what cannot be read is 400", async () => {
    const json = { "content-type": "application/json" };
    const cases: [string, RequestInit, number][] = [
      ["/nothing", {}, 404],
      ["/trpc", {}, 404],
      ["/trpc/", {}, 404],
      ["/trpc/nothing.at.all", {}, 404],
      ["/trpc/users", {}, 404],
      ["/trpc/__proto__", {}, 404],
      ["/trpc/constructor.name", {}, 404],
      ["/trpc/users.list/more", {}, 404],
      ["/api/auth/sign-up/email", { method: "POST", headers: json, body: "{}" }, 404],
      ["/api/auth/admin/set-role", { method: "POST", headers: json, body: "{}" }, 404],
      ["/api/auth/api-key/create", { method: "POST", headers: json, body: "{}" }, 404],
      ["/health", { method: "POST", headers: json, body: "{}" }, 404],
      ["/trpc/lab.fast", { method: "POST", headers: json, body: "{}" }, 405],
      ["/trpc/users.create", {}, 405],
      ["/trpc/users.create", { method: "PUT", headers: json, body: "{}" }, 405],
      ["/trpc/users.get%ZZ", {}, 400],
      ["/trpc/%E0%A4%A", {}, 400],
      ["/%ZZ", {}, 400],
    ];
    for (const [url, init, status] of cases) {
      const response = await fetch(`${server.url}${url}`, init);
      const text = await response.text();
      expect(response.status, `${url} ${text}`).toBe(status);
      expect(text, url).not.toMatch(/FST_|node_modules|stack/);
      const { error } = JSON.parse(text) as { error?: { data?: { app?: { code: string } } } };
      expect(error?.data?.app?.code !== undefined, url).toBe(url.startsWith("/trpc/"));
    }
  });

  test("health says what it rests on, live and ready what a supervisor asks", async () => {
    const health = await fetch(`${server.url}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: "ready", database: "ok", setupRequired: false });
    const live = await fetch(`${server.url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: "live" }]);
    const ready = await fetch(`${server.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
    expect((await fetch(`${server.url}/health`, { method: "HEAD" })).status).toBe(200);
  });

  test("metrics are Prometheus text, line by line", async () => {
    await desk.query("users.list", {});
    const response = await fetch(`${server.url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    expect(text.endsWith("\n")).toBe(true);
    const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    const label = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"`;
    const comment = new RegExp(`^# (HELP ${name} .+|TYPE ${name} (counter|gauge|histogram|summary|untyped))$`);
    const sample = new RegExp(`^(${name})(\\{${label}(,${label})*\\})? (NaN|[+-]Inf|[+-]?[0-9.]+(e[+-]?[0-9]+)?)$`);
    const lines = text.trimEnd().split("\n");
    const comments = lines.filter((line) => line.startsWith("#"));
    const samples = lines.filter((line) => !line.startsWith("#"));
    for (const line of comments) expect(line).toMatch(comment);
    for (const line of samples) expect(line).toMatch(sample);
    const types = comments.flatMap((line) => /^# TYPE (\S+) /.exec(line)?.[1] ?? []);
    const series = samples.map((line) => line.slice(0, line.lastIndexOf(" ")));
    expect(types, "each type is declared once").toHaveLength(new Set(types).size);
    expect(series, "each series is there once").toHaveLength(new Set(series).size);
    // In the order of the file: a type stands above its samples.
    for (const [index, line] of lines.entries()) {
      const name = sample.exec(line)?.[1];
      const above = lines.slice(0, index).findLast((other) => other.startsWith("# TYPE "));
      expect(name === undefined || above?.startsWith(`# TYPE ${name} `), line).toBe(true);
    }
    expect(series).toContain('switchboard_calls_total{procedure="users.list",outcome="ok"}');
  });

  test("openapi.json names each procedure once, as GET or POST below /trpc/", async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    const document = (await response.json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(document.openapi).toMatch(/^3\./);
    for (const [url, item] of Object.entries(document.paths)) {
      expect(url).toMatch(/^\/trpc\/[a-zA-Z.]+$/);
      expect(Object.keys(item).join(), url).toMatch(/^(get|post)$/);
      expect(Object.values(item)[0]?.operationId).toBe(url.replace("/trpc/", ""));
    }
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(["/trpc/users.bulkCreate", "/trpc/lab.limited"]),
    );
  });

  test("every kind of answer carries the security headers", async () => {
    const json = { "content-type": "application/json" };
    const kinds: [string, RequestInit][] = [
      ["/health", {}],
      ["/health/live", {}],
      ["/metrics", {}],
      ["/openapi.json", {}],
      ["/nothing", {}],
      ["/%ZZ", {}],
      ["/trpc/lab.fast", {}],
      ["/trpc/nothing", {}],
      ["/trpc/%ZZ", {}],
      ["/trpc/access.me", {}],
      ["/trpc/lab.flaky?input=%7B%22failureRate%22%3A1%7D", {}],
      ["/trpc/users.create", { method: "POST", headers: json, body: "{}" }],
      ["/trpc/users.create", { method: "POST", body: "text" }],
      ["/trpc/users.create", { method: "POST", headers: { ...json, origin: "https://evil.test" }, body: "{}" }],
      ["/trpc/queue.jobs.watch", { headers: { accept: "text/event-stream" } }],
      ["/api/auth/get-session", {}],
      ["/api/auth/sign-in/email", { method: "POST", headers: json, body: "{}" }],
      ["/api/auth/sign-in/email", { method: "POST", body: "text" }],
    ];
    for (const [url, init] of kinds) {
      const { headers, status } = await fetch(`${server.url}${url}`, init);
      const name = `${init.method ?? "GET"} ${url} ${status}`;
      // Data loads nothing; pages load what is ours.
      const sources = url.startsWith("/trpc/")
        ? /^default-src 'none'; frame-ancestors 'none'$/
        : /default-src 'self'.*frame-ancestors 'none'/;
      expect(headers.get("content-security-policy"), name).toMatch(sources);
      expect(headers.get("x-content-type-options"), name).toBe("nosniff");
      expect(headers.get("x-frame-options"), name).toBe("DENY");
      expect(headers.get("referrer-policy"), name).toBe("no-referrer");
      expect(headers.get("x-powered-by"), name).toBeNull();
      const isFresh =
        !/^\/(trpc|api)\//.test(url) || /^no-(store|cache, no-transform)$/.test(headers.get("cache-control") ?? "");
      expect(isFresh, `${name} may not be cached`).toBe(true);
    }
  });
});

describe("the dashboard's files", () => {
  const dir = makeDataDir();
  let own: Server;
  let url: string;

  beforeAll(async () => {
    const dashboardDir = path.join(dir, "dist");
    mkdirSync(path.join(dashboardDir, "assets"), { recursive: true });
    writeFileSync(path.join(dashboardDir, "index.html"), "<!doctype html><title>Desk</title>");
    writeFileSync(path.join(dashboardDir, "assets/index-4f9a1c.js"), "export {};");
    writeFileSync(path.join(dir, "private.txt"), "not for visitors");
    const env = { PORT: "0", SWITCHBOARD_DATA_DIR: dir, DATABASE_URL: database.url, LOG_LEVEL: "silent" };
    own = createServer({ config: loadConfig(env), dashboardDir });
    await own.start(new AbortController().signal);
    url = own.origin() ?? "";
  });

  afterAll(async () => {
    await own?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test("the page is asked for again each time, under every path of the dashboard", async () => {
    for (const page of ["/", "/index.html", "/users", "/queue/jobs/019c0000-0000-7000-8000-000000000000"]) {
      const response = await fetch(`${url}${page}`, { headers: { accept: "text/html,*/*" } });
      expect(response.status, page).toBe(200);
      expect(response.headers.get("content-type"), page).toMatch(/^text\/html/);
      expect(response.headers.get("cache-control"), page).toMatch(/^no-(cache|store)$/);
      expect(response.headers.get("content-security-policy"), page).toMatch(/script-src 'self'(;|$)/);
      expect(await response.text(), page).toContain("<title>Desk</title>");
    }
  });

  test("files named by their content are kept for ever", async () => {
    const response = await fetch(`${url}/assets/index-4f9a1c.js`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/javascript/);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("a missing file, an API path and a script are no page", async () => {
    const html = { accept: "text/html" };
    const cases: [string, Record<string, string>][] = [
      ["/assets/index-gone.js", {}],
      ["/api/auth/nothing", html],
      ["/trpc/nothing", html],
      ["/users", { accept: "application/json" }],
    ];
    for (const [page, headers] of cases) expect((await fetch(`${url}${page}`, { headers })).status, page).toBe(404);
  });

  test("nothing outside of its folder is served", async () => {
    const { hostname, port } = new URL(url);
    for (const page of [
      "/../private.txt",
      "/assets/../../private.txt",
      "/..%2fprivate.txt",
      "/%2e%2e/private.txt",
      "/assets/..%5c..%5cprivate.txt",
    ]) {
      const text = await new Promise<string>((resolve, reject) => {
        let received = "";
        const socket = connect(Number(port), hostname);
        socket.on("data", (data) => (received += data.toString()));
        socket.on("close", () => resolve(received)).on("error", reject);
        socket.write(`GET ${page} HTTP/1.1\r\nhost: desk.test\r\nconnection: close\r\n\r\n`);
      });
      expect(text, page).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(text, page).not.toContain("not for visitors");
    }
  });
});

test("a page that is opened over https gets a cookie for https only", async () => {
  const port = String(await findFreePort());
  await using secure = await startServer({
    ...ownerEnvironment,
    DATABASE_URL: database.url,
    PORT: port,
    SWITCHBOARD_PUBLIC_URL: "https://desk.example",
  });
  expect(secure.url).toBe("https://desk.example");
  const response = await fetch(`http://127.0.0.1:${port}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: "https://desk.example" },
    body: JSON.stringify({
      email: ownerEnvironment.SWITCHBOARD_OWNER_EMAIL,
      password: ownerEnvironment.SWITCHBOARD_OWNER_PASSWORD,
    }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-switchboard\.session=.*; Secure/);
  expect(response.headers.get("strict-transport-security")).toMatch(/max-age=\d{8}/);
  const fromLoopback = createCaller(`http://127.0.0.1:${port}`, { origin: `http://127.0.0.1:${port}`, cookie: "a=b" });
  expect((await fromLoopback.mutate("cache.set", {})).status).toBe(403);
});
