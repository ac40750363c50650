import type { Inputs, Outputs } from "../../../lib/trpc.ts";
import type { JobState } from "../job.ts";

export type BulkAct = Inputs["queue"]["bulk"]["start"]["act"];
/** A filter, frozen at an instant, or a list of ids. */
export type BulkTarget = Inputs["queue"]["bulk"]["start"]["target"];
export type BulkPreviewed = Outputs["queue"]["bulk"]["preview"];
export type BulkSummary = Outputs["queue"]["bulk"]["start"];

/** What the server takes. */
export const PER_SECOND_MAX = 1000;
/** From here on a retry is offered in stages: a cause that still holds then costs 3 jobs and not all of them. */
export const STAGED_FROM = 30;

export type Pace = { readonly kind: "atOnce" } | { readonly kind: "spread"; readonly perSecond: string };

/** Undefined for what is no number of jobs; null is as fast as it goes. */
export function perSecondOf(pace: Pace): number | null | undefined {
  if (pace.kind === "atOnce") return null;
  const perSecond = /^\d{1,4}$/.test(pace.perSecond) ? Number(pace.perSecond) : Number.NaN;
  return perSecond >= 1 && perSecond <= PER_SECOND_MAX ? perSecond : undefined;
}

/** The target as the preview saw it: jobs stored later are not touched. */
export function frozenTarget(target: BulkTarget, asOf: string): BulkTarget {
  return "filter" in target ? { ...target, asOf } : target;
}

export function countsOf(
  counts: Readonly<Partial<Record<JobState, number>>>,
): readonly (readonly [JobState, number])[] {
  return Object.entries(counts).flatMap(([state, count]) =>
    count === undefined || count === 0 ? [] : [[state as JobState, count] as const],
  );
}

export function sumOf(counts: Readonly<Partial<Record<JobState, number>>>): number {
  return countsOf(counts).reduce((sum, [, count]) => sum + count, 0);
}
