import { useNavigate, useSearch } from "@tanstack/react-router";
import type { RangeName } from "./search.ts";

const MINUTE_MS = 60_000;
const rangesMs: Readonly<Record<RangeName, number>> = {
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "3h": 180 * MINUTE_MS,
  "6h": 360 * MINUTE_MS,
};
export const rangeNames = ["5m", "15m", "1h", "3h", "6h"] as const satisfies readonly RangeName[];
const DEFAULT_RANGE: RangeName = "15m";

export interface TimeRange {
  readonly range: RangeName;
  /** Back from now; six hours is as far as the server remembers its figures. */
  readonly rangeMs: number;
  setRange(range: RangeName): void;
}

/** The window that all pages show, from the address. */
export function useTimeRange(): TimeRange {
  const range = useSearch({ strict: false, select: (search) => search.range }) ?? DEFAULT_RANGE;
  const navigate = useNavigate();
  return {
    range,
    rangeMs: rangesMs[range],
    setRange: (next) =>
      void navigate({
        to: ".",
        search: (search) => ({ ...search, range: next === DEFAULT_RANGE ? undefined : next }),
        replace: true,
      }),
  };
}
