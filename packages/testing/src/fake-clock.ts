/** The shape of the server's clock. Written down here because the server depends on this package for its tests. */
export interface ClockShape {
  now(): Date;
  monotonicMs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  after(ms: number, fn: () => void): () => void;
  every(ms: number, fn: () => void | Promise<void>, signal?: AbortSignal): void;
}

export interface FakeClock extends ClockShape {
  /** Moves both clocks and runs what falls due, in order of time. Lets promises settle before, between and after. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as an operator or NTP does. */
  jump(ms: number): void;
  /** Sleeps and repetitions that wait at the moment: for leak checks. */
  pendingCount(): number;
}

interface Timer {
  dueMs: number;
  fire(): void;
}

/** Long enough for chains of promises, and for one round of the event loop. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A clock that stands still until `advance`. Starts at 2026-01-01T00:00:00Z; the monotonic reading starts at 1000 s. */
export function createFakeClock(start = new Date("2026-01-01T00:00:00Z")): FakeClock {
  let monotonicMs = 1_000_000;
  let wallOffsetMs = start.getTime() - monotonicMs;
  const timers = new Set<Timer>();

  function schedule(ms: number, fire: () => void): () => void {
    const timer: Timer = { dueMs: monotonicMs + Math.max(0, ms), fire };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  // A set keeps the order of insertion, so timers due at the same time fire in the order they were set.
  function nextDue(limitMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs <= limitMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        cancel();
        reject(signal?.reason as Error);
      };
      const cancel = schedule(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  function every(ms: number, fn: () => void | Promise<void>, signal?: AbortSignal): void {
    if (signal?.aborted) return;
    // The next wait starts when the run has ended: runs never overlap.
    const run = async () => {
      signal?.removeEventListener("abort", cancel);
      await fn();
      every(ms, fn, signal);
    };
    const cancel = schedule(ms, () => void run());
    signal?.addEventListener("abort", cancel, { once: true });
  }

  return {
    now: () => new Date(wallOffsetMs + monotonicMs),
    monotonicMs: () => monotonicMs,
    sleep,
    after: schedule,
    every,
    async advance(ms) {
      const targetMs = monotonicMs + ms;
      await settle();
      for (let timer = nextDue(targetMs); timer !== undefined; timer = nextDue(targetMs)) {
        timers.delete(timer);
        monotonicMs = Math.max(monotonicMs, timer.dueMs);
        timer.fire();
        await settle();
      }
      monotonicMs = targetMs;
    },
    jump(ms) {
      wallOffsetMs += ms;
    },
    pendingCount: () => timers.size,
  };
}
