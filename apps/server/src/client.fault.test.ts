import { createClient, type JobProgress } from "@switchboard/client";
import {
  createTestDatabase,
  findFreePort,
  ownerEnvironment,
  signInOwner,
  startServer,
  startTcpProxy,
  type RunningServer,
  type TestDatabase,
} from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// A client that waits for a job while what is between it and the job breaks.

let database: TestDatabase;
let port: number;
let apiKey: string;
let server: RunningServer;

const start = () => startServer({ ...ownerEnvironment, DATABASE_URL: database.url, PORT: String(port) });

beforeAll(async () => {
  database = await createTestDatabase();
  port = await findFreePort();
  server = await start();
  const desk = await signInOwner(server);
  ({ key: apiKey } = (await desk.mutate("access.keys.create", { name: "client" })).data<{ key: string }>());
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

/** What a job reports, and a signal for the first report of a run. */
function watch(steps: AsyncIterable<JobProgress>) {
  const seen: JobProgress[] = [];
  const { promise: running, resolve } = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const step of steps) {
      seen.push(step);
      if (step.state === "executing") resolve();
    }
  })();
  return { seen, running, ended };
}

test("connections that are reset end neither a wait nor a progress, and what is known is not told again", async () => {
  await using proxy = await startTcpProxy({ host: "127.0.0.1", port });
  const client = createClient({ url: `http://127.0.0.1:${proxy.port}`, apiKey });
  const handle = await client.jobs.enqueue("lab.sleep", { ms: 4000 });
  const { seen, running, ended } = watch(handle.progress());
  const result = handle.result();
  await running;
  for (let cuts = 0; cuts < 3; cuts += 1) {
    const before = seen.length;
    proxy.cut();
    proxy.resume();
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBeGreaterThan(before);
  }
  await ended;
  expect(await result).toHaveProperty("sleptMs");
  expect(seen.at(-1)).toMatchObject({ state: "completed", share: 1 });
  expect(new Set(seen.map((step) => JSON.stringify(step))).size).toBe(seen.length);
});

test.each(["stop", "kill"] as const)("a server that restarts, by %s, ends neither", async (how) => {
  const client = createClient({ url: `http://127.0.0.1:${port}`, apiKey });
  const handle = await client.jobs.enqueue("lab.sleep", { ms: how === "stop" ? 15_000 : 6000 });
  const { seen, running, ended } = watch(handle.progress());
  const result = handle.result();
  await running;
  const old = server;
  await old[how]();
  await old[Symbol.asyncDispose]();
  const before = seen.length;
  server = await start();
  await ended;
  expect(await result).toHaveProperty("sleptMs");
  expect(seen.length).toBeGreaterThan(before);
  expect(seen.at(-1)).toMatchObject({ state: "completed", share: 1 });
});
