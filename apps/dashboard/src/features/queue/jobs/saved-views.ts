import { useSyncExternalStore } from "react";

/** A list of jobs by its address, without the page it lies under. */
export interface SavedView {
  readonly name: string;
  /** `?state=discarded&queue=mail` */
  readonly search: string;
}

/** In this browser, like the other preferences: another one knows nothing of them. */
const STORAGE_KEY = "switchboard.jobViews";
const VIEWS_MAX = 30;
const NAME_MAX = 60;
const SEARCH_MAX = 4000;

const listeners = new Set<() => void>();
let cached: { readonly raw: string | null; readonly views: readonly SavedView[] } = { raw: null, views: [] };

/** What is stored is not ours alone: anything that is no view is left out. */
export function parseViews(raw: string | null): readonly SavedView[] {
  if (raw === null) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch {
    return [];
  }
  return Array.isArray(parsed) ? parsed.filter(isView).slice(0, VIEWS_MAX) : [];
}

function isView(value: unknown): value is SavedView {
  if (typeof value !== "object" || value === null) return false;
  const { name, search } = value as Record<string, unknown>;
  return (
    typeof name === "string" &&
    name !== "" &&
    name.length <= NAME_MAX &&
    typeof search === "string" &&
    search.length <= SEARCH_MAX &&
    (search === "" || search.startsWith("?"))
  );
}

/** A view of the same name is replaced. */
export function withView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  return [...views.filter(({ name }) => name !== view.name), view].slice(-VIEWS_MAX);
}

function read(): readonly SavedView[] {
  const raw = localStorage.getItem(STORAGE_KEY);
  if (raw !== cached.raw) cached = { raw, views: parseViews(raw) };
  return cached.views;
}

function write(views: readonly SavedView[]): void {
  localStorage.setItem(STORAGE_KEY, JSON.stringify(views));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  const onStorage = (event: StorageEvent): void => {
    if (event.key === STORAGE_KEY) listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", onStorage);
  };
}

export function useSavedViews() {
  const views = useSyncExternalStore(subscribe, read);
  return {
    views,
    /** Raises when storage is blocked or full. */
    save: (view: SavedView) => write(withView(read(), view)),
    remove: (name: string) => write(read().filter((view) => view.name !== name)),
  };
}
