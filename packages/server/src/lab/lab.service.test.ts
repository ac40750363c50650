import { createFakeClock } from "@switchboard/testing";
import { describe, expect, test } from "vitest";
import { createIds } from "../platform/ids.ts";
import { createLab, type LabOptions } from "./lab.service.ts";
import { labJobs } from "./lab.jobs.ts";

const never = new AbortController().signal;

function setup(overrides: Partial<LabOptions> = {}) {
  const clock = createFakeClock();
  const lab = createLab({
    database: { pool: { query: () => Promise.reject(new Error("These tests need no database.")) } },
    clock,
    ids: createIds(clock),
    cache: { getOrLoad: async (_key, load) => ({ value: await load(), source: "load" }) },
    limits: {
      peekPrincipal: (path, key) => ({
        remaining: path === "lab.rateLimited" && key === "address:192.0.2.1" ? 49 : 0,
        resetMs: 9,
      }),
    },
    baseUrl: () => "http://127.0.0.1:1",
    ...overrides,
  });
  return { clock, lab };
}

test("slow waits as long as it was asked to, and ends when its caller leaves", async () => {
  const { clock, lab } = setup();
  const answer = lab.slow({ delayMs: 1500 }, never);
  await clock.advance(1500);
  expect(await answer).toEqual({ waitedMs: 1500 });
  const reason = new Error("left");
  await expect(lab.slow({ delayMs: 1500 }, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(clock.pendingCount()).toBe(0);
});

describe("fanOut", () => {
  test("branches wait side by side", async () => {
    const { clock, lab } = setup();
    const answer = lab.fanOut({ branches: 5, delayMs: 100, deadlineMs: 2000 }, never);
    await clock.advance(100);
    const { results, totalMs } = await answer;
    expect(totalMs).toBe(100);
    expect(results.map((result) => result.branch)).toEqual([0, 1, 2, 3, 4]);
    expect(clock.pendingCount()).toBe(0);
  });

  test("the deadline cancels all branches together", async () => {
    const { clock, lab } = setup();
    const answer = expect(lab.fanOut({ branches: 5, delayMs: 1000, deadlineMs: 200 }, never)).rejects.toMatchObject({
      kind: "SERVICE_UNAVAILABLE",
      code: "LAB_DEADLINE_EXCEEDED",
    });
    await clock.advance(200);
    await answer;
    expect(clock.pendingCount()).toBe(0);
  });
});

describe("limited", () => {
  test("fifteen tasks run in ten slots, the rest wait", async () => {
    const { clock, lab } = setup();
    const answer = lab.limited({ tasks: 15, delayMs: 50 }, never);
    await clock.advance(100);
    const { limit, peak, results } = await answer;
    expect({ limit, peak }).toEqual({ limit: 10, peak: 10 });
    expect(results.filter((result) => result.waitedMs === 0)).toHaveLength(10);
    expect(results.filter((result) => result.waitedMs === 50)).toHaveLength(5);
  });

  test("callers share the slots, and one who leaves frees what it held", async () => {
    const { clock, lab } = setup();
    const leaving = new AbortController();
    const left = expect(lab.limited({ tasks: 30, delayMs: 1000 }, leaving.signal)).rejects.toThrow("left");
    const stays = lab.limited({ tasks: 10, delayMs: 50 }, never);
    await clock.advance(10);
    leaving.abort(new Error("left"));
    await left;
    await clock.advance(50);
    expect((await stays).results.map((result) => result.waitedMs)).toEqual(Array.from({ length: 10 }, () => 10));
    expect(clock.pendingCount()).toBe(0);
  });
});

describe("flaky", () => {
  test("it says how many attempts it took", async () => {
    const rolls = [0.1, 0, 0.1, 0, 0.9];
    const { clock, lab } = setup({ random: () => rolls.shift() ?? 0.9 });
    const answer = lab.flaky({ failureRate: 0.5, attempts: 3 }, never);
    await clock.advance(1000);
    expect(await answer).toEqual({ attempts: 3, ok: true });
  });

  test("it is a bad gateway when every attempt failed", async () => {
    const { clock, lab } = setup();
    const answer = expect(lab.flaky({ failureRate: 1, attempts: 3 }, never)).rejects.toMatchObject({
      kind: "BAD_GATEWAY",
      code: "LAB_FLAKY_FAILED",
    });
    await clock.advance(1000);
    await answer;
  });
});

test("rateLimited tells what the caller's address has left", () => {
  expect(setup().lab.rateLimited("192.0.2.1")).toEqual({ remaining: 49, resetMs: 9 });
});

test("lab.fail fails as often as it was asked to and then succeeds", async () => {
  const job = labJobs.find(({ name }) => name === "lab.fail");
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const run = async (attempt: number): Promise<unknown> =>
    await job?.run({
      input: { times: 2 },
      jobId: "1",
      attempt,
      signal: never,
      log,
      progress: () => undefined,
      enqueue: () => Promise.reject(new Error("unused")),
      tx: () => Promise.reject(new Error("unused")),
    });
  await expect(run(1)).rejects.toThrow("lab.fail");
  await expect(run(2)).rejects.toThrow("lab.fail");
  expect(await run(3)).toEqual({ attempts: 3 });
});
