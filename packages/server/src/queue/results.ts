import type { Clock } from "../platform/clock.ts";
import type { QueueBus } from "./bus.ts";
import type { Engine, JobOutcome } from "./engine.ts";
import { pause } from "./pause.ts";

export interface Results {
  /** What the job came to; waits up to `waitMs` for its end. Undefined for an unknown id. */
  wait(id: string, waitMs: number, signal?: AbortSignal): Promise<JobOutcome | undefined>;
  /** Resolves at the next word of the job, after `ms`, or when the signal aborts. */
  nextWord(id: string, ms: number, signal: AbortSignal): Promise<void>;
}

/** How long a waiter trusts the bus before it looks by itself. */
const RECHECK_MS = 2000;

export function isFinal({ state }: Pick<JobOutcome, "state">): boolean {
  return state === "completed" || state === "cancelled" || state === "discarded";
}

/** Waits for jobs by listening to the bus, with one subscription for all waiters. */
export function createResults({ engine, bus, clock }: { engine: Engine; bus: QueueBus; clock: Clock }): Results {
  const waiters = new Map<string, Set<() => void>>();

  bus.subscribe((message) => {
    if (message.type === "ready") return;
    // After a gap in the connection any of them may have ended unheard.
    const ids = message.type === "reconnected" ? [...waiters.keys()] : message.ids;
    for (const id of ids) for (const rouse of waiters.get(id) ?? []) rouse();
  });

  const expect = (id: string, rouse: () => void): (() => void) => {
    const ofJob = waiters.get(id) ?? new Set();
    waiters.set(id, ofJob.add(rouse));
    return () => {
      ofJob.delete(rouse);
      if (ofJob.size === 0 && waiters.get(id) === ofJob) waiters.delete(id);
    };
  };

  /** Listens from the call on, so that a word between a look and the wait is not missed. */
  const listen = (id: string, signal: AbortSignal | undefined) => {
    const nap = new AbortController();
    const rouse = (): void => nap.abort();
    const forget = expect(id, rouse);
    signal?.addEventListener("abort", rouse, { once: true });
    if (signal?.aborted) rouse();
    return {
      wait: (ms: number) => pause(clock, ms, nap.signal),
      end: () => {
        forget();
        signal?.removeEventListener("abort", rouse);
      },
    };
  };

  return {
    wait: async (id, waitMs, signal) => {
      const endMs = clock.monotonicMs() + waitMs;
      for (;;) {
        const word = listen(id, signal);
        try {
          const outcome = await engine.findOutcome(id);
          const leftMs = endMs - clock.monotonicMs();
          if (!outcome || isFinal(outcome) || leftMs <= 0 || signal?.aborted) return outcome;
          await word.wait(Math.min(leftMs, RECHECK_MS));
        } finally {
          word.end();
        }
      }
    },
    nextWord: async (id, ms, signal) => {
      const word = listen(id, signal);
      await word.wait(ms);
      word.end();
    },
  };
}
