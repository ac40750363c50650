import { createFakeClock } from "@switchboard/testing";
import { expect, test } from "vitest";
import { retry, type RetryOptions } from "./retry.ts";

function setup(overrides: Partial<RetryOptions> = {}) {
  const clock = createFakeClock();
  const startMs = clock.monotonicMs();
  const attemptsAtMs: number[] = [];
  const failing = async (): Promise<never> => {
    attemptsAtMs.push(clock.monotonicMs() - startMs);
    throw new Error(`attempt ${attemptsAtMs.length}`);
  };
  const options: RetryOptions = { clock, random: () => 0, attempts: 4, backoffMs: 100, ...overrides };
  return { clock, attemptsAtMs, failing, options };
}

test("waits double up to their ceiling, and the last error comes through", async () => {
  const { clock, attemptsAtMs, failing, options } = setup({ attempts: 5, maxDelayMs: 250 });
  const result = expect(retry(failing, options)).rejects.toThrow("attempt 5");
  await clock.advance(10_000);
  await result;
  expect(attemptsAtMs).toEqual([0, 100, 300, 550, 800]);
});

test("jitter shortens a wait by chance", async () => {
  const { clock, attemptsAtMs, failing, options } = setup({ attempts: 2, random: () => 0.5, jitter: 0.4 });
  const result = expect(retry(failing, options)).rejects.toThrow();
  await clock.advance(10_000);
  await result;
  expect(attemptsAtMs).toEqual([0, 80]);
});

test("the first success ends it", async () => {
  const { clock, options } = setup();
  const result = retry(async (attempt) => (attempt < 3 ? Promise.reject(new Error("no")) : attempt), options);
  await clock.advance(10_000);
  expect(await result).toBe(3);
});

test("an error that is not retryable comes through at once", async () => {
  const { attemptsAtMs, failing, options } = setup({ isRetryable: () => false });
  await expect(retry(failing, options)).rejects.toThrow("attempt 1");
  expect(attemptsAtMs).toHaveLength(1);
});

test("an abort ends the wait with its reason and leaves no timer", async () => {
  const controller = new AbortController();
  const { clock, attemptsAtMs, failing, options } = setup({ signal: controller.signal });
  const reason = new Error("caller left");
  const result = expect(retry(failing, options)).rejects.toBe(reason);
  await clock.advance(10);
  controller.abort(reason);
  await result;
  expect(attemptsAtMs).toHaveLength(1);
  expect(clock.pendingCount()).toBe(0);
});
