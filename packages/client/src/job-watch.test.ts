import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchJob } from "./job-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Listener = Parameters<TRPCUntypedClient<AnyRouter>["subscription"]>[2];

/** A client whose streams a test writes by hand. */
function createStreams() {
  const streams: { readonly input: unknown; readonly on: Listener; isOpen: boolean }[] = [];
  const client = {
    subscription: (_path: string, input: unknown, on: Listener) => {
      const stream = { input, on, isOpen: true };
      streams.push(stream);
      return { unsubscribe: () => void (stream.isOpen = false) };
    },
  } as unknown as TRPCUntypedClient<AnyRouter>;
  const newest = () => {
    const stream = streams.at(-1);
    if (!stream) throw new Error("Nobody watches.");
    return stream;
  };
  return { client, streams, newest };
}
const event = (id: string, state: string, progress: number | null = null) => ({
  id,
  data: { state, progress, attemptLog: [] },
});

test("a stream that ends before its job is followed by another, which goes on where it broke", async () => {
  const { client, streams, newest } = createStreams();
  const steps = watchJob(client, "1", undefined);
  const first = steps.next();
  newest().on.onData?.(event("a", "executing", 0.5));
  expect((await first).value).toEqual({ share: 0.5, data: null, state: "executing" });

  const second = steps.next();
  newest().on.onComplete?.();
  await vi.advanceTimersByTimeAsync(200);
  expect(streams.map(({ input, isOpen }) => [input, isOpen])).toEqual([
    [{ id: "1", lastEventId: undefined }, false],
    [{ id: "1", lastEventId: "a" }, true],
  ]);
  // Told again by a server that does not know what was told: not told on.
  newest().on.onData?.(event("b", "executing", 0.5));
  newest().on.onData?.(event("c", "completed"));
  expect((await second).value).toEqual({ share: 1, data: null, state: "completed" });
  expect((await steps.next()).done).toBe(true);
  expect(newest().isOpen).toBe(false);
});

test("a connection that breaks is given up at once, and the waits for the next one grow", async () => {
  const { client, streams, newest } = createStreams();
  const steps = watchJob(client, "1", undefined);
  const first = steps.next();
  for (const waitMs of [200, 400, 800]) {
    const before = streams.length;
    newest().on.onConnectionStateChange?.({ type: "state", state: "connecting", error: new Error("reset") } as never);
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(streams).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(streams).toHaveLength(before + 1);
  }
  newest().on.onData?.(event("a", "cancelled"));
  expect((await first).value).toMatchObject({ state: "cancelled" });
});

test("whoever stops listening closes the stream", async () => {
  const { client, newest } = createStreams();
  const steps = watchJob(client, "1", undefined);
  const first = steps.next();
  newest().on.onData?.(event("a", "available"));
  await first;
  await steps.return(undefined);
  expect(newest().isOpen).toBe(false);
});
