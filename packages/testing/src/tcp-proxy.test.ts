import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy } from "./tcp-proxy.ts";

let echo: Server;
let target: { host: string; port: number };
const echoed: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => {
    echoed.push(socket);
    socket.on("error", () => undefined);
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(echo, "listening");
  target = { host: "127.0.0.1", port: (echo.address() as AddressInfo).port };
});

afterEach(() => {
  for (const socket of echoed.splice(0)) socket.destroy();
  echo.close();
});

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [reply] = (await once(socket, "data")) as [Buffer];
  return reply.toString();
}

test("bytes pass both ways", async () => {
  await using proxy = await startTcpProxy(target);
  const socket = connect(proxy.port, proxy.host);
  expect(await ask(socket, "hello")).toBe("hello");
  expect(proxy.connectionCount()).toBe(1);
  socket.destroy();
});

test("a large body passes a slow reader whole", async () => {
  await using proxy = await startTcpProxy(target);
  const socket = connect(proxy.port, proxy.host);
  const body = Buffer.alloc(5_000_000, "x");
  let received = 0;
  socket.write(body);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received === body.length) break;
  }
  expect(received).toBe(body.length);
});

test("a cut resets what is open and refuses what comes, until it resumes", async () => {
  await using proxy = await startTcpProxy(target);
  const socket = connect(proxy.port, proxy.host);
  await ask(socket, "a");
  proxy.cut();
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
  const refused = connect(proxy.port, proxy.host);
  const [refusal] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  expect(refusal.code).toBe("ECONNRESET");
  proxy.resume();
  const again = connect(proxy.port, proxy.host);
  expect(await ask(again, "b")).toBe("b");
  again.destroy();
});

test("a frozen link takes bytes, answers nothing, and delivers them when it resumes", async () => {
  await using proxy = await startTcpProxy(target);
  const socket = connect(proxy.port, proxy.host);
  await ask(socket, "a");
  const sawBefore = echoed[0]?.bytesRead;
  proxy.freeze();
  const reply = once(socket, "data");
  socket.write("b");
  // A second way to the same server, there and back: had the first byte passed, it would have arrived by then.
  const direct = connect(target.port, target.host);
  await ask(direct, "c");
  expect(echoed[0]?.bytesRead).toBe(sawBefore);
  const late = connect(proxy.port, proxy.host);
  await once(late, "connect");
  proxy.resume();
  expect(String((await reply)[0])).toBe("b");
  expect(await ask(late, "d")).toBe("d");
  for (const open of [socket, direct, late]) open.destroy();
});

test("closing ends every connection and is safe twice", async () => {
  const proxy = await startTcpProxy(target);
  const socket = connect(proxy.port, proxy.host);
  await ask(socket, "a");
  const closed = once(socket, "close");
  await Promise.all([proxy.close(), proxy.close(), closed]);
  expect(proxy.connectionCount()).toBe(0);
});
