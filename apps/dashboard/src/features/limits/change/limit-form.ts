import type { Role } from "../../../lib/session.tsx";
import type { Inputs } from "../../../lib/trpc.ts";
import {
  busiestOf,
  changeKindOf,
  type Limit,
  type LimitField,
  limitFields,
  type LimitValues,
  valuesOf,
} from "../limit.ts";

type UpdateInput = Inputs["limits"]["update"];

/** As typed. Only the fields that the limit has. */
export type LimitForm = Readonly<Partial<Record<LimitField, string>>>;
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** How long a change holds, in milliseconds; null until somebody changes it. */
export const durations = [300_000, 900_000, 3_600_000, null] as const;
export type Duration = (typeof durations)[number];

export function fieldsOf(limit: Limit): LimitField[] {
  return limitFields.filter((field) => limit.bounds[field] !== null);
}

export function toForm(limit: Limit): LimitForm {
  return Object.fromEntries(fieldsOf(limit).map((field) => [field, String(limit[field] ?? "")]));
}

/** What somebody of this role may set. Null for a field that the limit does not have. */
export function spanOf(limit: Limit, field: LimitField, role: Role): Span | null {
  return role === "operator" ? limit.operatorBounds[field] : limit.bounds[field];
}

/** `bounds`: nobody may set it. `rank`: this person may not. */
export type FieldProblem = "number" | "whole" | "bounds" | "rank";

/** Why a field cannot be sent, or undefined. A field that was not touched is not sent, so it has no problem. */
export function problemOf(limit: Limit, form: LimitForm, field: LimitField, role: Role): FieldProblem | undefined {
  const text = form[field]?.trim() ?? "";
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) return "number";
  if (value === limit[field]) return undefined;
  if (!mayBeFraction(limit, field) && !Number.isInteger(value)) return "whole";
  if (!isWithin(value, limit.bounds[field])) return "bounds";
  return isWithin(value, spanOf(limit, field, role)) ? undefined : "rank";
}

function isWithin(value: number, span: Span | null): boolean {
  return span === null || (value >= span.min && value <= span.max);
}

/** Rates of a bucket: half a call per second is one in two seconds. All else is counted whole. */
function mayBeFraction({ algorithm }: Limit, field: LimitField): boolean {
  return field === "limit" && algorithm === "gcra";
}

/** Undefined while a field does not hold what it should. */
export function toValues(limit: Limit, form: LimitForm, role: Role): LimitValues | undefined {
  const fields = fieldsOf(limit);
  if (fields.some((field) => problemOf(limit, form, field, role) !== undefined)) return undefined;
  const typed = Object.fromEntries(fields.map((field) => [field, Number(form[field])]));
  return { ...valuesOf(limit), ...typed };
}

/** The typed fields over newer values: what somebody typed stays, what they left alone follows. */
export function rebase(form: LimitForm, before: Limit, now: Limit): LimitForm {
  const untouched = toForm(before);
  const typed = Object.entries(form).filter(([field, text]) => text !== untouched[field as LimitField]);
  return { ...toForm(now), ...Object.fromEntries(typed) };
}

/**
 * What to send: the fields that change, and for how long. The same values over a change that goes back hold it for longer, or for
 * good. Undefined when nothing would change.
 */
export function toUpdate(limit: Limit, values: LimitValues, forMs: Duration, reason: string): UpdateInput | undefined {
  const base = {
    name: limit.name,
    forMs,
    expectedRevision: revisionOf(limit),
    ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
  };
  const fields = fieldsOf(limit);
  const changed = fields.filter((field) => values[field] !== limit[field]);
  if (changed.length > 0) return { ...base, values: pick(values, changed) };
  if (changeKindOf(limit) !== "temporary") return undefined;
  return forMs === null ? base : { ...base, values: pick(values, fields) };
}

function pick(values: LimitValues, fields: readonly LimitField[]): NonNullable<UpdateInput["values"]> {
  return Object.fromEntries(fields.map((field) => [field, values[field]]));
}

/** 0 is that of a limit that runs as configured. */
export function revisionOf({ change }: Pick<Limit, "change">): number {
  return change?.revision ?? 0;
}

/** Where a temporary change made at this moment goes back to: the last state that somebody kept. */
export function goesBackTo(limit: Limit): LimitValues {
  return limit.change?.revertTo ?? valuesOf(limit);
}

export interface Shortage {
  readonly what: "caller" | "slots" | "waiting";
  readonly used: number;
  readonly allowed: number;
}

/** What is in use at this moment beyond the new values. */
export function shortagesOf(limit: Limit, values: LimitValues): Shortage[] {
  const found: Shortage[] = [];
  const check = (what: Shortage["what"], used: number, allowed: number): void => {
    if (used > allowed) found.push({ what, used, allowed });
  };
  if (limit.kind === "rate") check("caller", busiestOf(limit)?.used ?? 0, values.burst ?? values.limit);
  else {
    check("slots", limit.inFlight ?? 0, values.limit);
    check("waiting", limit.waiting ?? 0, values.queueLimit ?? 0);
  }
  return found;
}
