import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { once } from "node:events";
import { createFakeClock } from "@switchboard/testing";
import { expect, test, vi } from "vitest";
import type { Logger } from "../platform/logger.ts";
import { createPatience, type Patience, type PatienceKeeper } from "./patience.ts";

const UPLOAD_MS = 600_000;

async function listen(
  answer: (req: IncomingMessage, res: ServerResponse, keeper: PatienceKeeper) => void,
  patience: Partial<Patience> = {},
) {
  const clock = createFakeClock();
  const logger = { info: vi.fn(), warn: vi.fn() };
  const short = { headersMs: 50, requestMs: 50, uploadMs: UPLOAD_MS, checkEveryMs: 10, ...patience };
  const keeper = createPatience({ patience: short, clock, logger: logger as unknown as Logger });
  const server = createServer(keeper.listener, (req, res) => answer(req, res, keeper));
  keeper.limitConnections(server);
  const late = vi.fn();
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    late(error.code);
    keeper.refuseUnreadable(error, socket as Parameters<PatienceKeeper["refuseUnreadable"]>[1]);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    clock,
    logger,
    late,
    /** Sends it and leaves the connection open. */
    open: (text: string) => {
      const socket = connect(port, "127.0.0.1");
      const heard = { text: "" };
      socket.on("data", (data) => (heard.text += data.toString()));
      // Reset by the server, which is one of the ways it closes.
      socket.on("error", () => undefined);
      socket.write(text);
      return { socket, heard, closed: new Promise((resolve) => void socket.once("close", resolve)) };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const upload = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab";

test.each([
  ["says nothing", "", 408],
  ["does not end its headers", "GET / HTTP/1.1\r\nhost: a\r\n", 408],
  ["does not end its body", upload, 408],
  ["sends huge headers", `GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ["says nonsense", "nonsense\r\n\r\n", 400],
])("whoever %s is told so, and the connection is closed", async (_what, text, status) => {
  await using server = await listen(() => undefined);
  const caller = server.open(text);
  await caller.closed;
  expect(caller.heard.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(caller.heard.text).toMatch(/\r\nx-content-type-options: nosniff\r\n[^]*\r\n\r\n\{"error":"[^"]+"\}$/);
  expect(server.logger.info).toHaveBeenCalledWith("request.unreadable", expect.objectContaining({ status }));
});

test("nothing is written into an answer that has begun", async () => {
  await using server = await listen((_req, res) => void res.writeHead(200).write("part"));
  const caller = server.open("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await expect.poll(() => caller.heard.text).toContain("part");
  caller.socket.write("nonsense\r\n\r\n");
  await caller.closed;
  expect(caller.heard.text.match(/HTTP\/1.1/g)).toHaveLength(1);
});

test("a file whose sender was let in gets the time of a file, and no more", async () => {
  await using server = await listen((req, res, keeper) => keeper.expectUpload(req, res));
  const caller = server.open(upload);
  await expect.poll(() => server.late.mock.calls).toEqual([["ERR_HTTP_REQUEST_TIMEOUT"]]);
  await server.clock.advance(UPLOAD_MS - 51);
  expect(caller.socket.readyState).toBe("open");
  await server.clock.advance(1);
  await caller.closed;
  expect(caller.heard.text).toMatch(/^HTTP\/1.1 408 /);
});

test("a file that arrives late but in time is answered, and what follows on its connection has no more time than others", async () => {
  await using server = await listen((req, res, keeper) => {
    if (req.method === "POST") keeper.expectUpload(req, res);
    req.resume().on("end", () => res.end("done"));
  });
  const caller = server.open(upload);
  await expect.poll(() => server.late.mock.calls).toHaveLength(1);
  caller.socket.write("cd");
  await expect.poll(() => caller.heard.text).toContain("done");
  caller.socket.write("GET / HTTP/1.1\r\nhost: a\r\n");
  await caller.closed;
  expect(caller.heard.text).toContain("HTTP/1.1 408 ");
});

test("one connection too many is closed unheard, and the log says so once", async () => {
  await using server = await listen(() => undefined, { connections: 1, headersMs: 0, requestMs: 0 });
  const first = server.open("");
  await once(first.socket, "connect");
  for (let more = 0; more < 3; more += 1) {
    const further = server.open("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await further.closed;
    expect(further.heard.text).toBe("");
  }
  expect(server.logger.warn.mock.calls).toEqual([["connections.full", { connections: 1 }]]);
  expect(first.socket.readyState).toBe("open");
});
