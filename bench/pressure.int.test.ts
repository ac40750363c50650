import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createPresser, toRequest, type Pressed, type Pressure } from "./pressure.ts";

async function press(listener: RequestListener, differently: Partial<Pressure> = {}): Promise<Pressed> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await using presser = createPresser([]);
    return await presser.press({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      requests: [toRequest("GET", "/")],
      connections: 4,
      calls: 40,
      forMs: 60_000,
      expects: "done",
      isAwake: false,
      pid: process.pid,
      ...differently,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("it ends with the calls that were asked for, from an address each, and one of each beforehand is not counted", async () => {
  const addresses = new Set<string | undefined>();
  const urls: (string | undefined)[] = [];
  const requests = Array.from({ length: 44 }, (_, index) => toRequest("POST", `/${index}`, {}, "ü".repeat(index)));
  const pressed = await press(
    (req, res) => {
      addresses.add(req.socket.remoteAddress);
      urls.push(req.url);
      // With a length for some, in chunks for others.
      req.resume().once("end", () => (urls.length % 2 === 0 ? res.end("done") : res.write("do") && res.end("ne")));
    },
    { requests },
  );
  expect(pressed.answers).toBe(40);
  expect(urls).toHaveLength(44);
  expect(new Set(urls)).toEqual(new Set(requests.map((_, index) => `/${index}`)));
  expect(addresses).toEqual(new Set(["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"]));
  expect(pressed.serverCpuMs).toBeGreaterThan(0);
  expect(pressed.p99Ms).toBeGreaterThanOrEqual(pressed.p50Ms);
  expect(pressed.databaseCpuMs).toBeUndefined();
});

test("awake, it knows how often it had nothing to do", async () => {
  const pressed = await press((_req, res) => res.end("done"), { isAwake: true });
  expect(pressed.answers).toBe(40);
  expect(pressed.idleShare).toBeGreaterThan(0);
  expect(pressed.idleShare).toBeLessThanOrEqual(1);
});

test("it ends with the time", async () => {
  const pressed = await press((_req, res) => res.end("done"), { calls: 1e9, forMs: 50 });
  expect(pressed.answers).toBeGreaterThan(0);
  expect(pressed.elapsedMs).toBeGreaterThan(0);
});

test("the first answer that is not 200 is an error with its body, however late", async () => {
  let answered = 0;
  const late: RequestListener = (_req, res) => {
    answered += 1;
    if (answered === 30) res.writeHead(429);
    res.end(answered === 30 ? "too many" : "done");
  };
  await expect(press(late)).rejects.toThrow(/answered 429: too many/);
  await expect(press((_req, res) => res.writeHead(500).end("broken"))).rejects.toThrow(/answered 500: broken/);
});

test("a server that answers something else, or hangs up, is an error", async () => {
  await expect(press((_req, res) => res.end("nothing"))).rejects.toThrow(/answered without done: nothing/);
  let answered = 0;
  const leaving: RequestListener = (_req, res) => {
    answered += 1;
    if (answered === 30) res.destroy();
    else res.end("done");
  };
  await expect(press(leaving)).rejects.toThrow(/closed a connection/);
});
