import type { Outputs } from "../../../lib/trpc.ts";
import { type Limit, type LimitValues, valuesOf } from "../limit.ts";

export type Override = Outputs["limits"]["get"]["overrides"][number];
export type Refused = Outputs["limits"]["blocked"]["items"][number];

/** Whom an allowance of its own is for; without a caller, whoever is typed. */
export interface OverrideTarget {
  readonly caller?: string;
  readonly label: string | null;
  /** What it has of its own already. */
  readonly override?: Override;
}

/** How long it holds, in milliseconds; null until somebody removes it; `same` as long as it would have anyway. */
export type OverrideDuration = number | null | "same";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;

export function durationsOf(override: Override | undefined): OverrideDuration[] {
  const choices = [HOUR_MS, DAY_MS, 7 * DAY_MS, null];
  return override?.until ? ["same", ...choices] : choices;
}

/** What is proposed: an hour for a new one, no other end for one that is there. */
export function defaultDuration(override: Override | undefined): OverrideDuration {
  if (!override) return HOUR_MS;
  return override.until === null ? null : "same";
}

/** As the server takes it: what is left of the time, and no less than it allows. */
export function toForMs(duration: OverrideDuration, until: string | null, nowMs: number): number | null {
  if (duration !== "same") return duration;
  return until === null ? null : Math.max(MINUTE_MS, Date.parse(until) - nowMs);
}

const ADDRESS = /^[\d.]+$|^[\da-f:.]*:[\da-f:./]*$/i;
const CALLER = /^(user|key|address):[\w.:/-]+$/;

/** As the server knows a caller: an address may be typed as it is. */
export function toCaller(typed: string): string {
  const text = typed.trim();
  return ADDRESS.test(text) && !CALLER.test(text) ? `address:${text}` : text;
}

/** Whether it is worth asking the server about. */
export function isCaller(caller: string): boolean {
  return CALLER.test(caller);
}

/** The limit as a caller has it: its own values where it has some. */
export function asCallerHas(limit: Limit, override: Override | undefined): Limit {
  return override ? { ...limit, limit: override.limit, burst: override.burst } : limit;
}

export function overrideValues(limit: Limit, { limit: calls, burst }: Override): LimitValues {
  return { ...valuesOf(limit), limit: calls, burst };
}
