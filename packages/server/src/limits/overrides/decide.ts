import type { Role } from "../../trpc/roles.ts";
import type { StoredChange } from "../changes/changes.store.ts";
import { merge, requireAllowed, toKept, toRunningValues, type LimitOf } from "../changes/decide.ts";
import type { LimitValues } from "../limits.schema.ts";
import type { LimitOverrideSet } from "./overrides.schema.ts";
import type { StoredOverride } from "./overrides.store.ts";

/** What a caller has now. */
export interface Present {
  readonly limit: LimitOf;
  readonly change: StoredChange | undefined;
  /** Of the caller's own, and not yet over. */
  readonly override: StoredOverride | undefined;
}

/** What a caller may call now: its own allowance, or that of all. */
export function toCallerValues({ limit, change, override }: Present): LimitValues {
  return override?.values ?? toRunningValues(limit, change);
}

/** What is asked for, as the rules of `limits.update` allow it: they are of the limit, whoever calls. */
export function decideOverride(present: Present, asked: LimitOverrideSet["values"], role: Role): LimitValues {
  const values = merge(present.limit, toCallerValues(present), asked);
  requireOverride(present, values, role);
  return values;
}

/**
 * Raises what `limits.override.set` names. What the caller has for good needs no right; what somebody gave it for a time does, or an
 * operator could make it last.
 */
export function requireOverride({ limit, change, override }: Present, values: LimitValues, role: Role): void {
  const isKept = override !== undefined && override.until === null;
  requireAllowed(limit, values, isKept ? override.values : toKept(limit, change).values, role);
}
