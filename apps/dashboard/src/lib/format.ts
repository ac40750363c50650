import { useMemo } from "react";
import { nowMs } from "./clock.ts";
import { type Language, usePreferences } from "./preferences.tsx";

export interface Format {
  readonly timeZone: string;
  /** `UTC+8`, as the header shows it. */
  readonly zoneLabel: string;
  number(value: number, maximumFractionDigits?: number): string;
  /** With exactly so many digits after the point: for figures that change in place. */
  fixed(value: number, fractionDigits: number): string;
  /** 1.2k for axes and tight cells. */
  compact(value: number): string;
  /** Of a share from 0 to 1: `0.42%`. */
  percent(share: number, digits?: number): string;
  /** `1.2 KB`, in steps of 1,024. */
  bytes(sizeBytes: number): string;
  /** A length of time with two figures: `412 ms`, `8.1 s`, `3m 11s`, `2h 05m`, `4d 2h`. */
  duration(durationMs: number): string;
  /** A length of time that a rule names, in one unit: `10 minutes`, `7 days`. */
  span(durationMs: number): string;
  /** `00:41`, `1:02:03`: an age or a countdown that moves. */
  clock(durationMs: number): string;
  /** A rate per second, with more figures the smaller it is. */
  rate(perSecond: number): string;
  /** `2 min ago`, `in 5 min`, `now`. */
  relative(at: string | number, from?: number): string;
  /** `14:02:31` */
  time(at: string | number): string;
  /** `14:02` */
  timeShort(at: string | number): string;
  /** `24 Nov 2026` */
  date(at: string | number): string;
  /** `24 Nov 2026, 14:02:31` */
  dateTime(at: string | number): string;
  list(words: readonly string[]): string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB"];

export function createFormat(language: Language, timeZone: string): Format {
  const locale = language === "en" ? "en-GB" : language;
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const time = new Intl.DateTimeFormat(locale, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const timeShort = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = new Intl.DateTimeFormat(locale, { timeZone, day: "numeric", month: "short", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const list = new Intl.ListFormat(language);
  const numbers = new Map<number, Intl.NumberFormat>();
  const number = (value: number, digits = 0): string => {
    let format = numbers.get(digits);
    if (!format) numbers.set(digits, (format = new Intl.NumberFormat(language, { maximumFractionDigits: digits })));
    return format.format(value);
  };
  const fixed = (value: number, digits: number): string =>
    value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const rate = (value: number): string => number(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);

  return {
    timeZone,
    zoneLabel: zoneLabelOf(timeZone),
    number,
    fixed,
    compact: (value) => compact.format(value),
    percent: (share, digits = 1) => `${number(share * 100, digits)}%`,
    bytes: (sizeBytes) => bytesOf(sizeBytes, number),
    duration: (durationMs) => durationOf(durationMs, number),
    span: (durationMs) => spanOf(durationMs, language),
    clock: clockOf,
    rate,
    relative: (at, from = nowMs()) => relativeOf(toMs(at) - from, relative),
    time: (at) => time.format(toMs(at)),
    timeShort: (at) => timeShort.format(toMs(at)),
    date: (at) => date.format(toMs(at)),
    dateTime: (at) => `${date.format(toMs(at))}, ${time.format(toMs(at))}`,
    list: (words) => list.format(words),
  };
}

export function toMs(at: string | number): number {
  return typeof at === "number" ? at : Date.parse(at);
}

function bytesOf(sizeBytes: number, number: Format["number"]): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${number(value, unit === 0 || value >= 100 ? 0 : 1)} ${BYTE_UNITS[unit]}`;
}

function durationOf(durationMs: number, number: Format["number"]): string {
  const ms = Math.max(0, durationMs);
  if (ms < 1) return `${number(ms, 2)} ms`;
  if (ms < SECOND) return `${number(ms, ms < 10 ? 1 : 0)} ms`;
  if (ms < MINUTE) return `${number(ms / SECOND, 1)} s`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m ${two((ms % MINUTE) / SECOND)}s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h ${two((ms % HOUR) / MINUTE)}m`;
  return `${number(Math.floor(ms / DAY))}d ${Math.floor((ms % DAY) / HOUR)}h`;
}

function spanOf(durationMs: number, language: Language): string {
  const units = [
    ["day", DAY],
    ["hour", HOUR],
    ["minute", MINUTE],
  ] as const;
  const [unit, size] = units.find(([, each]) => durationMs >= each && durationMs % each === 0) ?? ["second", SECOND];
  const words = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
  return withSpace(words.format(durationMs / size));
}

function clockOf(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / SECOND));
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${two(minutes)}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** English has only "2 sec. ago" and "2s ago"; between the two is how units are written everywhere else here. */
const SHORT_UNITS: Readonly<Record<string, string>> = {
  "sec.": "s",
  "min.": "min",
  "hr.": "h",
  "mo.": "mo",
  "yr.": "y",
};

/** `2 min ago`; with a space between figure and unit in Chinese too. */
function relativeOf(differenceMs: number, format: Intl.RelativeTimeFormat): string {
  const words = relativeWords(differenceMs, format);
  return withSpace(words.replace(/\b(?:sec|min|hr|mo|yr)\./, (unit) => SHORT_UNITS[unit] ?? unit));
}

/** Between figure and unit, which Chinese leaves out. */
function withSpace(words: string): string {
  return words.replace(/(\d)(?=\p{L})/u, "$1 ");
}

function relativeWords(differenceMs: number, format: Intl.RelativeTimeFormat): string {
  const distance = Math.abs(differenceMs);
  const sign = differenceMs < 0 ? -1 : 1;
  if (distance < SECOND) return format.format(0, "second");
  if (distance < MINUTE) return format.format(sign * Math.floor(distance / SECOND), "second");
  if (distance < HOUR) return format.format(sign * Math.floor(distance / MINUTE), "minute");
  if (distance < DAY) return format.format(sign * Math.floor(distance / HOUR), "hour");
  if (distance < 30 * DAY) return format.format(sign * Math.floor(distance / DAY), "day");
  if (distance < 365 * DAY) return format.format(sign * Math.floor(distance / (30 * DAY)), "month");
  return format.format(sign * Math.floor(distance / (365 * DAY)), "year");
}

function zoneLabelOf(timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" }).formatToParts(nowMs());
  const offset = parts.find((part) => part.type === "timeZoneName")?.value ?? timeZone;
  return offset.replace("GMT", "UTC");
}

/** Figures and times in the reader's language and zone. */
export function useFormat(): Format {
  const [{ language, timeZone }] = usePreferences();
  const zone = timeZone ?? browserTimeZone();
  return useMemo(() => createFormat(language, zone), [language, zone]);
}

export function browserTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
