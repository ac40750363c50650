import { expect, test } from "vitest";
import { isPermanent, toJobError, toRetryDelayMs } from "./job-error.ts";

const policy = { attempts: 5, backoffMs: 1000, maxDelayMs: 60_000, jitter: 0.2 };

test("the wait doubles with each attempt up to its ceiling, and chance takes at most the jitter off", () => {
  const delays = [1, 2, 3, 4, 7, 2000].map((number) => toRetryDelayMs(policy, number, () => 0));
  expect(delays).toEqual([1000, 2000, 4000, 8000, 60_000, 60_000]);
  expect(toRetryDelayMs(policy, 2, () => 0.5)).toBe(1800);
  expect(toRetryDelayMs({ ...policy, backoffMs: 0 }, 2000, () => 0)).toBe(0);
});

test("whatever was thrown becomes an error that can be stored", () => {
  expect(toJobError(new RangeError("too \0 far"))).toMatchObject({ name: "RangeError", message: "too \u{FFFD} far" });
  expect(toJobError("plain")).toEqual({ name: "Error", message: "plain", stack: null });
  expect(toJobError({ code: 7 })).toEqual({ name: "Error", message: '{"code":7}', stack: null });
  expect(toJobError(undefined).message).toBe("undefined");
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(toJobError(circle).message).toBe("The job threw a value that cannot be shown.");
  expect(toJobError(new Error("x".repeat(5000))).message).toHaveLength(2000);
});

test("only an error that says so is permanent", () => {
  expect(isPermanent(Object.assign(new Error("no"), { retryable: false }))).toBe(true);
  expect([new Error("no"), null, "no", { retryable: true }].some((thrown) => isPermanent(thrown))).toBe(false);
});
