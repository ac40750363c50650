import type { z } from "zod";
import { isWaiting, type Call, type CallLimits, type RateDecision } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { limitClasses, type LimitClass } from "../trpc/meta.ts";
import { toAddressKey } from "./address-key.ts";
import { createKeyLimit } from "./key-limit.ts";
import { createRateGate, createSlotGate, toWindow, type RateGate, type SlotGate } from "./limits.gates.ts";
import {
  addressPolicy,
  defaultPolicies,
  exactRates,
  toPolicy,
  waitingPolicy,
  type PolicyOverrides,
} from "./limits.policies.ts";
import type { LimitRow, limitsOutput, Policy } from "./limits.schema.ts";

export interface LimitsOptions {
  readonly clock: Clock;
  /** `SWITCHBOARD_LIMITS` as parsed. */
  readonly overrides: PolicyOverrides;
  /** Every procedure of the router. Read when limits are listed, not before: the router is made after the limits. */
  readonly catalog: () => readonly Call[];
}

/** Rates and slots of this process. */
export interface Limits extends CallLimits {
  /**
   * What a caller has left of a procedure's rate, without charging it. `key` as in `takePrincipal`. Raises Error for a path that
   * is no procedure.
   */
  peekPrincipal(path: string, key: string): RateDecision;
  /** The limits of all classes and procedures in the router, the address first. */
  rows(): LimitRow[];
  list(): z.output<typeof limitsOutput>;
  /** Raises 404 `LIMIT_NOT_FOUND`. */
  get(name: string): LimitRow;
}

/** Which gates a procedure goes through: its own where it has a policy of its own, otherwise its class's. */
interface Gates {
  readonly rate: RateGate;
  readonly slots: SlotGate;
}

const ADDRESS_PREFIX = "address:";

export function createLimits(options: LimitsOptions): Limits {
  const { clock, overrides, catalog } = options;
  const address = createRateGate({
    clock,
    policy: "address",
    scope: "address",
    ...toWindow(addressPolicy.ratePerSecond),
    burst: addressPolicy.burst,
    algorithm: "gcra",
  });
  const classPolicies = Object.fromEntries(
    limitClasses.map((name) => [name, toPolicy(defaultPolicies[name], overrides[name])]),
  ) as Record<LimitClass, Policy>;
  const classGates = Object.fromEntries(
    limitClasses.map((name) => [
      name,
      { rate: toRateGate(clock, name, classPolicies[name]), slots: createSlotGate(clock, name, classPolicies[name]) },
    ]),
  ) as Record<LimitClass, Gates>;
  const waitingSlots = createSlotGate(clock, "waiting", { ...defaultPolicies.read, ...waitingPolicy });
  const keyLimit = createKeyLimit(clock);
  // One entry per procedure of the router: only those reach the chain.
  const gatesByPath = new Map<string, Gates>();

  const gatesOf = (call: Call): Gates => {
    let gates = gatesByPath.get(call.path);
    if (!gates) {
      gates = toGates(call);
      gatesByPath.set(call.path, gates);
    }
    return gates;
  };

  const toGates = (call: Call): Gates => {
    const { path } = call;
    const limitClass = call.meta.limit;
    const shared = classGates[limitClass];
    const override = overrides[path];
    const policy = toPolicy(classPolicies[limitClass], override);
    const hasOwnRate = override?.ratePerSecond !== undefined || override?.burst !== undefined;
    const hasOwnSlots = override?.concurrency !== undefined || override?.queue !== undefined;
    const exact = exactRates[path];
    return {
      rate: hasOwnRate
        ? toRateGate(clock, path, policy)
        : exact
          ? createRateGate({
              clock,
              policy: path,
              scope: "principal",
              ...exact,
              burst: exact.limit,
              algorithm: "sliding-log",
            })
          : shared.rate,
      slots: hasOwnSlots ? createSlotGate(clock, path, policy) : isWaiting(call) ? waitingSlots : shared.slots,
    };
  };

  const rows = (): LimitRow[] => {
    const calls = catalog();
    const used = new Set(calls.map((call) => call.meta.limit));
    // A set: procedures share the gates of their class, and each gate has one row.
    const gates = new Set<RateGate | SlotGate>([address]);
    for (const name of limitClasses) {
      if (used.has(name)) gates.add(classGates[name].rate).add(classGates[name].slots);
    }
    for (const call of calls) gates.add(gatesOf(call).rate).add(gatesOf(call).slots);
    return [...gates].map((gate) => gate.row());
  };

  return {
    takeAddress: (callerAddress) => address.take(toAddressKey(callerAddress)),
    takePrincipal: (call, key) => gatesOf(call).rate.take(toCallerKey(key)),
    takeKey: keyLimit.take,
    peekPrincipal: (path, key) => {
      const gates =
        gatesByPath.get(path) ??
        catalog()
          .filter((call) => call.path === path)
          .map(gatesOf)[0];
      if (!gates) throw new Error(`${path} is no procedure.`);
      return gates.rate.peek(toCallerKey(key));
    },
    tryAcquire: (call) => gatesOf(call).slots.tryAcquire(),
    acquire: (call, signal) => gatesOf(call).slots.acquire(signal),
    rows,
    list: () => ({ items: rows(), asOf: clock.now().toISOString() }),
    get: (name) => {
      const row = rows().find((candidate) => candidate.name === name);
      if (row) return row;
      throw new AppError({ kind: "NOT_FOUND", code: "LIMIT_NOT_FOUND", publicMessage: `There is no limit ${name}.` });
    },
  };
}

function toRateGate(clock: Clock, name: string, policy: Policy): RateGate {
  return createRateGate({
    clock,
    policy: name,
    scope: "principal",
    ...toWindow(policy.ratePerSecond),
    burst: policy.burst,
    algorithm: "gcra",
  });
}

function toCallerKey(key: string): string {
  return key.startsWith(ADDRESS_PREFIX) ? ADDRESS_PREFIX + toAddressKey(key.slice(ADDRESS_PREFIX.length)) : key;
}
