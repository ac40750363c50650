import type { Permit, RateDecision } from "../middleware/chain.ts";
import { createBulkhead } from "../platform/bulkhead.ts";
import type { Clock } from "../platform/clock.ts";
import { createRateLimiter, type RateAlgorithm } from "../platform/rate-limiter.ts";
import { createRecentCount } from "../platform/recent-count.ts";
import { isRunnable, isSame, slidingLogBounds, slotBounds, toOperatorBounds, toRateBounds } from "./limits.bounds.ts";
import type { LimitBase } from "./changes/changes.store.ts";
import type { LimitBounds, LimitChange, LimitRow, LimitValues, Policy } from "./limits.schema.ts";

const TOP_CALLERS = 5;
const SECOND_MS = 1000;

/** How a limit runs that does not run as configured. */
export interface RunningChange {
  readonly values: LimitValues;
  readonly change: Omit<LimitChange, "revertTo">;
  /** What it goes back to by itself; null when it is kept. */
  readonly base: LimitBase | null;
}

/** What the gates of rates and of slots have in common. */
interface Gate {
  readonly name: string;
  readonly configured: LimitValues;
  readonly bounds: LimitBounds;
  readonly operatorBounds: LimitBounds;
  /** Whether its limit has to be a whole number. */
  readonly isWhole: boolean;
  /** Runs like this from now on; without a change, and with one whose values do not fit (false), as configured. */
  apply(running: RunningChange | undefined): boolean;
  row(): LimitRow;
}

/** A rate limit and what it decided so far. */
export interface RateGate extends Gate {
  take(key: string): RateDecision;
  peek(key: string): RateDecision;
}

export interface RateGateOptions {
  readonly clock: Clock;
  /** A class, a procedure path or `address`. */
  readonly policy: string;
  readonly scope: "address" | "principal";
  readonly limit: number;
  readonly windowMs: number;
  readonly burst: number;
  readonly algorithm: RateAlgorithm;
  /** What nobody may go below. Default: next to nothing. */
  readonly floor?: { readonly limit: number; readonly burst: number };
}

export function createRateGate(options: RateGateOptions): RateGate {
  const { clock, policy, scope, limit, windowMs, algorithm, floor } = options;
  const isGcra = algorithm === "gcra";
  const limiter = createRateLimiter({ clock, limit, windowMs, burst: options.burst, algorithm });
  const tally = createTally(clock);
  const bounds = isGcra ? toRateBounds(windowMs, floor) : slidingLogBounds;
  const settings = createSettings({
    name: `${policy}.rate`,
    configured: { limit, burst: isGcra ? options.burst : null, queueLimit: null },
    bounds,
    isWhole: !isGcra,
    set: (values) => limiter.reconfigure({ limit: values.limit, burst: values.burst ?? values.limit }),
  });
  return {
    ...settings.gate,
    take: (key) => {
      const answer = limiter.take(key);
      tally.count(answer.allowed);
      return { ...answer, policy };
    },
    peek: (key) => ({ ...limiter.peek(key), policy }),
    row: () => {
      const top = limiter.top(TOP_CALLERS);
      const { values } = settings;
      return {
        ...settings.fields(),
        kind: "rate",
        scope,
        algorithm,
        windowMs,
        usage: Math.min(1, (top[0]?.used ?? 0) / (values.burst ?? values.limit)),
        inFlight: null,
        waiting: null,
        ...tally.figures(),
        top,
      };
    },
  };
}

/** Calls per second; below one, one call per as many seconds: `0.5` is one call in two seconds. */
export function toWindow(ratePerSecond: number): { limit: number; windowMs: number } {
  return ratePerSecond >= 1
    ? { limit: ratePerSecond, windowMs: SECOND_MS }
    : { limit: 1, windowMs: SECOND_MS / ratePerSecond };
}

/** A number of slots and what was decided about them so far. */
export interface SlotGate extends Gate {
  tryAcquire(): Permit | undefined;
  acquire(signal: AbortSignal): Promise<Permit>;
}

export type LimitGate = RateGate | SlotGate;

export function createSlotGate(clock: Clock, policy: string, slots: Pick<Policy, "concurrency" | "queue">): SlotGate {
  const bulkhead = createBulkhead({ clock, limit: slots.concurrency, queueLimit: slots.queue });
  const tally = createTally(clock);
  const settings = createSettings({
    name: `${policy}.concurrency`,
    configured: { limit: slots.concurrency, burst: null, queueLimit: slots.queue },
    bounds: slotBounds,
    isWhole: true,
    set: ({ limit, queueLimit }) => bulkhead.resize({ limit, queueLimit: queueLimit ?? 0 }),
  });
  return {
    ...settings.gate,
    tryAcquire: () => {
      const permit = bulkhead.tryAcquire();
      if (permit) tally.count(true);
      return permit;
    },
    acquire: async (signal) => {
      try {
        const permit = await bulkhead.acquire(signal);
        tally.count(true);
        return permit;
      } catch (error) {
        tally.count(false);
        throw error;
      }
    },
    row: () => ({
      ...settings.fields(),
      kind: "concurrency",
      scope: "global",
      algorithm: "bulkhead",
      windowMs: null,
      // More than all of them are held for a while after there were more.
      usage: Math.min(1, bulkhead.inFlight / bulkhead.limit),
      inFlight: bulkhead.inFlight,
      waiting: bulkhead.waiting,
      ...tally.figures(),
      top: [],
    }),
  };
}

interface Settings {
  readonly gate: Omit<Gate, "row">;
  readonly values: LimitValues;
  fields(): LimitValues & Pick<LimitRow, "name" | "configured" | "bounds" | "operatorBounds" | "change">;
}

/** What is set of a limit, by whom, and what may be. */
function createSettings(
  options: Pick<Gate, "name" | "configured" | "bounds" | "isWhole"> & { set(values: LimitValues): void },
): Settings {
  const { name, configured, bounds, isWhole, set } = options;
  const operatorBounds = toOperatorBounds(configured, bounds, !isWhole);
  let values = configured;
  let change: LimitChange | null = null;
  return {
    gate: {
      name,
      configured,
      bounds,
      operatorBounds,
      isWhole,
      apply: (running) => {
        const fitting = running && isRunnable(running.values, options) ? running : undefined;
        const next = fitting?.values ?? configured;
        // A limiter looks at every caller it knows when it is set.
        if (!isSame(next, values)) set(next);
        values = next;
        change = fitting ? toChange(fitting, configured) : null;
        return fitting === running;
      },
    },
    get values() {
      return values;
    },
    fields: () => ({ name, ...values, configured, bounds, operatorBounds, change }),
  };
}

function toChange({ change, base }: RunningChange, configured: LimitValues): LimitChange {
  return { ...change, revertTo: base && (base.kept ? base.values : configured) };
}

interface Tally {
  count(isAllowed: boolean): void;
  figures(): Pick<LimitRow, "allowed" | "rejected" | "rejectedPerSecond">;
}

function createTally(clock: Clock): Tally {
  const recentlyRejected = createRecentCount(clock);
  let allowed = 0;
  let rejected = 0;
  return {
    count: (isAllowed) => {
      if (isAllowed) {
        allowed += 1;
        return;
      }
      rejected += 1;
      recentlyRejected.add();
    },
    figures: () => ({ allowed, rejected, rejectedPerSecond: recentlyRejected.perSecond() }),
  };
}
