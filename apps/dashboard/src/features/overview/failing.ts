import type { Outputs } from "../../lib/trpc.ts";

type ErrorGroups = Outputs["queue"]["errors"]["list"]["items"];
type CallErrors = Outputs["stats"]["errors"]["items"];
type ProcedureStats = Outputs["stats"]["procedures"]["items"];

/** One way in which jobs or calls fail. */
export interface Failure {
  readonly id: string;
  readonly kind: "job" | "call";
  /** Message of a job's error, code of a call's. */
  readonly title: string;
  /** Name of the job, path of the procedure. */
  readonly subject: string;
  readonly count: number;
  /** There are more than could be counted. */
  readonly isAtLeast: boolean;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number;
  /** False for a caller's own mistake, such as asking for what is not there. */
  readonly isOurs: boolean;
  /** Failures per minute of the last hour; null when that is not known. */
  readonly trend: readonly number[] | null;
  /** Of jobs: what the acts on the group are for. */
  readonly group: Pick<ErrorGroups[number], "fingerprint" | "discarded"> | null;
}

/** Refusals by a limit are on the limits' panel. */
const LIMIT_CODES = new Set(["RATE_LIMITED", "CONCURRENCY_FULL"]);

export interface FailuresInput {
  readonly nowMs: number;
  readonly rangeMs: number;
  /** The last seen first. */
  readonly groups: ErrorGroups;
  readonly errors: CallErrors;
  readonly procedures: ProcedureStats;
}

/** What an operator should look at first: our failures before callers' mistakes, the most frequent first. */
export function toFailures(input: FailuresInput): Failure[] {
  return [...jobFailures(input), ...callFailures(input)].sort(
    (a, b) => Number(b.isOurs) - Number(a.isOurs) || b.count - a.count,
  );
}

/** Groups that failed in the window and have jobs that are failed or retrying now. */
function jobFailures({ nowMs, rangeMs, groups }: FailuresInput): Failure[] {
  const fromMs = nowMs - rangeMs;
  return groups
    .filter(({ lastSeenAt }) => Date.parse(lastSeenAt) >= fromMs)
    .map((group) => {
      const { fingerprint, name, message, discarded, retryable } = group;
      const firstAtMs = Date.parse(group.firstSeenAt);
      return {
        id: fingerprint,
        kind: "job" as const,
        title: message,
        subject: name,
        count: discarded + retryable,
        isAtLeast: group.isCapped,
        firstAtMs: firstAtMs >= fromMs ? firstAtMs : null,
        lastAtMs: Date.parse(group.lastSeenAt),
        isOurs: true,
        trend: group.trend,
        group: { fingerprint, discarded },
      };
    });
}

function callFailures({ errors, procedures }: FailuresInput): Failure[] {
  const failing = new Set(procedures.flatMap(({ path, errors: count }) => (count > 0 ? [path] : [])));
  return errors
    .filter(({ code }) => !LIMIT_CODES.has(code))
    .map(({ path, code, count, lastAt }) => ({
      id: `${path} ${code}`,
      kind: "call" as const,
      title: code,
      subject: path,
      count,
      isAtLeast: false,
      firstAtMs: null,
      lastAtMs: Date.parse(lastAt),
      isOurs: failing.has(path),
      trend: null,
      group: null,
    }));
}
