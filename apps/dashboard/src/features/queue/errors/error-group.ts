import type { Outputs } from "../../../lib/trpc.ts";
import type { BulkTarget } from "../bulk/bulk.ts";

export type ErrorGroup = Outputs["queue"]["errors"]["list"]["items"][number];
export type GroupAct = "retry" | "delete";

/** The jobs of a group that a bulk act is for: those that nothing runs again by itself. */
export function targetOf({ fingerprint }: Pick<ErrorGroup, "fingerprint">): BulkTarget {
  return { filter: { fingerprint, state: ["discarded"] } };
}

/** No job of the group is failed or retrying any more. */
export function isResolved({ discarded, retryable }: Pick<ErrorGroup, "discarded" | "retryable">): boolean {
  return discarded === 0 && retryable === 0;
}
