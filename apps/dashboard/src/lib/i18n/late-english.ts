import type { activityEn } from "./en/activity.ts";
import type { importsEn } from "./en/imports.ts";
import type { limitCallersEn } from "./en/limit-callers.ts";
import type { limitChangeEn } from "./en/limit-change.ts";
import type { limitEditEn } from "./en/limit-edit.ts";
import type { limitRehearseEn } from "./en/limit-rehearse.ts";
import type { queueEn } from "./en/queue.ts";
import type { queueErrorsEn } from "./en/queue-errors.ts";
import type { queueSchedulesEn } from "./en/queue-schedules.ts";
import type { queueSettingsEn } from "./en/queue-settings.ts";
import type { queueWorkersEn } from "./en/queue-workers.ts";
import type { Message } from "./message.ts";

/** Words that only the chunk of a page or a dialog has: the first chunk has a budget, and most visits need few of its words. */
export type LateEnglish = typeof activityEn &
  typeof importsEn &
  typeof limitCallersEn &
  typeof limitChangeEn &
  typeof limitEditEn &
  typeof limitRehearseEn &
  typeof queueEn &
  typeof queueErrorsEn &
  typeof queueSchedulesEn &
  typeof queueSettingsEn &
  typeof queueWorkersEn;

const words = new Map<string, Message>();

/** Called by a file of words when it is loaded: whatever uses them imports that file. */
export function addEnglish<const Words extends Readonly<Record<string, Message>>>(added: Words): Words {
  for (const [key, message] of Object.entries(added)) words.set(key, message);
  return added;
}

export function lateWord(key: string): Message | undefined {
  return words.get(key);
}
