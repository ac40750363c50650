import type { Outputs } from "../../lib/trpc.ts";
import type { Sort } from "../../ui/table/column.ts";
import type { LimitsSearch } from "./limits.search.ts";

export type Limit = Outputs["limits"]["list"]["items"][number];

/** What can be changed of a limit; null where its kind has no such value. */
export type LimitValues = Limit["configured"];
export const limitFields = ["limit", "burst", "queueLimit"] as const;
export type LimitField = (typeof limitFields)[number];

/** Classes that have a name in words; any other policy is that of one procedure. */
const limitClasses = ["public", "read", "write", "bulk", "auth", "lab"] as const;
type LimitClass = (typeof limitClasses)[number];

/** `read` of `read.rate`: the class or procedure it is for. */
export function policyOf({ name, kind }: Limit): string {
  return name.slice(0, -kind.length - 1);
}

export function classOf(limit: Limit): LimitClass | undefined {
  const policy = policyOf(limit);
  return limitClasses.find((each) => each === policy);
}

/** What a caller may use up before it is refused: the figure that `usage` is a share of. */
export function capacityOf({ limit, burst }: Limit): number {
  return burst ?? limit;
}

/** The busiest of those who have no allowance of their own: whom a change of the limit meets. */
export function busiestOf(limit: Limit): Limit["top"][number] | undefined {
  return limit.top.find(({ of }) => of === capacityOf(limit));
}

export function isLimiting({ rejectedPerSecond }: Limit): boolean {
  return rejectedPerSecond > 0;
}

/** From four fifths on it is close to refusing. */
export function toneOf({ usage }: Limit): "default" | "warn" | "bad" {
  if (usage >= 1) return "bad";
  return usage >= 0.8 ? "warn" : "default";
}

export function rejectedShare({ allowed, rejected }: Limit): number | null {
  return allowed + rejected === 0 ? null : rejected / (allowed + rejected);
}

export function valuesOf({ limit, burst, queueLimit }: Limit): LimitValues {
  return { limit, burst, queueLimit };
}

/** Undefined for a limit that runs as configured. */
export function changeKindOf({ change }: Limit): "temporary" | "kept" | undefined {
  if (!change) return undefined;
  return change.revertAt === null ? "kept" : "temporary";
}

/** The fields in which two states of a limit differ, in the order they are shown. */
export function differingFields(from: LimitValues, to: LimitValues): LimitField[] {
  return limitFields.filter((field) => from[field] !== to[field]);
}

export function isInView(limit: Limit, { tab, q }: LimitsSearch): boolean {
  const isOfTab = tab === undefined || (tab === "limiting" ? isLimiting(limit) : limit.kind === tab);
  return isOfTab && (q === undefined || limit.name.toLowerCase().includes(q.toLowerCase()));
}

export function compareLimits({ columnId, direction }: Sort): (a: Limit, b: Limit) => number {
  const sign = direction === "desc" ? -1 : 1;
  const figureOf = (limit: Limit): number => {
    switch (columnId) {
      case "use":
        return limit.usage;
      case "allowed":
        return limit.allowed;
      case "rejected":
        return limit.rejected;
      default:
        return limit.rejectedPerSecond;
    }
  };
  return columnId === "name"
    ? (a, b) => sign * (a.name < b.name ? -1 : 1)
    : (a, b) => sign * (figureOf(a) - figureOf(b));
}
