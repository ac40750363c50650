import type { Clock } from "../../platform/clock.ts";

/** Lets a loop sleep until something happens. A wake before the wait is not lost. */
export interface Waker {
  wake(): void;
  /** Resolves at a wake, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createWaker(clock: Clock): Waker {
  let isAwake = false;
  let rouse: (() => void) | undefined;
  return {
    wake: () => {
      isAwake = true;
      rouse?.();
    },
    wait: async (ms, signal) => {
      if (!isAwake && !signal.aborted) {
        const { promise: over, resolve } = Promise.withResolvers<void>();
        const end = (): void => resolve();
        rouse = end;
        const cancel = clock.after(ms, end);
        signal.addEventListener("abort", end, { once: true });
        await over;
        cancel();
        signal.removeEventListener("abort", end);
        rouse = undefined;
      }
      isAwake = false;
    },
  };
}
