import type { Schedule } from "./schedules.schema.ts";
import type { DueTimes } from "./timing.ts";

export interface PlannedRun {
  readonly dueAt: Date;
  /** False: it only goes on record. */
  readonly isRun: boolean;
  readonly note: string | null;
}

/** Of `each`. */
export const EACH_MAX = 100;
/** A time counts as missed when nobody ran it for so long, or for as long as a shorter rhythm has. */
const LATE_MAX_MS = 60_000;
/** Less than that is the pace of the ticker and a busy moment. */
const LATE_MIN_MS = 5000;

/** What becomes of the due times of a schedule, by its policy for those that were missed. Oldest first. */
export function planRuns(missed: Schedule["missed"], { times, hasEarlier, next }: DueTimes, now: Date): PlannedRun[] {
  const newest = times.at(-1);
  if (!newest) return [];
  const periodMs = next === null ? LATE_MAX_MS : next.getTime() - newest.getTime();
  const lateMs = Math.min(LATE_MAX_MS, Math.max(LATE_MIN_MS, periodMs));
  const isOnTime = (at: Date): boolean => now.getTime() - at.getTime() <= lateMs;
  const onTime = times.filter(isOnTime).map((dueAt) => ({ dueAt, isRun: true, note: null }));
  const late = times.filter((at) => !isOnTime(at));
  const latest = late.at(-1);
  if (!latest) return onTime;

  const count = hasEarlier ? `more than ${late.length}` : String(late.length);
  const missedTimes = count === "1" ? "1 missed time" : `${count} missed times`;
  switch (missed) {
    case "skip":
      return [{ dueAt: latest, isRun: false, note: `Skipped ${missedTimes}.` }, ...onTime];
    case "once": {
      const note = `Stands for ${missedTimes}.`;
      const [first, ...rest] = onTime;
      return first ? [{ ...first, note }, ...rest] : [{ dueAt: latest, isRun: true, note }];
    }
    case "each": {
      const caughtUp = late.map((dueAt) => ({ dueAt, isRun: true, note: "Was missed." }));
      const [oldest, ...rest] = caughtUp;
      if (!hasEarlier || !oldest) return [...caughtUp, ...onTime];
      return [{ ...oldest, note: "Was missed. Earlier times were left out." }, ...rest, ...onTime];
    }
  }
}
