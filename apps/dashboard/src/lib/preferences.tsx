import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";

export interface Preferences {
  readonly theme: "auto" | "light" | "dark";
  readonly density: "comfortable" | "default" | "compact";
  readonly language: Language;
  /** IANA name, or null for the browser's zone. */
  readonly timeZone: string | null;
  /** Shortcuts of one key without a modifier; WCAG 2.1.4 asks that they can be turned off. */
  readonly singleKeys: boolean;
  readonly railCollapsed: boolean;
}
export const languages = ["en", "zh-CN"] as const;
export type Language = (typeof languages)[number];

export interface PreferencesStore {
  get(): Preferences;
  set(change: Partial<Preferences>): void;
  subscribe(listener: () => void): () => void;
}

/** Also read by public/first-paint.js. */
const STORAGE_KEY = "switchboard.preferences";

export function createPreferences(): PreferencesStore {
  let value = read();
  const listeners = new Set<() => void>();
  const apply = (next: Preferences): void => {
    value = next;
    showOnRoot(next);
    for (const listener of listeners) listener();
  };
  window.addEventListener("storage", (event) => {
    if (event.key === STORAGE_KEY) apply(read());
  });
  showOnRoot(value);
  return {
    get: () => value,
    set: (change) => {
      const next = { ...value, ...change };
      // Blocked or full storage costs the memory of the choice, not the choice itself.
      try {
        localStorage.setItem(STORAGE_KEY, JSON.stringify(next));
      } catch {
        console.warn("Preferences could not be kept: storage is blocked.");
      }
      apply(next);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function read(): Preferences {
  let saved: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}");
    if (typeof parsed === "object" && parsed !== null) saved = parsed as Record<string, unknown>;
  } catch {
    // Somebody else's value, or storage is blocked: defaults.
  }
  const browserLanguage: Language = navigator.language.startsWith("zh") ? "zh-CN" : "en";
  return {
    theme: oneOf(saved.theme, ["auto", "light", "dark"], "auto"),
    density: oneOf(saved.density, ["comfortable", "default", "compact"], "default"),
    language: oneOf(saved.language, languages, browserLanguage),
    timeZone: typeof saved.timeZone === "string" && isTimeZone(saved.timeZone) ? saved.timeZone : null,
    singleKeys: saved.singleKeys !== false,
    railCollapsed: saved.railCollapsed === true,
  };
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], fallback: T): T {
  return allowed.find((candidate) => candidate === value) ?? fallback;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function showOnRoot(value: Preferences): void {
  const root = document.documentElement;
  root.lang = value.language;
  if (value.density === "default") delete root.dataset.density;
  else root.dataset.density = value.density;
}

const PreferencesContext = createContext<PreferencesStore | null>(null);

export function PreferencesProvider({ store, children }: { store: PreferencesStore; children: ReactNode }) {
  return <PreferencesContext value={store}>{children}</PreferencesContext>;
}

export function usePreferences(): readonly [Preferences, PreferencesStore["set"]] {
  const store = useContext(PreferencesContext);
  if (!store) throw new Error("usePreferences needs a PreferencesProvider above it.");
  return [useSyncExternalStore(store.subscribe, store.get), store.set];
}
