import { once } from "node:events";
import { createServer, request as openRequest } from "node:http";
import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { defineFileRoute, type FileRoute } from "../middleware/file-route.ts";
import { AppError } from "../platform/errors.ts";
import { createTestContext, type TestContext, type TestContextOptions } from "../trpc/test-context.ts";
import { registerFileRoutes } from "./file-routes.ts";
import type { CatalogEntry } from "./openapi.ts";

const catalog: CatalogEntry[] = [
  {
    path: "things.export",
    type: "query",
    meta: { access: "operator", limit: "bulk", description: "" },
    input: undefined,
    output: undefined,
  },
];
const download = defineFileRoute({
  method: "GET",
  url: "/api/things/:kind/export",
  procedure: "things.export",
  action: "things.export",
  deadlineMs: 60_000,
  input: z.object({ kind: z.enum(["red", "blue", "broken"]), limit: z.coerce.number().int().optional() }),
  handle: async ({ input, note }) => ({
    kind: "download",
    mediaType: "text/csv; charset=utf-8",
    fileName: "things.csv",
    chunks: writeThings(input.kind, () => note({ after: { rows: 2 } })),
  }),
});
const upload = defineFileRoute({
  method: "POST",
  url: "/api/things",
  procedure: "things.export",
  action: "things.upload",
  deadlineMs: 60_000,
  body: { mediaType: "text/csv", maxBytes: 1_048_576 },
  input: z.object({}),
  handle: async ({ body }) => {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.byteLength;
    return { kind: "json", status: 201, body: { bytes } };
  },
});

async function* writeThings(kind: string, wrote: () => void): AsyncGenerator<string> {
  yield "a,b\r\n";
  if (kind === "broken") throw new Error("the disk is gone");
  yield `1,${kind}\r\n`;
  wrote();
}

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

/** Serves routes on a free port; the contexts of the requests are kept. */
async function serve(options: TestContextOptions, routes: readonly FileRoute[] = [download, upload]) {
  const contexts: TestContext[] = [];
  let server = createServer();
  const app = Fastify({ serverFactory: (handler) => (server = createServer(handler)) });
  registerFileRoutes(app, {
    fileRoutes: routes,
    catalog: () => catalog,
    expectUpload: () => undefined,
    allowedOrigins: () => new Set(["http://desk.test"]),
    createContext: (_req, res) => {
      const left = new AbortController();
      res.once("close", () => left.abort());
      const made = createTestContext({ ...options, signal: left.signal });
      contexts.push(made);
      return made.context;
    },
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  close = async () => {
    server.closeAllConnections();
    await app.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, contexts };
}

const csv = { "content-type": "text/csv" };

test("a download is streamed under its name and leaves an audit row with what was noted on the way", async () => {
  const { url, contexts } = await serve({ role: "operator" });
  const response = await fetch(`${url}/api/things/red/export?limit=3`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="things.csv"');
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.text()).toBe("a,b\r\n1,red\r\n");
  expect(contexts[0]?.audited).toMatchObject([
    { action: "things.export", outcome: "ok", note: { after: { rows: 2 } } },
  ]);
  expect(contexts[0]?.recorded).toMatchObject([{ outcome: "ok", call: { path: "things.export" } }]);
});

test("a download that fails half-way is cut off, and recorded as failed", async () => {
  const { url, contexts } = await serve({ role: "operator" });
  const response = await fetch(`${url}/api/things/broken/export`);
  await expect(response.text()).rejects.toThrow();
  expect(contexts[0]?.audited).toMatchObject([{ outcome: "failed" }]);
});

test("a download whose audit row cannot be stored never ends well", async () => {
  const { url, contexts } = await serve({ role: "operator" }, [
    defineFileRoute({ ...(download as FileRoute<{ kind: string }>), handle: failAudit }),
  ]);
  async function failAudit() {
    Object.assign(contexts[0]?.context.chain.audit ?? {}, { record: () => Promise.reject(new Error("no disk")) });
    return {
      kind: "download" as const,
      mediaType: "text/csv",
      fileName: "x.csv",
      chunks: writeThings("red", () => {}),
    };
  }
  await expect(fetch(`${url}/api/things/red/export`).then((response) => response.text())).rejects.toThrow();
});

test("whoever lacks the right of the procedure is told which, before anything is read", async () => {
  const anonymous = await serve({});
  expect((await fetch(`${anonymous.url}/api/things/red/export`)).status).toBe(401);
  await close?.();
  const { url, contexts } = await serve({ role: "viewer" });
  const response = await fetch(`${url}/api/things`, { method: "POST", headers: csv, body: "a,b" });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ code: "RIGHT_MISSING", details: { right: "things.export" } });
  expect(contexts[0]?.audited).toMatchObject([{ action: "things.upload", outcome: "refused", code: "RIGHT_MISSING" }]);
});

