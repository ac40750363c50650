import { Cron, CronPattern } from "croner";

/** When a schedule runs. Exactly one of `cron` and `everyMs`. */
export interface Timing {
  readonly cron: string | null;
  readonly everyMs: number | null;
  readonly timeZone: string;
}

export interface TimingIssue {
  readonly path: readonly ["cron" | "everyMs" | "timeZone"];
  readonly message: string;
}

/** The times up to now that wait to be run, and the one after them. */
export interface DueTimes {
  /** The newest ones, oldest first; never empty. */
  readonly times: readonly Date[];
  /** Whether there were more than `times` holds. */
  readonly hasEarlier: boolean;
  /** Null when there is none for centuries. */
  readonly next: Date | null;
}

// `no-wildcard`: "at 2:30 and 14:30" are two times of a day, of which none may be lost to a change of clocks; "every 5 minutes" is a
// rhythm, which a change of clocks does not break. The rule of Vixie's cron.
const PATTERN_OPTIONS = { mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" } as const;

/** What is wrong with a timing; empty when it can run. */
export function findTimingIssues({ cron, everyMs, timeZone }: Timing): TimingIssue[] {
  const issues: TimingIssue[] = [];
  if ((cron === null) === (everyMs === null))
    issues.push({ path: ["cron"], message: "Give either a cron expression or an interval." });
  if (!isTimeZone(timeZone))
    issues.push({ path: ["timeZone"], message: "No such time zone. Give a name such as Europe/Berlin or UTC." });
  if (cron !== null) {
    const message = findCronProblem(cron);
    if (message !== undefined) issues.push({ path: ["cron"], message });
  }
  return issues;
}

function findCronProblem(cron: string): string | undefined {
  // To croner it is the moment at which the expression was read, which differs from process to process.
  if (cron.includes("?")) return "A ? is not supported. Write * instead.";
  try {
    // Not `new Cron`: that takes dates as well.
    void new CronPattern(cron, undefined, PATTERN_OPTIONS);
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, "");
  }
  return toCron({ cron, timeZone: "UTC" }).nextRun() === null ? "There is no such day." : undefined;
}

/** Names only: an offset such as `+02:00` knows no summer time, and is hardly meant. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    void new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function toCron({ cron, timeZone }: { readonly cron: string; readonly timeZone: string }): Cron {
  return new Cron(cron, { ...PATTERN_OPTIONS, timezone: timeZone, paused: true });
}

/** Whether each of its times of a day is one of its own, rather than a beat of a rhythm. */
export function isOfFixedTimes(cron: string): boolean {
  return new CronPattern(cron, undefined, PATTERN_OPTIONS).isFixedTime;
}

/** The next times after `from`. An interval counts from there. */
export function nextTimes(timing: Timing, from: Date, count: number): Date[] {
  const { cron, everyMs } = timing;
  if (cron !== null) return toCron({ ...timing, cron }).nextRuns(count, from);
  return Array.from({ length: count }, (_, index) => new Date(from.getTime() + (index + 1) * (everyMs ?? 0)));
}

/** The times from `first`, which is due, up to `now`: at most the newest `limit` of them. */
export function findDueTimes(timing: Timing, first: Date, now: Date, limit: number): DueTimes {
  const { cron, everyMs } = timing;
  if (cron !== null) return findDueOfCron(toCron({ ...timing, cron }), first, now, limit);
  const interval = everyMs ?? 0;
  const steps = Math.floor((now.getTime() - first.getTime()) / interval);
  const kept = Math.min(steps + 1, limit);
  const at = (step: number): Date => new Date(first.getTime() + step * interval);
  return {
    times: Array.from({ length: kept }, (_, index) => at(steps - kept + 1 + index)),
    hasEarlier: steps + 1 > kept,
    next: at(steps + 1),
  };
}

function findDueOfCron(cron: Cron, first: Date, now: Date, limit: number): DueTimes {
  const second = cron.nextRun(first);
  // The rule: looking back costs a hundred times as much.
  if (second === null || second > now) return { times: [first], hasEarlier: false, next: second };
  // Before the reference: a time that is due to the millisecond counts.
  const newest = cron.previousRuns(limit + 1, new Date(now.getTime() + 1)).filter((at) => at >= first);
  const times = newest.slice(0, limit).toReversed();
  return { times, hasEarlier: newest.length > limit, next: cron.nextRun(now) };
}
