import type { Clock } from "../../platform/clock.ts";
import { pause } from "../pause.ts";

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
        const nap = new AbortController();
        rouse = () => nap.abort();
        signal.addEventListener("abort", rouse, { once: true });
        await pause(clock, ms, nap.signal);
        signal.removeEventListener("abort", rouse);
        rouse = undefined;
      }
      isAwake = false;
    },
  };
}
