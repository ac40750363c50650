import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { startRedis } from "./redis.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

async function send(port: number, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write(`${command}\r\n`);
    return String((await once(socket, "data"))[0]).trim();
  } finally {
    socket.destroy();
  }
}

test("a Redis of its own comes, crashes, comes back empty and goes", async () => {
  await using redis = await startRedis();
  expect(await send(redis.port, "SET a 1")).toBe("+OK");
  await redis.kill();
  await expect(send(redis.port, "GET a")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await redis.restart();
  expect(await send(redis.port, "GET a")).toBe("$-1");
  await redis.stop();
  await redis.stop();
  await expect(send(redis.port, "GET a")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a machine without Redis is told which package to install", async () => {
  vi.stubEnv("PATH", "/nonexistent");
  await expect(startRedis()).rejects.toThrow("install Debian's package redis-server");
});
