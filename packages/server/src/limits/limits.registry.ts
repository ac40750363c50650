import { isWaiting, type Call, type CallLimits, type RateDecision } from "../middleware/chain.ts";
import type { Clock } from "../platform/clock.ts";
import { limitClasses, type LimitClass } from "../trpc/meta.ts";
import { toAddressKey } from "./address-key.ts";
import { createKeyLimit } from "./key-limit.ts";
import { limitNotARate, limitNotFound } from "./limits.errors.ts";
import {
  createRateGate,
  createSlotGate,
  toWindow,
  type LimitGate,
  type RateGate,
  type RunningChange,
  type SlotGate,
} from "./limits.gates.ts";
import {
  addressFloor,
  addressPolicy,
  defaultPolicies,
  exactRates,
  toPolicy,
  waitingPolicy,
  type PolicyOverrides,
} from "./limits.policies.ts";
import type { Policy } from "./limits.schema.ts";
import type { RunningOverride } from "./overrides/own-rates.ts";

export interface LimitRegistryOptions {
  readonly clock: Clock;
  /** `SWITCHBOARD_LIMITS` as parsed. */
  readonly overrides: PolicyOverrides;
  /** Every procedure of the router. Read when limits are listed, not before: the router is made after the limits. */
  readonly catalog: () => readonly Call[];
}

/** Rates and slots of this process. */
export interface LimitRegistry extends CallLimits {
  /**
   * What a caller has left of a procedure's rate, without charging it. `key` as in `takePrincipal`. Raises Error for a path that
   * is no procedure.
   */
  peekPrincipal(path: string, key: string): RateDecision;
  /** Of all classes and procedures in the router, the address first. */
  gates(): LimitGate[];
  /** Raises 404 `LIMIT_NOT_FOUND`. */
  find(name: string): LimitGate;
  /** Raises 404 `LIMIT_NOT_FOUND`, and 400 `LIMIT_NOT_A_RATE` for slots. */
  findRate(name: string): RateGate;
  /** Runs these changes by name, and every other limit as configured. Answers the names of those that no limit can run. */
  apply(changes: ReadonlyMap<string, RunningChange>): string[];
  /** Gives these callers, by the limit, an allowance of their own, and takes it from all others. Answers what no limit can run. */
  applyOverrides(overrides: OverridesByName): { readonly name: string; readonly override: RunningOverride }[];
}

export type OverridesByName = ReadonlyMap<string, readonly RunningOverride[]>;

/** Which gates a procedure goes through: its own where it has a policy of its own, otherwise its class's. */
interface Gates {
  readonly rate: RateGate;
  readonly slots: SlotGate;
}

const ADDRESS_PREFIX = "address:";

export function createLimitRegistry(options: LimitRegistryOptions): LimitRegistry {
  const { clock, overrides, catalog } = options;
  const address = createRateGate({
    clock,
    policy: "address",
    scope: "address",
    ...toWindow(addressPolicy.ratePerSecond),
    burst: addressPolicy.burst,
    algorithm: "gcra",
    floor: addressFloor,
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
  let running: ReadonlyMap<string, RunningChange> = new Map();
  let runningOverrides: OverridesByName = new Map();

  const gatesOf = (call: Call): Gates => {
    let gates = gatesByPath.get(call.path);
    if (!gates) {
      gates = toGates(call);
      // A class's are set again, which changes nothing.
      for (const gate of [gates.rate, gates.slots]) gate.apply(running.get(gate.name));
      gates.rate.runOverrides(runningOverrides.get(gates.rate.name) ?? []);
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

  const gates = (): LimitGate[] => {
    const calls = catalog();
    const used = new Set(calls.map((call) => call.meta.limit));
    // A set: procedures share the gates of their class, and each gate has one row.
    const all = new Set<LimitGate>([address]);
    for (const name of limitClasses) {
      if (used.has(name)) all.add(classGates[name].rate).add(classGates[name].slots);
    }
    for (const call of calls) all.add(gatesOf(call).rate).add(gatesOf(call).slots);
    return [...all];
  };

  const find = (name: string): LimitGate => {
    const gate = gates().find((candidate) => candidate.name === name);
    if (!gate) throw limitNotFound(name);
    return gate;
  };

  return {
    takeAddress: (callerAddress) => address.take(toAddressKey(callerAddress)),
    takePrincipal: (call, key) => gatesOf(call).rate.take(toCallerKey(key)),
    takeKey: keyLimit.take,
    peekPrincipal: (path, key) => {
      const found =
        gatesByPath.get(path) ??
        catalog()
          .filter((call) => call.path === path)
          .map(gatesOf)[0];
      if (!found) throw new Error(`${path} is no procedure.`);
      return found.rate.peek(toCallerKey(key));
    },
    tryAcquire: (call) => gatesOf(call).slots.tryAcquire(),
    acquire: (call, signal) => gatesOf(call).slots.acquire(signal),
    gates,
    apply: (changes) => {
      running = changes;
      const ran = gates().flatMap((gate) => (gate.apply(changes.get(gate.name)) ? [gate.name] : []));
      return [...changes.keys()].filter((name) => !ran.includes(name));
    },
    applyOverrides: (byName) => {
      runningOverrides = byName;
      const rates = new Map(gates().flatMap((gate) => (gate.kind === "rate" ? [[gate.name, gate]] : [])));
      for (const [name, rate] of rates) if (!byName.has(name)) rate.runOverrides([]);
      return [...byName].flatMap(([name, ofLimit]) => {
        const unfit = rates.get(name)?.runOverrides(ofLimit) ?? ofLimit;
        return unfit.map((override) => ({ name, override }));
      });
    },
    find,
    findRate: (name) => {
      const gate = find(name);
      if (gate.kind !== "rate") throw limitNotARate(name);
      return gate;
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
