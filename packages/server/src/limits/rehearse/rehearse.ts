import type { Clock } from "../../platform/clock.ts";
import { parseCaller, toCaller, toLimiterKey } from "../caller.ts";
import { isWithin } from "../limits.bounds.ts";
import { limitField, limitOutOfBounds } from "../limits.errors.ts";
import type { RateGate } from "../limits.gates.ts";
import type { LimitRegistry } from "../limits.registry.ts";
import type { LimitValues } from "../limits.schema.ts";
import type { LimitRehearsal, LimitRehearsalOutcome } from "./rehearse.schema.ts";
import { replay } from "./replay.ts";
import type { TrialRate } from "./trial.ts";

export interface RehearseDeps {
  readonly clock: Clock;
  readonly registry: Pick<LimitRegistry, "findRate">;
  readonly describeCallers: (callers: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** As `limits.rehearse` says. Replays in one go, a few milliseconds at most, and asks for the names of five callers. */
export async function rehearse(
  { clock, registry, describeCallers }: RehearseDeps,
  { name, values, caller, windowMs }: LimitRehearsal,
): Promise<LimitRehearsalOutcome> {
  const gate = registry.findRate(name);
  const only = caller === undefined ? undefined : toLimiterKey(parseCaller(caller, gate.scope), gate.scope);
  const present = (only === undefined ? undefined : gate.findOverride(only)?.values) ?? gate.values();
  const asked = merge(gate, present, values);
  const nowMs = clock.monotonicMs();
  const to = clock.now();
  const recorded = gate.arrivals.read(nowMs, windowMs);
  const { refusedMost, ...figures } = replay(recorded, {
    algorithm: gate.algorithm,
    now: toRate(gate, present),
    asked: toRate(gate, asked),
    own: new Map(gate.overrides().map((own) => [toLimiterKey(own.caller, gate.scope), toRate(gate, own.values)])),
    only,
  });
  const fared = refusedMost.map(({ key, ...counts }) => ({ caller: toCaller(key, gate.scope), ...counts }));
  const labels = await describeCallers(fared.map((one) => one.caller));
  return {
    name,
    from: new Date(to.getTime() - (nowMs - recorded.fromMs)).toISOString(),
    to: to.toISOString(),
    isWhole: recorded.isWhole,
    ...figures,
    refusedMost: fared.map((one) => ({ ...one, label: labels.get(one.caller) ?? null })),
  };
}

function toRate({ windowMs }: RateGate, { limit, burst }: LimitValues): TrialRate {
  return { limit, windowMs, burst: burst ?? limit };
}

/** Within what an admin may set, whoever asks: it changes nothing. */
function merge(gate: RateGate, present: LimitValues, asked: LimitRehearsal["values"]): LimitValues {
  const values = { ...present };
  for (const field of ["limit", "burst"] as const) {
    const value = asked[field];
    if (value === undefined) continue;
    const bound = gate.bounds[field];
    if (!bound) throw limitField(gate.name, field);
    const isWhole = gate.isWhole || field === "burst";
    if (!isWithin(value, bound) || (isWhole && !Number.isInteger(value))) throw limitOutOfBounds(field, bound, isWhole);
    values[field] = value;
  }
  return values;
}
