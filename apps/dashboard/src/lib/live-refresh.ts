import { useEffect, useRef } from "react";
import { nowMs } from "./clock.ts";
import { useLive } from "./live.tsx";

export interface LiveRefreshProps {
  readonly everyMs: number;
  onDue(): void;
}

/**
 * Asks for newer figures when a live sample comes in and the last time is `everyMs` ago. It has no timer of its own, so a
 * hidden tab and a lost connection ask for nothing. A component and not a hook: it draws nothing, and the page that holds it
 * is then not drawn again with each sample.
 */
export function LiveRefresh({ everyMs, onDue }: LiveRefreshProps): null {
  const { receivedAtMs } = useLive();
  const lastMs = useRef(nowMs());
  const latest = useRef(onDue);
  useEffect(() => {
    latest.current = onDue;
  });
  useEffect(() => {
    if (receivedAtMs === null || receivedAtMs - lastMs.current < everyMs) return;
    lastMs.current = receivedAtMs;
    latest.current();
  }, [receivedAtMs, everyMs]);
  return null;
}
