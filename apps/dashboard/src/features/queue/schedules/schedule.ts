import type { Language } from "../../../lib/preferences.tsx";
import type { Inputs, Outputs } from "../../../lib/trpc.ts";

export type Schedule = Outputs["queue"]["schedules"]["list"]["items"][number];
export type ScheduleRun = Outputs["queue"]["schedules"]["runs"]["items"][number];
export type Timing = Pick<Schedule, "cron" | "everyMs" | "timeZone">;
export type MissedPolicy = Schedule["missed"];
type CreateInput = Inputs["queue"]["schedules"]["create"];

export const missedPolicies = ["skip", "once", "each"] as const satisfies readonly MissedPolicy[];

/** In the reader's language; the expression itself for what cannot be said shortly. */
export function wordsOf(
  { cron, wordsByLanguage }: Pick<Schedule, "cron" | "wordsByLanguage">,
  language: Language,
): string {
  return wordsByLanguage?.[language] ?? cron ?? "";
}

/** What makes it again after it was deleted. */
export function toCreateInput({ name, jobName, input, cron, everyMs, timeZone, missed }: Schedule): CreateInput {
  return { name, jobName, input, cron, everyMs, timeZone, missed };
}

/** Whether what is shown is all there is: a hidden part of the input could not be written again. */
export function isWhole({ input }: Pick<Schedule, "input">): boolean {
  return !JSON.stringify(input).includes('"[redacted]"');
}
