import { useEffect, useState } from "react";
import { addReading, paceOf, type Reading } from "./pace.ts";

/** Per second, from what was read so far of one `phase`; null for the first three seconds of it. */
export function usePace(phase: string, done: number, atMs: number): number | null {
  const [seen, setSeen] = useState<{ readonly phase: string; readonly readings: readonly Reading[] }>();
  useEffect(() => {
    setSeen((before) => ({
      phase,
      readings: addReading(before?.phase === phase ? before.readings : [], { atMs, done }),
    }));
  }, [phase, done, atMs]);
  return seen?.phase === phase ? paceOf(seen.readings) : null;
}
