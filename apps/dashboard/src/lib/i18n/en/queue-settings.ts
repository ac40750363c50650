import { addEnglish } from "../late-english.ts";

/** Words of the dialog for the limits of a queue. */
export const queueSettingsEn = addEnglish({
  "queueSettings.open": "Limits of the queue {name}",
  "queueSettings.title": "Limits of {name}",
  "queueSettings.now": "now: {value}",
  "queueSettings.none": "no limit",
  "queueSettings.ofCode": "as the jobs define",
  "queueSettings.slots": "Slots per process",
  "queueSettings.slots.hint": "Jobs that one process runs at once. Empty: as the jobs define.",
  "queueSettings.globalConcurrency": "At once, over all processes",
  "queueSettings.globalConcurrency.hint": "However many processes there are. Empty: no limit.",
  "queueSettings.keyConcurrency": "At once per key",
  "queueSettings.keyConcurrency.hint": "Over all processes, of jobs with the same key. Empty: no limit.",
  "queueSettings.rateCount": "Starts",
  "queueSettings.rateCount.hint": "At most so many, over all processes. Empty: no limit.",
  "queueSettings.rateSeconds": "Within seconds",
  "queueSettings.rateSeconds.hint": "The window of the rate.",
  "queueSettings.bounds": "{min} to {max}.",
  "queueSettings.same": "Nothing is changed yet.",
  "queueSettings.incomplete": "A field does not hold what it should.",
  "queueSettings.note": "Holds from the next start on, on all processes. Jobs that run go on.",
  "queueSettings.saved": "Limits of {name} changed",
  "queueSettings.undone": "Limits of {name} are as before",
  "queueSettings.notUndone": "Limits of {name} not set back",
});
