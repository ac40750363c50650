import type { RangeName } from "../../lib/search.ts";
import type { AuditSearch } from "./audit.search.ts";

const MINUTE_MS = 60_000;
/** Shortest first. The five minutes are too short to see what led up to something. */
const ranges: readonly (readonly [RangeName, number])[] = [
  ["15m", 15 * MINUTE_MS],
  ["1h", 60 * MINUTE_MS],
  ["3h", 180 * MINUTE_MS],
  ["6h", 360 * MINUTE_MS],
];
/** So far from the left edge of a chart is an event shown, that something is to be seen before it. */
const LEAD_SHARE = 0.1;
const AROUND_MS = 15 * MINUTE_MS;

/** The shortest window of the charts with room before the event; undefined when they no longer reach back to it. */
export function rangeAround(at: string, nowMs: number): RangeName | undefined {
  const ageMs = nowMs - Date.parse(at);
  return ranges.find(([, rangeMs]) => ageMs <= rangeMs * (1 - LEAD_SHARE))?.[0];
}

/** A quarter of an hour of the log on either side. */
export function logAround(at: string): Pick<AuditSearch, "from" | "to"> {
  const atMs = Date.parse(at);
  return { from: new Date(atMs - AROUND_MS).toISOString(), to: new Date(atMs + AROUND_MS).toISOString() };
}
