import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyRouter } from "@trpc/server";
import type { JobDetail, JobProgress } from "./jobs.ts";
import { sleep, toPatienceMs } from "./patience.ts";

interface WatchEvent {
  /** By which the next stream goes on where this one broke. */
  readonly id: string;
  readonly data: JobDetail;
}

/** The progress of a job at each change until its end, over as many streams as it takes. */
export async function* watchJob(
  client: TRPCUntypedClient<AnyRouter>,
  jobId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobProgress<never>> {
  let lastEventId: string | undefined;
  let shown = "";
  for (let failures = 0; ; failures += 1) {
    signal?.throwIfAborted();
    let waitMs: number | undefined;
    try {
      for await (const event of openStream(client, { id: jobId, lastEventId }, signal)) {
        failures = 0;
        lastEventId = event.id;
        const progress = toProgress(event.data);
        const text = JSON.stringify(progress);
        if (text !== shown) yield progress;
        shown = text;
        if (isFinal(progress.state)) return;
      }
      // A server that stops ends its streams as if all were said.
      waitMs = toPatienceMs(undefined, failures);
    } catch (error) {
      signal?.throwIfAborted();
      waitMs = toPatienceMs(error, failures);
      if (waitMs === undefined) throw error;
    }
    await sleep(waitMs ?? 0, signal);
  }
}

/** One stream. Ends with it, and raises what broke it. */
async function* openStream(
  client: TRPCUntypedClient<AnyRouter>,
  input: { readonly id: string; readonly lastEventId: string | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchEvent> {
  const events: WatchEvent[] = [];
  let end: { readonly error?: unknown } | undefined;
  let rouse = (): void => undefined;
  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how;
    rouse();
  };
  const onAbort = (): void => finish({ error: signal?.reason });
  signal?.addEventListener("abort", onAbort, { once: true });
  const subscription = client.subscription("queue.jobs.watch", input, {
    onData: (event) => {
      events.push(event as WatchEvent);
      rouse();
    },
    onError: (error) => finish({ error }),
    onComplete: () => finish({}),
    // The event source would try again by itself, every three seconds and for ever.
    onConnectionStateChange: ({ state, error }) => {
      if (state === "connecting" && error) finish({ error });
    },
  });
  try {
    for (;;) {
      const event = events.shift();
      if (event) yield event;
      else if (end && "error" in end) throw end.error;
      else if (end) return;
      else await new Promise<void>((resolve) => (rouse = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    subscription.unsubscribe();
  }
}

function toProgress({ state, progress, attemptLog }: JobDetail): JobProgress<never> {
  const last = attemptLog.at(-1);
  const share = state === "completed" ? 1 : (progress ?? last?.progress ?? null);
  return { share, data: (last?.progressData ?? null) as null, state };
}

function isFinal(state: JobDetail["state"]): boolean {
  return state === "completed" || state === "cancelled" || state === "discarded";
}