test("parameters that do not fit are refused with their field", async () => {
  const { url } = await serve({ role: "operator" });
  const response = await fetch(`${url}/api/things/green/export`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "INPUT_INVALID", details: { issues: [{ path: ["kind"] }] } });
  expect((await fetch(`${url}/api/things/red/export?limit=%00`)).status).toBe(400);
});

test("an upload is refused by its type, its origin and its announced size", async () => {
  const { url } = await serve({ role: "operator" });
  const post = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}/api/things`, { method: "POST", headers, body: "a,b" });
  expect((await post(csv)).status).toBe(201);
  expect((await post({ "content-type": "text/plain" })).status).toBe(415);
  expect((await post({ "content-type": "multipart/form-data; boundary=x" })).status).toBe(415);
  expect((await post({ ...csv, origin: "https://evil.test" })).status).toBe(403);
  expect((await post({ ...csv, cookie: "a=b" })).status).toBe(403);
  const request = openRequest(`${url}/api/things`, {
    method: "POST",
    headers: { ...csv, "content-length": "2000000" },
  });
  request.flushHeaders();
  const [response] = (await once(request, "response")) as [{ statusCode: number }];
  expect(response.statusCode).toBe(413);
  request.destroy();
});

test("an upload without an announced size ends where it grows too large", async () => {
  const { url } = await serve({ role: "operator" });
  const request = openRequest(`${url}/api/things`, { method: "POST", headers: csv });
  const answered = once(request, "response") as Promise<[{ statusCode: number }]>;
  // What is still written after the refusal meets a closed connection.
  request.on("error", () => undefined);
  for (let part = 0; part < 3; part += 1) request.write(Buffer.alloc(500_000, "a"));
  request.end();
  expect((await answered)[0].statusCode).toBe(413);
});

test("the slot is given back however a transfer ends", async () => {
  let held = 0;
  const limits = {
    ...createTestContext().context.chain.limits,
    acquire: async () => {
      held += 1;
      return { queuedMs: 0, release: () => void (held -= 1) };
    },
  };
  let started: (() => void) | undefined;
  const endless = defineFileRoute({
    ...(download as FileRoute<{ kind: string }>),
    handle: async ({ signal }) => ({
      kind: "download",
      mediaType: "text/csv",
      fileName: "x.csv",
      chunks: drip(signal),
    }),
  });
  let isDone: (() => void) | undefined;
  const done = new Promise<void>((resolve) => (isDone = resolve));
  async function* drip(signal: AbortSignal): AsyncGenerator<string> {
    try {
      while (!signal.aborted) {
        yield "line\r\n";
        started?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      isDone?.();
    }
  }
  const { url, contexts } = await serve({ role: "operator", limits }, [endless]);
  const leaving = new AbortController();
  const ready = new Promise<void>((resolve) => (started = resolve));
  const response = await fetch(`${url}/api/things/red/export`, { signal: leaving.signal });
  await ready;
  expect(held).toBe(1);
  leaving.abort();
  await expect(response.text()).rejects.toThrow();
  await done;
  await expect.poll(() => held).toBe(0);
  expect(contexts[0]?.recorded).toHaveLength(1);
});

test("a refusal that may pass says when", async () => {
  const limits = {
    ...createTestContext().context.chain.limits,
    acquire: () =>
      Promise.reject(
        new AppError({
          kind: "SERVICE_UNAVAILABLE",
          code: "CONCURRENCY_FULL",
          publicMessage: "Full.",
          retryAfterMs: 1500,
        }),
      ),
  };
  const { url } = await serve({ role: "operator", limits });
  const response = await fetch(`${url}/api/things/red/export`);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await response.json()).toMatchObject({ code: "CONCURRENCY_FULL", retryAfterMs: 1500 });
});
