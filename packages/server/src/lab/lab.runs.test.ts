import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { createIds } from "../platform/ids.ts";
import { createRuns } from "./lab.runs.ts";

const input = { procedure: "lab.fast", ratePerSecond: 10, concurrency: 2, durationSeconds: 2 } as const;

function setup(answer: (url: string, signal: AbortSignal) => Promise<Response> = async () => new Response("{}")) {
  const clock = createFakeClock();
  const urls: string[] = [];
  let inFlight = 0;
  let peak = 0;
  const runs = createRuns({
    clock,
    ids: createIds(clock),
    baseUrl: () => "http://127.0.0.1:4600",
    fetch: async (request, init) => {
      const { url } = new Request(request);
      urls.push(url);
      inFlight += 1;
      peak = Math.max(peak, inFlight);
      try {
        return await answer(url, init?.signal ?? new AbortController().signal);
      } finally {
        inFlight -= 1;
      }
    },
  });
  return { clock, runs, urls, peak: () => peak };
}

test("a run sends at its rate to this server's own procedure, and then it is over", async () => {
  const { clock, runs, urls } = setup();
  const run = runs.start(input, "ada@example.com");
  expect(run).toMatchObject({ state: "running", sent: 0, startedBy: "ada@example.com", ratePerSecond: 10 });
  await clock.advance(1000);
  expect(urls.length).toBeGreaterThanOrEqual(10);
  expect(urls.length).toBeLessThanOrEqual(12);
  await clock.advance(2000);
  expect(runs.list()).toMatchObject([{ state: "finished", sent: 20, ok: 20, limited: 0, failed: 0 }]);
  expect(new Set(urls)).toEqual(new Set(["http://127.0.0.1:4600/trpc/lab.fast"]));
  expect(clock.pendingCount()).toBe(0);
});

test("refused, failed and unanswered calls are told apart", async () => {
  const statuses = [200, 429, 503, 500];
  const { clock, runs } = setup(async () => {
    const status = statuses.shift();
    if (status === undefined) throw new TypeError("fetch failed");
    return new Response("{}", { status });
  });
  runs.start({ ...input, durationSeconds: 1 }, "ada");
  await clock.advance(2000);
  expect(runs.list()).toMatchObject([{ sent: 10, ok: 1, limited: 2, failed: 7 }]);
});

test("slow answers lower the rate: no more are in flight than asked for, and nothing is made up for", async () => {
  const clockRef: { current?: ReturnType<typeof createFakeClock> } = {};
  const { clock, runs, urls, peak } = setup(async () => {
    await clockRef.current?.sleep(500);
    return new Response("{}");
  });
  clockRef.current = clock;
  runs.start(input, "ada");
  await clock.advance(3000);
  expect(peak()).toBe(2);
  expect(urls.length).toBeLessThanOrEqual(9);
  expect(runs.list()).toMatchObject([{ state: "finished" }]);
});

test("one run at a time", async () => {
  const { clock, runs } = setup();
  const { id } = runs.start(input, "ada");
  expect(() => runs.start(input, "bob")).toThrow(
    expect.objectContaining({ kind: "CONFLICT", code: "LAB_RUN_ACTIVE", details: { id } }),
  );
  await clock.advance(3000);
  expect(runs.start(input, "bob").state).toBe("running");
  await runs.stopAll();
});

test("stopping cuts off what is under way and counts it neither as sent nor as failed", async () => {
  const { clock, runs } = setup(
    (_url, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const { id } = runs.start(input, "ada");
  await clock.advance(500);
  expect(runs.list()).toMatchObject([{ sent: 2 }]);
  expect(await runs.stop(id)).toMatchObject({ state: "stopped", sent: 0, failed: 0 });
  expect(await runs.stop(id)).toMatchObject({ state: "stopped" });
  expect(clock.pendingCount()).toBe(0);
});

test("a watcher sees the run each second and its end", async () => {
  const { clock, runs } = setup();
  const { id } = runs.start(input, "ada");
  const seen: string[] = [];
  const watching = (async () => {
    for await (const run of runs.watch(id, new AbortController().signal)) seen.push(run.state);
  })();
  await clock.advance(5000);
  await watching;
  expect(seen).toEqual(["running", "running", "running", "finished"].slice(4 - seen.length));
  expect(seen.at(-1)).toBe("finished");
  expect(clock.pendingCount()).toBe(0);
});

test("an unknown run is 404", async () => {
  const { runs } = setup();
  const missing = expect.objectContaining({ kind: "NOT_FOUND", code: "LAB_RUN_NOT_FOUND" });
  expect(() => runs.watch("x", new AbortController().signal)).toThrow(missing);
  await expect(runs.stop("x")).rejects.toThrow(missing);
});
