import { expect, test, vi } from "vitest";
import { createCallerSignal, unlessAborted, withDeadline } from "./deadline.ts";

const never = new AbortController().signal;

test("a call ends when its caller leaves, once, and not after it is over", () => {
  const caller = createCallerSignal();
  const open = withDeadline(undefined, caller);
  const over = withDeadline(undefined, caller);
  const heard = vi.fn();
  open.signal.addEventListener("abort", heard);
  over.clear();

  caller.leave();
  caller.leave();

  expect(heard).toHaveBeenCalledTimes(1);
  expect(open.signal.reason).toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
  expect(over.signal.aborted).toBe(false);
  open.clear();
});

test("whoever left before the call is known to have", () => {
  const caller = createCallerSignal();
  caller.leave();
  const late = withDeadline(undefined, caller);
  expect(late.signal.reason).toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
  late.clear();
});

test("either of two signals ends it", () => {
  const call = new AbortController();
  const deadline = withDeadline(call.signal, never);
  call.abort();
  expect(deadline.signal.aborted).toBe(true);
  deadline.clear();
});

test("time ends it, unless it was over before", () => {
  vi.useFakeTimers();
  try {
    const late = withDeadline(undefined, never, 1000);
    const inTime = withDeadline(undefined, never, 1000);
    vi.advanceTimersByTime(999);
    expect(late.signal.aborted).toBe(false);
    inTime.clear();
    vi.advanceTimersByTime(1);
    expect(late.signal.reason).toMatchObject({ code: "DEADLINE_EXCEEDED", retryAfterMs: 1000 });
    expect(inTime.signal.aborted).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test("work is waited for until the signal aborts, and no longer", async () => {
  const leaving = new AbortController();
  expect(await unlessAborted(Promise.resolve("done"), leaving.signal)).toBe("done");
  const hung = unlessAborted(Promise.withResolvers<never>().promise, leaving.signal);
  leaving.abort(new Error("left"));
  await expect(hung).rejects.toThrow("left");
  await expect(unlessAborted(Promise.resolve("late"), leaving.signal)).rejects.toThrow("left");
});
