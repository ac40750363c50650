import { useMemo } from "react";
import { type Language, usePreferences } from "../../../lib/preferences.tsx";

export interface ZonedFormat {
  /** `Mon 24 Nov, 09:00 UTC+8`: the offset is that of the moment, which a change of clocks moves. */
  moment(at: string): string;
  /** `Mon 24 Nov, 09:00` */
  short(at: string): string;
}

/** Times as a zone other than the reader's has them, in the reader's language. */
export function useZoned(timeZone: string): ZonedFormat {
  const [{ language }] = usePreferences();
  return useMemo(() => createZoned(language, timeZone), [language, timeZone]);
}

export function createZoned(language: Language, timeZone: string): ZonedFormat {
  const locale = language === "en" ? "en-GB" : language;
  const fields = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  const toMinute = new Intl.DateTimeFormat(locale, { ...fields, timeZone, hourCycle: "h23" });
  const toSecond = new Intl.DateTimeFormat(locale, { ...fields, second: "2-digit", timeZone, hourCycle: "h23" });
  const offset = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" });
  const short = (at: string): string => {
    const ms = Date.parse(at);
    return (ms % 60_000 === 0 ? toMinute : toSecond).format(ms);
  };
  const offsetOf = (at: string): string =>
    offset.formatToParts(Date.parse(at)).find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
  return { short, moment: (at) => `${short(at)} ${offsetOf(at).replace(/^GMT(\+0$)?/, "UTC")}` };
}
