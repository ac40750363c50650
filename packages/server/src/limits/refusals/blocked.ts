import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { parseCursor, toCursor } from "../../trpc/wire.ts";
import { toCaller } from "../caller.ts";
import type { LimitGate, RateGate } from "../limits.gates.ts";
import type { LimitRegistry } from "../limits.registry.ts";
import type { RefusedCaller } from "./refusals.ts";
import type { LimitBlockedItem, limitBlockedPage, LimitBlockedQuery } from "./refusals.schema.ts";

export interface BlockedDeps {
  readonly clock: Clock;
  readonly registry: Pick<LimitRegistry, "gates" | "find">;
  readonly describeCallers: (callers: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** Place in the list: the last refusal, the limit, the caller. */
type Place = readonly [lastMs: number, name: string, caller: string];

interface Found {
  readonly gate: RateGate;
  readonly refused: RefusedCaller;
  readonly place: Place;
}

const CURSOR = "limits.blocked";
const placeSchema = z.tuple([z.number(), z.string(), z.string()]);

/** As `limits.blocked` says, of this process. */
export async function listBlocked(
  { clock, registry, describeCallers }: BlockedDeps,
  { name, cursor, limit }: LimitBlockedQuery,
): Promise<z.output<typeof limitBlockedPage>> {
  const after = cursor === undefined ? undefined : parseCursor(CURSOR, cursor, placeSchema);
  const asOf = clock.now().toISOString();
  const found = (name === undefined ? registry.gates() : [registry.find(name)])
    .flatMap(findRefused)
    .filter(({ place }) => after === undefined || compare(after, place) < 0)
    .toSorted((one, other) => compare(one.place, other.place));
  const page = found.slice(0, limit);
  // Before names are asked for, which takes a while: all of the page is of one moment.
  const items = page.map(toItem);
  const last = page.at(-1);
  const labels = await describeCallers([...new Set(items.map(({ caller }) => caller))]);
  return {
    items: items.map((item) => ({ ...item, label: labels.get(item.caller) ?? null })),
    nextCursor: found.length > limit && last ? toCursor(CURSOR, last.place) : null,
    asOf,
  };
}

function findRefused(gate: LimitGate): Found[] {
  if (gate.kind !== "rate") return [];
  return gate.refusals
    .read()
    .map((refused) => ({ gate, refused, place: [refused.lastMs, gate.name, toCaller(refused.key, gate.scope)] }));
}

function toItem({ gate, refused, place: [lastMs, name, caller] }: Found): LimitBlockedItem {
  return {
    name,
    caller,
    label: null,
    refused: refused.refused(),
    refusedPerSecond: refused.refusedPerSecond(),
    lastAt: new Date(lastMs).toISOString(),
    retryAfterMs: gate.peek(refused.key).retryAfterMs,
    hasOverride: gate.findOverride(refused.key) !== undefined,
  };
}

/** Last refused first; of the same millisecond by limit and caller. */
function compare([lastMs, name, caller]: Place, [otherMs, otherName, otherCaller]: Place): number {
  if (lastMs !== otherMs) return otherMs - lastMs;
  if (name !== otherName) return name < otherName ? -1 : 1;
  if (caller !== otherCaller) return caller < otherCaller ? -1 : 1;
  return 0;
}
