import { rankOf, type Role } from "../../trpc/roles.ts";
import { isSame, isWithin, limitFields } from "../limits.bounds.ts";
import { limitNeedsAdmin, limitField, limitNotTemporary, limitOutOfBounds } from "../limits.errors.ts";
import type { LimitGate } from "../limits.gates.ts";
import type { LimitCause, LimitUpdate, LimitValues } from "../limits.schema.ts";
import { isDue, type Keeper, type LimitBase, type StoredChange } from "./changes.store.ts";

/** What is to become of a limit. */
export interface Decision {
  readonly cause: LimitCause;
  readonly values: LimitValues;
  /** How long; null keeps it. */
  readonly forMs: number | null;
  /** What it goes back to after that; null when it is kept. */
  readonly base: LimitBase | null;
  /** Under whose name it runs: of the caller, of whoever had kept it before, or of nobody when it runs as configured. */
  readonly keeper: "caller" | Keeper | null;
}

/** What the rules need of a limit. */
export type LimitOf = Pick<LimitGate, "name" | "configured" | "bounds" | "operatorBounds" | "isWhole">;

/** What is asked for, as the rules allow it. Undefined when the limit is that already. Raises what `limits.update` names. */
export function decideUpdate(
  limit: LimitOf,
  present: StoredChange | undefined,
  update: LimitUpdate,
  role: Role,
): Decision | undefined {
  const kept = toKept(limit, present);
  if (update.restore === "configured") {
    return present && toRestored("restore", { values: limit.configured, kept: null });
  }
  if (update.restore === "previous") {
    if (!present?.base) throw limitNotTemporary(limit.name);
    return toRestored("restore", kept);
  }
  if (!update.values && !present?.base) throw limitNotTemporary(limit.name);
  const values = merge(limit, present?.values ?? limit.configured, update.values ?? {});
  requireAllowed(limit, values, kept.values, role);
  return toDecision(limit, update.values ? "update" : "keep", values, kept, update.forMs ?? null);
}

/** A state of a limit as the audit log has it. */
export interface PutBack {
  readonly values: LimitValues;
  /** Milliseconds until it goes back, 0 or less when it would have by now; null when it was kept. */
  readonly forMs: number | null;
  readonly revertTo: LimitValues | null;
  /** Whoever puts it back, and when: the keeper of what it goes back to, if nobody is known to have kept that. */
  readonly by: Keeper;
}

/** By the same rules: who may not set it may not put it back either, but for what is kept anyway. */
export function decidePutBack(limit: LimitOf, present: StoredChange | undefined, noted: PutBack, role: Role): Decision {
  const { values, forMs, revertTo, by } = noted;
  const kept = toKept(limit, present);
  requireAllowed(limit, values, kept.values, role);
  if (forMs === null) {
    return isSame(values, kept.values) ? toRestored("undo", kept) : toDecision(limit, "undo", values, kept, null);
  }
  let base = kept;
  if (revertTo && !isSame(revertTo, kept.values)) {
    requireAllowed(limit, revertTo, kept.values, role);
    base = { values: revertTo, kept: isSame(revertTo, limit.configured) ? null : by };
  }
  return forMs > 0 ? toDecision(limit, "undo", values, base, forMs) : toRestored("undo", base);
}

/** What was kept last: what a change for a time goes back to. */
export function toKept(limit: LimitOf, present: StoredChange | undefined): LimitBase {
  if (!present) return { values: limit.configured, kept: null };
  const { values, by, at, reason, base } = present;
  if (!base) return { values, kept: { by, at, reason } };
  return base.kept ? base : { values: limit.configured, kept: null };
}

/** How a limit runs, by the database's clock. */
export function toRunningValues(limit: LimitOf, present: StoredChange | undefined): LimitValues {
  return !present || (present.base && isDue(present)) ? toKept(limit, present).values : present.values;
}

function toRestored(cause: LimitCause, { values, kept }: LimitBase): Decision {
  return { cause, values, forMs: null, base: null, keeper: kept };
}

function toDecision(
  limit: LimitOf,
  cause: LimitCause,
  values: LimitValues,
  base: LimitBase,
  forMs: number | null,
): Decision {
  if (forMs !== null) return { cause, values, forMs, base, keeper: "caller" };
  const keeper = isSame(values, limit.configured) ? null : "caller";
  return { cause, values, forMs: null, base: null, keeper };
}

/** Raises 400 `LIMIT_FIELD` for a value that the limit has not. */
export function merge(limit: LimitOf, present: LimitValues, changed: NonNullable<LimitUpdate["values"]>): LimitValues {
  const values = { ...present };
  for (const field of limitFields) {
    const value = changed[field];
    if (value === undefined) continue;
    if (limit.configured[field] === null) throw limitField(limit.name, field);
    Object.assign(values, { [field]: value });
  }
  return values;
}

/** What is kept already needs no right: a time that somebody sets may end there. */
export function requireAllowed(limit: LimitOf, values: LimitValues, kept: LimitValues, role: Role): void {
  const isOperator = rankOf(role) < rankOf("admin");
  for (const field of limitFields) {
    const value = values[field];
    if ((value === null) !== (limit.configured[field] === null)) throw limitField(limit.name, field);
    const bound = limit.bounds[field];
    const operatorBound = limit.operatorBounds[field];
    if (value === null || value === kept[field] || !bound || !operatorBound) continue;
    const isWhole = limit.isWhole || field !== "limit";
    if (!isWithin(value, bound) || (isWhole && !Number.isInteger(value))) throw limitOutOfBounds(field, bound, isWhole);
    if (isOperator && !isWithin(value, operatorBound)) throw limitNeedsAdmin(field, operatorBound);
  }
}
