import type { Clock } from "./clock.ts";
import { AppError } from "./errors.ts";

export interface BulkheadOptions {
  readonly clock: Clock;
  /** Slots: how many may run at once. */
  readonly limit: number;
  /** How many may wait for a slot; one more is refused at once. */
  readonly queueLimit: number;
  /** Told to a caller that is refused because the queue is full. Default 1,000. */
  readonly retryAfterMs?: number;
}

/** A held slot. `release` is safe twice and frees it once. */
export interface BulkheadPermit {
  /** Milliseconds waited for the slot. */
  readonly queuedMs: number;
  release(): void;
}

/** At most `limit` at once; the rest wait in order of arrival, up to `queueLimit`. */
export interface Bulkhead {
  /** A slot, if one is free right now. */
  tryAcquire(): BulkheadPermit | undefined;
  /**
   * Resolves with a slot: at once when one is free, otherwise when its turn comes. Rejects with the signal's reason when
   * that aborts first, and with 503 `CONCURRENCY_FULL` when the queue is full.
   */
  acquire(signal: AbortSignal): Promise<BulkheadPermit>;
  /**
   * Goes on with other numbers. More slots are given out at once, in order of arrival; with fewer, who holds one keeps it and nobody
   * is admitted until enough came back. Who waits stays, also beyond a shorter queue. Raises RangeError below 1 slot.
   */
  resize(size: { readonly limit: number; readonly queueLimit: number }): void;
  /** Runs `work` while holding a slot. */
  run<Value>(signal: AbortSignal, work: (permit: BulkheadPermit) => Promise<Value>): Promise<Value>;
  readonly limit: number;
  readonly queueLimit: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Most slots ever held at once. */
  readonly peak: number;
}

interface Waiter {
  readonly signal: AbortSignal;
  readonly admit: () => void;
  readonly leave: () => void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
}

export function createBulkhead(options: BulkheadOptions): Bulkhead {
  const { clock, retryAfterMs = 1000 } = options;
  let { limit, queueLimit } = options;
  const queue = createWaitQueue();
  let inFlight = 0;
  let peak = 0;

  const hold = (queuedMs: number): BulkheadPermit => {
    inFlight += 1;
    if (inFlight > peak) peak = inFlight;
    let isHeld = true;
    return {
      queuedMs,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        inFlight -= 1;
        admitNext();
      },
    };
  };

  const admitNext = (): void => {
    while (inFlight < limit) {
      const waiter = queue.shift();
      if (!waiter) return;
      waiter.signal.removeEventListener("abort", waiter.leave);
      waiter.admit();
    }
  };

  const wait = (signal: AbortSignal): Promise<BulkheadPermit> =>
    new Promise((resolve, reject) => {
      const sinceMs = clock.monotonicMs();
      const waiter: Waiter = {
        signal,
        admit: () => {
          // Another listener of the same abort may have freed the slot before this waiter heard of it.
          if (signal.aborted) reject(signal.reason);
          else resolve(hold(clock.monotonicMs() - sinceMs));
        },
        leave: () => {
          queue.remove(waiter);
          reject(signal.reason);
        },
        previous: undefined,
        next: undefined,
      };
      signal.addEventListener("abort", waiter.leave, { once: true });
      queue.push(waiter);
    });

  const tryAcquire = (): BulkheadPermit | undefined => (inFlight < limit ? hold(0) : undefined);

  const acquire = async (signal: AbortSignal): Promise<BulkheadPermit> => {
    signal.throwIfAborted();
    const free = tryAcquire();
    if (free) return free;
    if (queue.size >= queueLimit) throw concurrencyFull(limit, queueLimit, retryAfterMs);
    return await wait(signal);
  };

  return {
    tryAcquire,
    acquire,
    run: async (signal, work) => {
      const permit = await acquire(signal);
      try {
        return await work(permit);
      } finally {
        permit.release();
      }
    },
    resize: (size) => {
      if (!(size.limit >= 1 && size.queueLimit >= 0))
        throw new RangeError("at least one slot, and no less than no queue");
      ({ limit, queueLimit } = size);
      admitNext();
    },
    get limit() {
      return limit;
    },
    get queueLimit() {
      return queueLimit;
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return queue.size;
    },
    get peak() {
      return peak;
    },
  };
}

interface WaitQueue {
  readonly size: number;
  push(waiter: Waiter): void;
  shift(): Waiter | undefined;
  remove(waiter: Waiter): void;
}

/** A linked list: a waiter whose caller left goes from the middle without a search. */
function createWaitQueue(): WaitQueue {
  let first: Waiter | undefined;
  let last: Waiter | undefined;
  let size = 0;

  const remove = (waiter: Waiter): void => {
    if (waiter.previous) waiter.previous.next = waiter.next;
    else first = waiter.next;
    if (waiter.next) waiter.next.previous = waiter.previous;
    else last = waiter.previous;
    size -= 1;
  };

  return {
    get size() {
      return size;
    },
    push: (waiter) => {
      waiter.previous = last;
      if (last) last.next = waiter;
      else first = waiter;
      last = waiter;
      size += 1;
    },
    shift: () => {
      const waiter = first;
      if (waiter) remove(waiter);
      return waiter;
    },
    remove,
  };
}

function concurrencyFull(limit: number, queueLimit: number, retryAfterMs: number): AppError {
  return new AppError({
    kind: "SERVICE_UNAVAILABLE",
    code: "CONCURRENCY_FULL",
    publicMessage: `All ${limit} slots are taken and ${queueLimit} calls wait already. Try again later.`,
    details: { limit, queueLimit },
    retryAfterMs,
  });
}
