import { useEffect, useState } from "react";

// The browser's clocks and timers are read here and nowhere else, so that tests can stand in for one file.

export function nowMs(): number {
  return Date.now();
}

/** Calls `fn` once after `delayMs`; the answer cancels it. */
export function after(delayMs: number, fn: () => void): () => void {
  const timer = setTimeout(fn, delayMs);
  return () => clearTimeout(timer);
}

/** The time now, read again every `everyMs` while the component is mounted and the tab is visible. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    let cancel = (): void => undefined;
    const tick = (): void => {
      setNow(nowMs());
      if (!document.hidden) cancel = after(everyMs, tick);
    };
    const wake = (): void => {
      cancel();
      if (!document.hidden) tick();
    };
    cancel = after(everyMs, tick);
    document.addEventListener("visibilitychange", wake);
    return () => {
      cancel();
      document.removeEventListener("visibilitychange", wake);
    };
  }, [everyMs]);
  return now;
}

/** True once `active` has lasted `delayMs`: a skeleton that comes and goes faster is a flicker. */
export function useLasting(active: boolean, delayMs = 150): boolean {
  const [lasted, setLasted] = useState(false);
  useEffect(() => {
    if (!active) {
      setLasted(false);
      return;
    }
    return after(delayMs, () => setLasted(true));
  }, [active, delayMs]);
  return active && lasted;
}
