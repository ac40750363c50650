import type { Clock } from "./clock.ts";

/**
 * One computation for many readers: callers within `maxAgeMs` of a success get the same value, callers during a load wait for
 * it. A failed load is shared by those who waited for it and is not kept.
 */
export function createSharedRead<Value>(options: {
  readonly clock: Clock;
  readonly maxAgeMs: number;
  readonly load: () => Promise<Value>;
}): () => Promise<Value> {
  const { clock, maxAgeMs, load } = options;
  let current: { readonly promise: Promise<Value>; readyMs: number } | undefined;

  return () => {
    if (current && clock.monotonicMs() - current.readyMs < maxAgeMs) return current.promise;
    // Infinite while it runs: nobody starts a second one.
    const read = { promise: load(), readyMs: Infinity };
    current = read;
    read.promise.then(
      () => {
        read.readyMs = clock.monotonicMs();
      },
      () => {
        if (current === read) current = undefined;
      },
    );
    return read.promise;
  };
}
