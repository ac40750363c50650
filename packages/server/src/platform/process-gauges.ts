import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

/** What the process says of itself. */
export interface ProcessGauges {
  /** p99 of the time that timers came late since the last reading; null without a sample. */
  eventLoopDelayMs(): number | null;
  /** Resident memory. */
  memoryBytes(): number;
  stop(): void;
}

export function createProcessGauges(): ProcessGauges {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return {
    eventLoopDelayMs: () => {
      if (delays.count === 0) return null;
      // The monitor measures the whole interval, the wait that was asked for included.
      const delayMs = Math.max(0, delays.percentile(99) / NS_PER_MS - RESOLUTION_MS);
      delays.reset();
      return delayMs;
    },
    memoryBytes: () => process.memoryUsage.rss(),
    stop: () => {
      delays.disable();
    },
  };
}
