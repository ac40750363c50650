import type { Outputs } from "../../lib/trpc.ts";

type JobsPage = Outputs["queue"]["jobs"]["list"];
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
  /** Failures in equal parts of the window; null when that is not known. */
  readonly trend: readonly number[] | null;
}

/** Refusals by a limit are on the limits' panel. */
const LIMIT_CODES = new Set(["RATE_LIMITED", "CONCURRENCY_FULL"]);
const TREND_PARTS = 30;

export interface FailuresInput {
  readonly nowMs: number;
  readonly rangeMs: number;
  readonly jobs: JobsPage | undefined;
  readonly errors: CallErrors;
  readonly procedures: ProcedureStats;
}

/** What an operator should look at first: our failures before callers' mistakes, the most frequent first. */
export function toFailures(input: FailuresInput): Failure[] {
  return [...jobFailures(input), ...callFailures(input)].sort(
    (a, b) => Number(b.isOurs) - Number(a.isOurs) || b.count - a.count,
  );
}

function jobFailures({ nowMs, rangeMs, jobs }: FailuresInput): Failure[] {
  if (!jobs) return [];
  const fromMs = nowMs - rangeMs;
  const ended = jobs.items.flatMap((job) =>
    job.finishedAt === null ? [] : [{ job, atMs: Date.parse(job.finishedAt) }],
  );
  const inWindow = ended.filter(({ atMs }) => atMs >= fromMs);
  // The list is cut: when even its oldest job ended inside the window, older ones may have, too.
  const isCut = jobs.nextCursor !== null && (ended.at(-1)?.atMs ?? 0) >= fromMs;
  const groups = Map.groupBy(inWindow, ({ job }) => `${job.name}\n${job.errorMessage ?? ""}`);
  return [...groups].flatMap(([id, members]) => {
    const newest = members[0];
    if (!newest) return [];
    const times = members.map(({ atMs }) => atMs);
    return [
      {
        id,
        kind: "job" as const,
        title: newest.job.errorMessage ?? newest.job.name,
        subject: newest.job.name,
        count: members.length,
        isAtLeast: isCut,
        firstAtMs: isCut ? null : Math.min(...times),
        lastAtMs: Math.max(...times),
        isOurs: true,
        trend: partsOf(times, fromMs, rangeMs),
      },
    ];
  });
}

function partsOf(times: readonly number[], fromMs: number, rangeMs: number): number[] {
  const parts = Array.from({ length: TREND_PARTS }, () => 0);
  for (const atMs of times) {
    const part = Math.min(TREND_PARTS - 1, Math.max(0, Math.floor(((atMs - fromMs) / rangeMs) * TREND_PARTS)));
    parts[part] = (parts[part] ?? 0) + 1;
  }
  return parts;
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
    }));
}
