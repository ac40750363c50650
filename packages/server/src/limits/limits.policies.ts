import type { z } from "zod";
import type { LimitClass } from "../trpc/meta.ts";
import type { Policy, policyOverrides } from "./limits.schema.ts";

/** `SWITCHBOARD_LIMITS` as parsed: a class or a procedure path to what differs from its default. */
export type PolicyOverrides = z.output<typeof policyOverrides>;

/**
 * Per class. Rates are per caller, slots are of the whole process. Generous for people and scripts that behave; one caller
 * cannot take the server from the others.
 */
export const defaultPolicies: Readonly<Record<LimitClass, Policy>> = {
  public: { ratePerSecond: 50, burst: 100, concurrency: 32, queue: 128 },
  read: { ratePerSecond: 1000, burst: 200, concurrency: 64, queue: 256 },
  write: { ratePerSecond: 200, burst: 200, concurrency: 32, queue: 128 },
  bulk: { ratePerSecond: 5, burst: 20, concurrency: 4, queue: 32 },
  // Passwords are hashed here, which takes a core for tens of milliseconds.
  auth: { ratePerSecond: 5, burst: 20, concurrency: 8, queue: 64 },
  lab: { ratePerSecond: 500, burst: 1000, concurrency: 64, queue: 512 },
};

/** Per address, before anybody knows who calls. Each call of a batch counts. */
export const addressPolicy = { ratePerSecond: 2000, burst: 4000 } as const;

/** What an address keeps at run time, whoever sets it: enough to open the dashboard and set it right again. */
export const addressFloor = { limit: 20, burst: 100 } as const;

/** Slots of the process for subscriptions and long polls: many, since a waiting call costs little, and nobody queues to wait. */
export const waitingPolicy = { concurrency: 1000, queue: 0 } as const;

/** A rate of its own for one procedure, exact over any window: at most `limit` calls in `windowMs`. */
interface ExactRate {
  readonly limit: number;
  readonly windowMs: number;
}

export const exactRates: Readonly<Record<string, ExactRate>> = {
  "lab.rateLimited": { limit: 50, windowMs: 10_000 },
};

/** Defined values of an override over the defaults: JSON cannot say `undefined`, but its type can. */
export function toPolicy(fallback: Policy, override: PolicyOverrides[string] | undefined): Policy {
  return {
    ratePerSecond: override?.ratePerSecond ?? fallback.ratePerSecond,
    burst: override?.burst ?? fallback.burst,
    concurrency: override?.concurrency ?? fallback.concurrency,
    queue: override?.queue ?? fallback.queue,
  };
}
