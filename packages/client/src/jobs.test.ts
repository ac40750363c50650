import { afterEach, expect, test, vi } from "vitest";
import { createClient } from "./create-client.ts";
import { JobFailedError } from "./job-errors.ts";

afterEach(() => void vi.useRealTimers());

type Answer = { readonly status: number; readonly body: unknown } | "broken";
const ok = (data: unknown): Answer => ({ status: 200, body: { result: { data } } });
const refused = (httpStatus: number, code: string, retryAfterMs?: number): Answer => ({
  status: httpStatus,
  body: { error: { message: code, code: -32000, data: { httpStatus, requestId: "1", app: { code, retryAfterMs } } } },
});
const waiting = ok({ id: "1", state: "executing", done: false, output: null, error: null });
const done = ok({ id: "1", state: "completed", done: true, output: { sum: 3 }, error: null });

/** A client whose server gives these answers to its calls for a result, one after the other, and `job` to all others. */
function clientOf(answers: Answer[], job: unknown = {}) {
  const asked: string[] = [];
  const fetch = (url: unknown): Promise<Response> => {
    const { pathname } = new URL(String(url));
    asked.push(pathname.replace("/trpc/", ""));
    const answer = pathname.endsWith("result") ? answers.shift() : ok(job);
    if (answer === "broken") return Promise.reject(new TypeError("fetch failed"));
    if (!answer) throw new Error("Nobody expected another call.");
    // All but a result travels in batches.
    const body = pathname.endsWith("result") ? answer.body : [answer.body];
    return Promise.resolve(new Response(typeof answer.body === "string" ? answer.body : JSON.stringify(body), answer));
  };
  return { client: createClient({ url: "http://127.0.0.1", fetch: fetch as never }), asked };
}

test("a result is asked for until the job has ended", async () => {
  const { client, asked } = clientOf([waiting, waiting, done]);
  expect(await client.jobs.handle("1").result()).toEqual({ sum: 3 });
  expect(asked).toHaveLength(3);
});

test.each([
  ["a broken connection", "broken", 200],
  ["the page of a proxy", { status: 502, body: "<h1>Bad gateway</h1>" }, 200],
  ["a limit", refused(429, "RATE_LIMITED", 7000), 7000],
  ["a server that stops", refused(503, "STOPPING"), 200],
] as const)("%s is waited out", async (_, answer, waitMs) => {
  vi.useFakeTimers();
  const { client, asked } = clientOf([answer, done]);
  const result = client.jobs.handle("1").result();
  await vi.advanceTimersByTimeAsync(waitMs - 1);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await result).toEqual({ sum: 3 });
});

test("waits grow to five seconds and start again after an answer", async () => {
  vi.useFakeTimers();
  const { client, asked } = clientOf([...Array.from({ length: 8 }, () => "broken" as const), waiting, "broken", done]);
  const result = client.jobs.handle("1").result();
  await vi.advanceTimersByTimeAsync(200 + 400 + 800 + 1600 + 3200 + 5000 + 5000 + 4999);
  expect(asked).toHaveLength(8);
  await vi.advanceTimersByTimeAsync(1 + 200);
  expect(await result).toEqual({ sum: 3 });
});

test("a refusal that stays one is raised as it is", async () => {
  const { client } = clientOf([refused(404, "JOB_NOT_FOUND")]);
  await expect(client.jobs.handle("1").result()).rejects.toMatchObject({ data: { app: { code: "JOB_NOT_FOUND" } } });
});

test.each([
  ["discarded", { name: "TypeError", message: "No such relay", stack: null }, "No such relay"],
  ["cancelled", null, "The job was cancelled."],
] as const)("a job that was %s fails the wait and says how", async (state, error, message) => {
  const { client } = clientOf([ok({ id: "1", state, done: true, output: null, error })], { attempts: 5 });
  const failure: unknown = await client.jobs
    .handle("1")
    .result()
    .catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(JobFailedError);
  expect(failure).toMatchObject({ name: "JobFailedError", message, jobId: "1", state, attempts: 5, error });
});

test("an abort ends a wait between two tries with its reason", async () => {
  vi.useFakeTimers();
  const { client, asked } = clientOf(["broken"]);
  const giveUp = new AbortController();
  const result = client.jobs.handle("1").result({ signal: giveUp.signal });
  const refusal = expect(result).rejects.toThrow("enough");
  await vi.advanceTimersByTimeAsync(100);
  giveUp.abort(new Error("enough"));
  await refusal;
  expect(asked).toHaveLength(1);
});
