import type { Clock } from "../../platform/clock.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
/** How long a caller is remembered after it was refused. */
const KEEP_MS = 15 * MINUTE_MS;
/** The minute under way, and 15 before it. */
const MINUTES = 16;
const RECENT_SECONDS = 10;
const MAX_CALLERS = 1000;

/** What is known of a caller that was refused. */
export interface RefusedCaller {
  readonly key: string;
  /** Of the last refusal, by the wall clock. */
  readonly lastMs: number;
  /** In the last 15 minutes, to a minute. */
  refused(): number;
  /** Over the last 10 s. */
  refusedPerSecond(): number;
}

/** Who was refused in the last 15 minutes. Costs something only when a call is refused. */
export interface Refusals {
  /** `atMs` by the monotonic clock; not before that of the refusal before. */
  record(key: string, atMs: number): void;
  /** In no order. Counts are read when they are asked for: a page asks for few of them. */
  read(): RefusedCaller[];
}

export interface RefusalsOptions {
  readonly clock: Clock;
  /** Callers that are remembered at once. Default 1,000. With more, the one that was refused longest ago goes. */
  readonly maxCallers?: number;
}

interface Refused {
  /** By the monotonic clock. */
  atMs: number;
  wallMs: number;
  readonly minutes: Ring;
  readonly seconds: Ring;
}

export function createRefusals({ clock, maxCallers = MAX_CALLERS }: RefusalsOptions): Refusals {
  // Whoever was refused longest ago comes first: a map keeps the order in which its keys came.
  const callers = new Map<string, Refused>();

  let newest: Refused | undefined;

  const moveToEnd = (key: string, caller: Refused): void => {
    if (!callers.delete(key) && callers.size >= maxCallers) callers.delete(callers.keys().next().value ?? key);
    callers.set(key, caller);
    newest = caller;
  };

  return {
    record: (key, atMs) => {
      const caller = callers.get(key) ?? createRefused();
      // Whoever calls on and on is the newest already.
      if (caller !== newest) moveToEnd(key, caller);
      caller.atMs = atMs;
      caller.wallMs = clock.now().getTime();
      count(caller.minutes, Math.floor(atMs / MINUTE_MS));
      count(caller.seconds, Math.floor(atMs / SECOND_MS));
    },
    read: () => {
      const nowMs = clock.monotonicMs();
      for (const [key, { atMs }] of callers) {
        if (nowMs - atMs < KEEP_MS) break;
        callers.delete(key);
      }
      return [...callers].map(([key, { wallMs, minutes, seconds }]) => ({
        key,
        lastMs: wallMs,
        refused: () => sum(minutes, Math.floor(nowMs / MINUTE_MS)),
        refusedPerSecond: () => sum(seconds, Math.floor(nowMs / SECOND_MS)) / RECENT_SECONDS,
      }));
    },
  };
}

function createRefused(): Refused {
  return { atMs: 0, wallMs: 0, minutes: createRing(MINUTES), seconds: createRing(RECENT_SECONDS) };
}

/** Counts of the last few steps of time. A few bytes and no functions: there are two for each caller of an attack. */
interface Ring {
  /** At most 64 bytes, which V8 keeps with its object rather than in memory of its own. */
  readonly counts: Uint32Array;
  newest: number;
}

function createRing(steps: number): Ring {
  return { counts: new Uint32Array(steps), newest: 0 };
}

/** Empties what time has passed since the last look. */
function turnTo({ counts, newest }: Ring, step: number): void {
  const passed = Math.min(step - newest, counts.length);
  for (let past = 1; past <= passed; past += 1) counts[(newest + past) % counts.length] = 0;
}

function count(ring: Ring, step: number): void {
  turnTo(ring, step);
  ring.newest = step;
  const index = step % ring.counts.length;
  ring.counts[index] = (ring.counts[index] ?? 0) + 1;
}

function sum(ring: Ring, step: number): number {
  turnTo(ring, step);
  ring.newest = step;
  return ring.counts.reduce((total, amount) => total + amount, 0);
}
