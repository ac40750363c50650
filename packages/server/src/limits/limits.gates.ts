import type { Permit, RateDecision } from "../middleware/chain.ts";
import { createBulkhead } from "../platform/bulkhead.ts";
import type { Clock } from "../platform/clock.ts";
import { createRateLimiter, type RateAlgorithm } from "../platform/rate-limiter.ts";
import { createRecentCount } from "../platform/recent-count.ts";
import { isRunnable, isSame, slidingLogBounds, slotBounds, toOperatorBounds, toRateBounds } from "./limits.bounds.ts";
import type { LimitBase } from "./changes/changes.store.ts";
import { createOwnRates, type OwnRates, type RunningOverride } from "./overrides/own-rates.ts";
import type { CallerScope } from "./caller.ts";
import type { LimitBounds, LimitChange, LimitRow, LimitValues, Policy } from "./limits.schema.ts";
import { createRefusals, type Refusals } from "./refusals/refusals.ts";
import { createArrivals, type Arrivals } from "./rehearse/arrivals.ts";

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
  /** How it runs. */
  values(): LimitValues;
  row(): LimitRow;
}

/** A rate limit and what it decided so far. */
export interface RateGate extends Gate {
  readonly kind: "rate";
  readonly scope: CallerScope;
  readonly algorithm: RateAlgorithm;
  readonly windowMs: number;
  /** Who was refused lately, by the key of its allowance. */
  readonly refusals: Pick<Refusals, "read">;
  /** Which calls came lately, by the same key. */
  readonly arrivals: Pick<Arrivals, "read">;
  take(key: string): RateDecision;
  peek(key: string): RateDecision;
  /** Callers with an allowance of their own, the newest first. */
  overrides(): readonly RunningOverride[];
  /** `key` as in `take`. */
  findOverride(key: string): RunningOverride | undefined;
  /** From now on these and no others. Answers those whose values do not fit, which it leaves out. */
  runOverrides(overrides: readonly RunningOverride[]): RunningOverride[];
}

export interface RateGateOptions extends Pick<RateGate, "scope" | "algorithm" | "windowMs"> {
  readonly clock: Clock;
  /** A class, a procedure path or `address`. */
  readonly policy: string;
  readonly limit: number;
  readonly burst: number;
  /** What nobody may go below. Default: next to nothing. */
  readonly floor?: { readonly limit: number; readonly burst: number };
}

export function createRateGate(options: RateGateOptions): RateGate {
  const { clock, policy, scope, limit, windowMs, algorithm, floor } = options;
  const isGcra = algorithm === "gcra";
  const limiter = createRateLimiter({ clock, limit, windowMs, burst: options.burst, algorithm });
  const own = createOwnRates({ clock, scope, windowMs, algorithm, shared: limiter });
  const tally = createTally(clock);
  const refusals = createRefusals({ clock });
  const arrivals = createArrivals({ startMs: clock.monotonicMs() });
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
    kind: "rate",
    scope,
    algorithm,
    windowMs,
    refusals,
    arrivals,
    take: (key) => {
      const answer = own.limiterOf(key).take(key);
      tally.count(answer.allowed);
      arrivals.record(key, answer.atMs);
      if (!answer.allowed) refusals.record(key, answer.atMs);
      return { ...answer, policy };
    },
    peek: (key) => ({ ...own.limiterOf(key).peek(key), policy }),
    overrides: own.list,
    findOverride: own.find,
    runOverrides: (overrides) => {
      const fitting = overrides.filter(({ values }) => settings.fits(values));
      own.run(fitting);
      return overrides.filter((override) => !fitting.includes(override));
    },
    row: () => {
      return {
        ...settings.fields(),
        kind: "rate",
        scope,
        algorithm,
        windowMs,
        ...toUse(limiter.top(TOP_CALLERS), settings.gate.values(), own),
        inFlight: null,
        waiting: null,
        ...tally.figures(),
        overrideCount: own.list().length,
      };
    },
  };
}

/** Closest to its limit first, where the limit of each is what it may have itself. */
function toUse(
  shared: readonly { key: string; used: number }[],
  values: LimitValues,
  own: OwnRates,
): Pick<LimitRow, "usage" | "top"> {
  const capacity = values.burst ?? values.limit;
  const top = [...shared.map((caller) => ({ ...caller, of: capacity })), ...own.used()]
    .sort((a, b) => b.used / b.of - a.used / a.of)
    .slice(0, TOP_CALLERS);
  return { usage: Math.min(1, top[0] ? top[0].used / top[0].of : 0), top };
}

/** Calls per second; below one, one call per as many seconds: `0.5` is one call in two seconds. */
export function toWindow(ratePerSecond: number): { limit: number; windowMs: number } {
  return ratePerSecond >= 1
    ? { limit: ratePerSecond, windowMs: SECOND_MS }
    : { limit: 1, windowMs: SECOND_MS / ratePerSecond };
}

/** A number of slots and what was decided about them so far. */
export interface SlotGate extends Gate {
  readonly kind: "concurrency";
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
    kind: "concurrency",
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
      overrideCount: 0,
    }),
  };
}

interface Settings {
  readonly gate: Omit<Gate, "row">;
  /** Whether it can run like that. */
  fits(values: LimitValues): boolean;
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
      values: () => values,
    },
    fits: (other) => isRunnable(other, options),
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
