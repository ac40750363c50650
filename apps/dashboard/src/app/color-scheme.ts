import type { MantineColorSchemeManager } from "@mantine/core";
import type { PreferencesStore } from "../lib/preferences.tsx";

/** Lets Mantine read and write the theme in our preferences, so that there is one place where it is kept. */
export function createColorSchemeManager(preferences: PreferencesStore): MantineColorSchemeManager {
  let unsubscribe = (): void => undefined;
  return {
    get: () => preferences.get().theme,
    set: (theme) => {
      if (theme !== preferences.get().theme) preferences.set({ theme });
    },
    subscribe: (onUpdate) => {
      unsubscribe = preferences.subscribe(() => onUpdate(preferences.get().theme));
    },
    unsubscribe: () => unsubscribe(),
    clear: () => preferences.set({ theme: "auto" }),
  };
}
