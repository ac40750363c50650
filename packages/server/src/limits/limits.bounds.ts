import type { Bound, LimitBounds, LimitField, LimitValues } from "./limits.schema.ts";

export const limitFields = ["limit", "burst", "queueLimit"] as const satisfies readonly LimitField[];

const PER_SECOND_MAX = 1_000_000;
const SECOND_MS = 1000;
const RATE_MIN = 0.1;
const SLIDING_LOG_MAX = 200;

export const slotBounds: LimitBounds = {
  limit: { min: 1, max: 100_000 },
  burst: null,
  queueLimit: { min: 0, max: 1_000_000 },
};

export const slidingLogBounds: LimitBounds = { limit: { min: 1, max: SLIDING_LOG_MAX }, burst: null, queueLimit: null };

/** `floor`: below it nobody could open the dashboard to set it right again. */
export function toRateBounds(windowMs: number, floor = { limit: RATE_MIN, burst: 1 }): LimitBounds {
  return {
    limit: { min: floor.limit, max: (PER_SECOND_MAX * windowMs) / SECOND_MS },
    burst: { min: floor.burst, max: PER_SECOND_MAX },
    queueLimit: null,
  };
}

const DOWN_TO = 0.5;
const UP_TO = 5;

/** Half to five times what is configured. `hasFractions`: a rate, of which small ones keep one decimal. */
export function toOperatorBounds(configured: LimitValues, bounds: LimitBounds, hasFractions: boolean): LimitBounds {
  const narrow = (value: number, bound: Bound, isRate: boolean): Bound => ({
    min: clamp(round(value * DOWN_TO, isRate), bound),
    max: clamp(round(value * UP_TO, isRate), bound),
  });
  const { limit, burst, queueLimit } = configured;
  return {
    limit: narrow(limit, bounds.limit, hasFractions),
    burst: burst !== null && bounds.burst ? narrow(burst, bounds.burst, false) : null,
    queueLimit: queueLimit !== null && bounds.queueLimit ? narrow(queueLimit, bounds.queueLimit, false) : null,
  };
}

const FRACTIONS_BELOW = 10;

function round(value: number, isRate: boolean): number {
  return isRate && value < FRACTIONS_BELOW ? Math.round(value * 10) / 10 : Math.round(value);
}

function clamp(value: number, { min, max }: Bound): number {
  return Math.min(max, Math.max(min, value));
}

export function isWithin(value: number, { min, max }: Bound): boolean {
  return value >= min && value <= max;
}

export function isSame(one: LimitValues, other: LimitValues): boolean {
  return limitFields.every((field) => one[field] === other[field]);
}

/** Whether a limit can run like that: rows may be of another release, or of another configuration. */
export function isRunnable(
  values: LimitValues,
  limit: { readonly configured: LimitValues; readonly bounds: LimitBounds; readonly isWhole: boolean },
): boolean {
  return limitFields.every((field) => {
    const value = values[field];
    const bound = limit.bounds[field];
    if (value === limit.configured[field]) return true;
    if (value === null || bound === null) return false;
    return isWithin(value, bound) && (Number.isInteger(value) || (field === "limit" && !limit.isWhole));
  });
}
