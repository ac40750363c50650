import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type JobDefinition } from "../define.ts";
import { inTransaction } from "../platform/sql.ts";
import { openTestQueues, testClock, type TestQueues } from "./queue.fixture.ts";
import type { Queue, QueueOptions } from "./queue.service.ts";

let queues: TestQueues;
const started: Queue[] = [];

beforeAll(async () => {
  queues = await openTestQueues();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((queue) => queue.stop()));
});
afterAll(async () => {
  await queues[Symbol.asyncDispose]();
});

const start = async (definitions: readonly JobDefinition[], options: Partial<QueueOptions> = {}): Promise<Queue> => {
  const queue = await queues.start(definitions, options);
  started.push(queue);
  return queue;
};
const order = z.object({ order: z.string() });
const countOf = async (queue: string): Promise<number> => {
  const { rows } = await queues.database.pool.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM pgboss.job WHERE name = $1",
    [queue],
  );
  return rows[0]?.n ?? -1;
};

test("tags, key, expiry, schedule and parent are kept with the job", async () => {
  const job = defineJob({ name: "keep.run", queue: "keep", input: order, run: () => null });
  const queue = await start([job], { role: "web" });
  const parentId = "01890000-0000-7000-8000-000000000001";
  const scheduleId = "01890000-0000-7000-8000-000000000002";
  const { id } = await queue.enqueue(
    { name: "keep.run", input: { order: "a" }, tags: ["blue", "eu/west"], key: "customer 7", expireInMs: 60_000 },
    { parentId, scheduleId },
  );
  const stored = await queue.get(id);
  expect(stored).toMatchObject({ tags: ["blue", "eu/west"], key: "customer 7", parentId, scheduleId });
  const leftMs = Date.parse(stored.expiresAt ?? "") - testClock.now().getTime();
  expect(leftMs).toBeGreaterThan(50_000);
  expect(leftMs).toBeLessThanOrEqual(60_000);
});

test.each([
  ["expireInMs", { expireInMs: 1000, delayMs: 1000 }],
  ["expireInMs", { expireInMs: 0 }],
  ["delayMs", { delayMs: -1 }],
  ["key", { key: "" }],
  ["tags.0", { tags: ["not a tag"] }],
  ["tags", { tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }],
])("a wrong %s is refused with the field, and nothing is stored: %o", async (path, options) => {
  const job = defineJob({ name: "wrong.run", queue: "wrong", input: order, run: () => null });
  const queue = await start([job], { role: "web" });
  const refused = queue.enqueue({ name: "wrong.run", input: { order: "a" }, ...options });
  await expect(refused).rejects.toMatchObject({ code: "JOB_INPUT_INVALID", kind: "BAD_REQUEST" });
  const { details } = (await refused.catch((error: unknown) => error)) as { details: { issues: { path: string[] }[] } };
  expect(details.issues[0]?.path.join(".")).toBe(path);
  expect(await countOf("wrong")).toBe(0);
});

test("text that Postgres cannot store is refused in a key", async () => {
  const job = defineJob({ name: "nul.run", queue: "nul", input: order, run: () => null });
  const queue = await start([job], { role: "web" });
  await expect(queue.enqueue({ name: "nul.run", input: { order: "a" }, key: "a\0b" })).rejects.toMatchObject({
    code: "TEXT_INVALID",
  });
});

describe("a definition that dedupes", () => {
  const define = (name: string, windowMs?: number) =>
    defineJob({
      name,
      queue: name.replaceAll(".", "-"),
      input: order,
      dedupe: { key: (input) => input.order, windowMs },
      run: () => null,
    });

  test("gives each job its key until its end", async () => {
    const web = await start([define("dedupe.live")], { role: "web" });
    const request = (label: string) => ({ name: "dedupe.live", input: { order: label } });
    const first = await web.enqueue(request("a"));
    expect(await web.enqueue(request("a"))).toEqual({ id: first.id, deduplicated: true });
    expect(await web.enqueue(request("b"))).toMatchObject({ deduplicated: false });
    // Its own key goes before.
    expect(await web.enqueue({ ...request("a"), dedupeKey: "else" })).toMatchObject({ deduplicated: false });
    const queue = await start([define("dedupe.live")]);
    await queue.result({ id: first.id, waitMs: 15_000 });
    expect(await web.enqueue(request("a"))).toMatchObject({ deduplicated: false });
  });

  test("with a window keeps the key taken after the end, until the window is over", async () => {
    const queue = await start([define("dedupe.window", 600_000)]);
    const request = { name: "dedupe.window", input: { order: "a" } };
    const first = await queue.enqueue(request);
    await queue.result({ id: first.id, waitMs: 15_000 });
    expect(await queue.enqueue(request)).toEqual({ id: first.id, deduplicated: true });
    await queues.database.pool.query("UPDATE job_dedupe SET until = now() WHERE name = 'dedupe.window'");
    const second = await queue.enqueue(request);
    expect(second.deduplicated).toBe(false);
    expect(await queue.enqueue(request)).toEqual({ id: second.id, deduplicated: true });
  });

  test("stores one job for calls at the same time", async () => {
    const web = await start([define("dedupe.race", 600_000)], { role: "web" });
    const all = await Promise.all(
      Array.from({ length: 12 }, () => web.enqueue({ name: "dedupe.race", input: { order: "a" } })),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    expect(await countOf("dedupe-race")).toBe(1);
  });

  test("lets go of the key when the transaction of the caller rolls back", async () => {
    const web = await start([define("dedupe.tx", 600_000)], { role: "web" });
    const request = { name: "dedupe.tx", input: { order: "a" } };
    const failed = inTransaction(queues.database.pool, async (tx) => {
      expect(await web.enqueue(request, { tx })).toMatchObject({ deduplicated: false });
      throw new Error("rolled back");
    });
    await expect(failed).rejects.toThrow("rolled back");
    expect(await web.enqueue(request)).toMatchObject({ deduplicated: false });
  });

  test("answers many inputs with the job that each came to", async () => {
    const web = await start([define("dedupe.many", 600_000)], { role: "web" });
    const inputs = ["b", "a", "b", "c"].map((label) => ({ order: label }));
    const { ids } = await web.enqueueMany({ name: "dedupe.many", inputs });
    expect(ids[0]).toBe(ids[2]);
    expect(new Set(ids).size).toBe(3);
    expect((await web.get(ids[1] ?? "")).input).toEqual({ order: "a" });
    expect((await web.enqueueMany({ name: "dedupe.many", inputs })).ids).toEqual(ids);
    expect(await countOf("dedupe-many")).toBe(3);
  });
});
