import { addEnglish } from "../late-english.ts";

/** Words of the replay: what other values of a rate would have refused. */
export const limitRehearseEn = addEnglish({
  "limitRehearse.title": "What if",
  "limitRehearse.since": "calls since {time}",
  "limitRehearse.working": "working it out…",
  "limitRehearse.calls": { one: "{count} call", other: "{count} calls" },
  "limitRehearse.callers": { one: "{count} caller", other: "{count} callers" },
  "limitRehearse.arrivals": "{calls} of {callers}, at most {peak} in one second.",
  "limitRehearse.arrivalsOfOne": "{calls}, at most {peak} in one second.",
  "limitRehearse.shorter": "Older calls are not remembered.",
  "limitRehearse.none": "No calls came in that time: nothing to try these values on.",
  "limitRehearse.now": "As it is",
  "limitRehearse.asked": "With these values",
  "limitRehearse.refused": "≈ {refused} refused ({share}), {callers}",
  "limitRehearse.refusedOfOne": "≈ {refused} refused ({share})",
  "limitRehearse.refusedNone": "none refused",
  "limitRehearse.most": "Refused most: {callers}.",
  "limitRehearse.one": "{caller} {refused} of {arrivals}",
  "limitRehearse.failed": "The calls of the last minutes could not be tried: {message}",
  "limitRehearse.note": "Of this process, as the calls came: callers who wait after a refusal would have sent fewer.",
});
