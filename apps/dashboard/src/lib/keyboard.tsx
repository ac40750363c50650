import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { usePreferences } from "./preferences.tsx";

/** A shortcut: `j`, `?`, `mod+k`, `Shift+x`, or two keys one after the other as `g o`. */
export interface Shortcut {
  readonly keys: string;
  readonly label: string;
  readonly scope: "everywhere" | "here";
  run(event: KeyboardEvent): void;
}

interface ShortcutStore {
  add(shortcut: Shortcut): () => void;
  list(): readonly Shortcut[];
  subscribe(listener: () => void): () => void;
}

const CHORD_MS = 1200;
const ShortcutContext = createContext<ShortcutStore | null>(null);

export function KeyboardProvider({ children }: { children: ReactNode }) {
  const store = useMemo(createShortcutStore, []);
  const [{ singleKeys }] = usePreferences();
  useEffect(() => listen(store, singleKeys), [store, singleKeys]);
  return <ShortcutContext value={store}>{children}</ShortcutContext>;
}

function createShortcutStore(): ShortcutStore {
  let shortcuts: readonly Shortcut[] = [];
  const listeners = new Set<() => void>();
  const replace = (next: readonly Shortcut[]): void => {
    shortcuts = next;
    for (const listener of listeners) listener();
  };
  return {
    add: (shortcut) => {
      replace([...shortcuts, shortcut]);
      return () => replace(shortcuts.filter((other) => other !== shortcut));
    },
    list: () => shortcuts,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function listen(store: ShortcutStore, singleKeys: boolean): () => void {
  let first: { readonly pressed: string; readonly atMs: number } | undefined;
  let wasBusy = false;
  // Asked on the way down: a dialog that Escape closes is gone on the way up, and the panel behind it would close as well.
  const onKeyDown = (event: KeyboardEvent): void => {
    wasBusy = isBusy(event.target);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const pressed = nameOf(event);
    const withModifier = pressed.startsWith("mod+");
    if (!withModifier && (!singleKeys || wasBusy || isOwnKey(pressed, event.target))) return;
    // When it was pressed, not when it is handled: a page that is busy between the two keys of a pair takes no time from it.
    const atMs = event.timeStamp;
    const wanted = first && atMs - first.atMs <= CHORD_MS ? `${first.pressed} ${pressed}` : pressed;
    first = undefined;
    // The one added last wins: an open panel's Escape or r goes before the page's.
    const shortcut = store.list().findLast((candidate) => candidate.keys === wanted);
    if (shortcut) {
      event.preventDefault();
      shortcut.run(event);
    } else if (store.list().some((candidate) => candidate.keys.startsWith(`${pressed} `))) {
      first = { pressed, atMs };
    }
  };
  window.addEventListener("keydown", onKeyDown, { capture: true });
  window.addEventListener("keydown", onKey);
  return () => {
    window.removeEventListener("keydown", onKeyDown, { capture: true });
    window.removeEventListener("keydown", onKey);
  };
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key === " " ? "Space" : event.key;
  if (event.ctrlKey || event.metaKey) return `mod+${key.toLowerCase()}`;
  if (event.altKey) return `Alt+${key}`;
  // A capital letter is told by its Shift; a sign such as ? already holds it.
  if (event.shiftKey && /^[A-Z]$/.test(key)) return `Shift+${key.toLowerCase()}`;
  return key;
}

/** Typing, or a dialog that is open: single keys belong to it. */
function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector("[aria-modal='true'], [role='menu']")) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Enter and Space already mean something on a control that has the focus. */
function isOwnKey(pressed: string, target: EventTarget | null): boolean {
  if (pressed !== "Enter" && pressed !== "Space") return false;
  return target instanceof Element && target.closest("button, a, summary, input, [role=tab]") !== null;
}

function useShortcutStore(): ShortcutStore {
  const store = useContext(ShortcutContext);
  if (!store) throw new Error("Shortcuts need a KeyboardProvider above them.");
  return store;
}

/** Binds keys while the component is mounted and `active`. */
export function useShortcut(
  keys: string,
  label: string,
  run: (event: KeyboardEvent) => void,
  options: { readonly scope?: Shortcut["scope"]; readonly active?: boolean } = {},
): void {
  const store = useShortcutStore();
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  const { scope = "here", active = true } = options;
  useEffect(() => {
    if (!active) return;
    return store.add({ keys, label, scope, run: (event) => latest.current(event) });
  }, [store, keys, label, scope, active]);
}

/** All shortcuts that are bound at this moment. */
export function useShortcuts(): readonly Shortcut[] {
  const store = useShortcutStore();
  return useSyncExternalStore(store.subscribe, store.list);
}

export function isMac(): boolean {
  return navigator.platform.startsWith("Mac");
}
