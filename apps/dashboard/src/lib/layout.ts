import { useMediaQuery } from "@mantine/hooks";
import { usePreferences } from "./preferences.tsx";

/** A phone: tables become two-line rows, the rail becomes the bottom bar. */
export function useIsNarrow(): boolean {
  return useMediaQuery("(max-width: 639px)", false, { getInitialValueInEffect: false });
}

const ROW_PX = { comfortable: 36, default: 32, compact: 26 } as const;
const NARROW_ROW_PX = 56;

/** Height of a table row in pixels; the same numbers as `--row` in tokens.css. */
export function useRowHeight(): number {
  const isNarrow = useIsNarrow();
  const [{ density }] = usePreferences();
  return isNarrow ? NARROW_ROW_PX : ROW_PX[density];
}
