import { createClient, isAppError, JobFailedError, type Client, type JobProgress } from "@switchboard/client";
import type { AppRouter } from "@switchboard/server";
import { ownerEnvironment, signInOwner, startServer, type RunningServer } from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// The client's jobs as a program meets them: a key, HTTP, and no EventSource in the platform.

interface LabJobs {
  readonly [name: string]: { readonly input: unknown; readonly output: unknown; readonly progress: unknown };
  readonly "lab.sleep": {
    readonly input: { ms: number };
    readonly output: { sleptMs: number };
    readonly progress: never;
  };
}
type LabClient = Client<AppRouter, LabJobs>;

let server: RunningServer;
let client: LabClient;
let strangers: LabClient;
const UNKNOWN_ID = "0193b2a0-0000-7000-8000-00000000000a";

beforeAll(async () => {
  server = await startServer(ownerEnvironment);
  const desk = await signInOwner(server);
  const { key } = (await desk.mutate("access.keys.create", { name: "client" })).data<{ key: string }>();
  client = createClient({ url: server.url, apiKey: key });
  strangers = createClient({ url: server.url });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return isAppError(error) ? error.data.app.code : `${error as Error}`;
};
const collect = async (steps: AsyncIterable<JobProgress>): Promise<JobProgress[]> => {
  const seen: JobProgress[] = [];
  for await (const step of steps) seen.push(step);
  return seen;
};

test("a job is stored by name and awaited by its handle", async () => {
  const handle = await client.jobs.enqueue("lab.sleep", { ms: 0 }, { tags: ["client"], priority: 5 });
  expect(handle.deduplicated).toBe(false);
  expect((await handle.result({ timeoutMs: 20_000 })).sleptMs).toBeLessThan(20_000);
  expect(await handle.get()).toMatchObject({ id: handle.id, state: "completed", priority: 5, tags: ["client"] });
  expect(await client.jobs.handle(handle.id).result()).toHaveProperty("sleptMs");
  expect(await codeOf(handle.cancel())).toBe("JOB_NOT_CANCELLABLE");
});

test("a second job with the key of one that waits is that one", async () => {
  const first = await client.jobs.enqueue("lab.sleep", { ms: 0 }, { delayMs: 60_000, dedupeKey: "once" });
  const second = await client.jobs.enqueue("lab.sleep", { ms: 0 }, { dedupeKey: "once" });
  expect(second).toMatchObject({ id: first.id, deduplicated: true });
});

test("a job that uses up its attempts fails the wait with its error", async () => {
  const handle = await client.jobs.enqueue("lab.fail", { times: 1000 });
  const failure: unknown = await handle.result({ timeoutMs: 25_000 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(JobFailedError);
  expect(failure).toMatchObject({ jobId: handle.id, state: "discarded", attempts: 5 });
  expect((failure as Error).message).toContain("lab.fail was asked to fail");
});

test("a job that is cancelled ends its wait and its progress", async () => {
  const handle = await client.jobs.enqueue("lab.sleep", { ms: 60_000 });
  const result = handle.result();
  const ended = expect(result).rejects.toMatchObject({ name: "JobFailedError", state: "cancelled" });
  const steps = collect(handle.progress());
  expect(await handle.cancel()).toBe("cancelled");
  await ended;
  expect((await steps).at(-1)?.state).toBe("cancelled");
  expect(await handle.cancel()).toBe("cancelled");
});

test("whoever waits no longer leaves the job alone", async () => {
  const handle = await client.jobs.enqueue("lab.sleep", { ms: 0 }, { delayMs: 60_000 });
  await expect(handle.result({ timeoutMs: 50 })).rejects.toMatchObject({ name: "TimeoutError" });
  const reason = new Error("enough");
  await expect(handle.result({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const giveUp = new AbortController();
  const steps = handle.progress(giveUp.signal)[Symbol.asyncIterator]();
  expect((await steps.next()).value).toEqual({ share: null, data: null, state: "scheduled" });
  giveUp.abort(reason);
  await expect(steps.next()).rejects.toBe(reason);
  expect((await handle.get()).state).toBe("scheduled");
});

test("progress is told at each change and ends with the job", async () => {
  const handle = await client.jobs.enqueue("lab.sleep", { ms: 2500 });
  const steps = await collect(handle.progress());
  const shares = steps.flatMap(({ share }) => (share === null ? [] : [share]));
  expect(shares.length).toBeGreaterThan(1);
  expect(shares).toEqual(shares.toSorted((one, other) => one - other));
  expect(steps.at(-1)).toEqual({ share: 1, data: null, state: "completed" });
  expect(new Set(steps.map((step) => JSON.stringify(step))).size).toBe(steps.length);
});

test("a wait for a job does not keep back the calls made with it", async () => {
  const handle = await client.jobs.enqueue("lab.sleep", { ms: 0 }, { delayMs: 60_000 });
  const giveUp = new AbortController();
  const results = [handle, handle, handle].map((one) => codeOf(one.result({ signal: giveUp.signal })));
  const first = await Promise.race([handle.get(), ...results]);
  expect(first).toMatchObject({ id: handle.id });
  giveUp.abort(new Error("enough"));
  expect(await Promise.all(results)).toEqual(results.map(() => "Error: enough"));
});

test("what is refused is raised as it is", async () => {
  expect(await codeOf(client.jobs.handle(UNKNOWN_ID).result())).toBe("JOB_NOT_FOUND");
  expect(await codeOf(collect(client.jobs.handle(UNKNOWN_ID).progress()))).toBe("JOB_NOT_FOUND");
  expect(await codeOf(client.jobs.enqueue("no.such", {}))).toBe("JOB_UNKNOWN");
  expect(await codeOf(client.jobs.enqueue("lab.sleep", { ms: -1 }))).toBe("JOB_INPUT_INVALID");
  expect(await codeOf(strangers.jobs.handle(UNKNOWN_ID).result())).toBe("UNAUTHENTICATED");
  expect(await codeOf(collect(strangers.jobs.handle(UNKNOWN_ID).progress()))).toBe("UNAUTHENTICATED");
});
