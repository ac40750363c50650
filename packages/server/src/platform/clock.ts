import { setTimeout as timersSetTimeout } from "node:timers/promises";

/** Where time comes from. Production reads the machine's clocks, tests advance their own. */
export interface Clock {
  /** Wall clock. For display and for cursors of our own making; never compared with a database's timestamps. */
  now(): Date;
  /** Milliseconds of a clock that never jumps. For durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms`, unless the answer is called first. What is made for each job or call: `sleep` costs ten times as much. */
  after(ms: number, fn: () => void): () => void;
  /**
   * Runs `fn` every `ms` until the signal aborts. The next wait starts when the previous run has ended, so runs never
   * overlap. `fn` handles its own errors: a rejection here is a defect and surfaces as an unhandled rejection.
   */
  every(ms: number, fn: () => void | Promise<void>, signal: AbortSignal): void;
}

export function createSystemClock(): Clock {
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    try {
      await timersSetTimeout(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      // Node rejects with an error of its own and keeps the reason as its cause.
      throw signal?.aborted ? signal.reason : error;
    }
  };
  return {
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    sleep,
    after: (ms, fn) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
    every: (ms, fn, signal) => {
      const tick = async (): Promise<void> => {
        if (signal.aborted) return;
        await fn();
        schedule();
      };
      const schedule = (): void => {
        if (signal.aborted) return;
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", cancel);
          void tick();
        }, ms);
        const cancel = (): void => clearTimeout(timer);
        signal.addEventListener("abort", cancel, { once: true });
        timer.unref();
      };
      schedule();
    },
  };
}
