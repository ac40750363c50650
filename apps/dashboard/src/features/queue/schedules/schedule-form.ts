import type { MissedPolicy, Schedule, Timing } from "./schedule.ts";

export const units = ["seconds", "minutes", "hours", "days"] as const;
export type Unit = (typeof units)[number];

const unitMs: Readonly<Record<Unit, number>> = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 };
/** As the server has them. */
const [EVERY_MIN_MS, EVERY_MAX_MS] = [1000, 366 * unitMs.days];
const NAME_MAX = 100;
const CRON_MAX = 100;

/** As typed. */
export interface ScheduleForm {
  readonly name: string;
  readonly kind: "cron" | "interval";
  readonly cron: string;
  readonly every: string;
  readonly unit: Unit;
  readonly timeZone: string;
  readonly missed: MissedPolicy;
}

export function emptyForm(timeZone: string): ScheduleForm {
  return { name: "", kind: "cron", cron: "0 9 * * 1-5", every: "15", unit: "minutes", timeZone, missed: "once" };
}

export function toForm({ name, cron, everyMs, timeZone, missed }: Schedule): ScheduleForm {
  const first = emptyForm(timeZone);
  if (everyMs === null) return { ...first, name, missed, cron: cron ?? "" };
  const unit = units.findLast((each) => everyMs % unitMs[each] === 0);
  return {
    ...first,
    name,
    missed,
    kind: "interval",
    every: String(everyMs / unitMs[unit ?? "seconds"]),
    unit: unit ?? "seconds",
  };
}

export type FormProblem = "name" | "cron" | "every" | "timeZone";

/** Fields that do not hold what they should. Whether an expression runs is for the server to say. */
export function problemsOf(form: ScheduleForm): ReadonlySet<FormProblem> {
  const problems = new Set<FormProblem>();
  const name = form.name.trim();
  if (name === "" || name.length > NAME_MAX) problems.add("name");
  if (!isTimeZone(form.timeZone.trim())) problems.add("timeZone");
  if (form.kind === "interval" && everyMsOf(form) === undefined) problems.add("every");
  const cron = form.cron.trim();
  if (form.kind === "cron" && (cron === "" || cron.length > CRON_MAX)) problems.add("cron");
  return problems;
}

/** Undefined while a field that it is made of does not hold what it should. */
export function toTiming(form: ScheduleForm): Timing | undefined {
  const problems = problemsOf(form);
  if (problems.has("timeZone") || problems.has("cron") || problems.has("every")) return undefined;
  const timeZone = form.timeZone.trim();
  return form.kind === "cron"
    ? { cron: form.cron.trim(), everyMs: null, timeZone }
    : { cron: null, everyMs: everyMsOf(form) ?? null, timeZone };
}

function everyMsOf({ every, unit }: ScheduleForm): number | undefined {
  const everyMs = Math.round(Number(every) * unitMs[unit]);
  return every.trim() !== "" && everyMs >= EVERY_MIN_MS && everyMs <= EVERY_MAX_MS ? everyMs : undefined;
}

export function isTimeZone(name: string): boolean {
  try {
    return name !== "" && new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
