import type { Summary } from "../../lib/live-source.ts";
import type { Outputs } from "../../lib/trpc.ts";
import type { Failure } from "./failing.ts";

type Limit = Outputs["limits"]["list"]["items"][number];

export type Reason =
  | { readonly kind: "jobsFail"; readonly failure: Failure }
  | { readonly kind: "retrying"; readonly count: number }
  | { readonly kind: "callsFail"; readonly share: number; readonly top: Failure | undefined }
  | { readonly kind: "slow"; readonly p95Ms: number; readonly factor: number }
  | { readonly kind: "waiting"; readonly ageMs: number; readonly ready: number }
  | { readonly kind: "full"; readonly name: string; readonly waiting: number };

export interface Verdict {
  readonly level: "healthy" | "degraded" | "failing";
  /** Worst first. */
  readonly reasons: readonly Reason[];
}

/** From here on a figure is worth a sentence. */
const ERROR_SHARE_DEGRADED = 0.01;
const ERROR_SHARE_FAILING = 0.1;
const JOBS_FAILED_MIN = 5;
/** A group of jobs that has stopped failing is history, not a state. */
const JOBS_STILL_MS = 120_000;
const SLOW_FACTOR = 3;
const SLOW_MIN_MS = 100;
const WAITING_MS = 30_000;

export interface VerdictInput {
  readonly nowMs: number;
  readonly summary: Summary;
  readonly failures: readonly Failure[];
  readonly normalP95Ms: number | null;
  readonly limits: readonly Limit[];
}

export function toVerdict({ nowMs, summary, failures, normalP95Ms, limits }: VerdictInput): Verdict {
  const reasons: Reason[] = [];
  const { errorRate, latencyMs, queue } = summary;

  if (errorRate !== null && errorRate >= ERROR_SHARE_DEGRADED) {
    const top = failures.find((failure) => failure.kind === "call" && failure.isOurs);
    reasons.push({ kind: "callsFail", share: errorRate, top });
  }
  const jobs = failures.find(
    ({ kind, count, lastAtMs }) => kind === "job" && count >= JOBS_FAILED_MIN && nowMs - lastAtMs < JOBS_STILL_MS,
  );
  if (jobs) reasons.push({ kind: "jobsFail", failure: jobs });
  if (jobs && queue.retrying > 0) reasons.push({ kind: "retrying", count: queue.retrying });
  if (queue.oldestReadyAgeMs !== null && queue.oldestReadyAgeMs >= WAITING_MS) {
    reasons.push({ kind: "waiting", ageMs: queue.oldestReadyAgeMs, ready: queue.ready });
  }
  const { p95 } = latencyMs;
  if (p95 !== null && normalP95Ms !== null && p95 >= SLOW_MIN_MS && p95 >= SLOW_FACTOR * normalP95Ms) {
    reasons.push({ kind: "slow", p95Ms: p95, factor: p95 / normalP95Ms });
  }
  for (const { kind, name, waiting } of limits) {
    if (kind === "concurrency" && waiting !== null && waiting > 0) reasons.push({ kind: "full", name, waiting });
  }

  const isFailing = errorRate !== null && errorRate >= ERROR_SHARE_FAILING;
  return { level: isFailing ? "failing" : reasons.length > 0 ? "degraded" : "healthy", reasons };
}
