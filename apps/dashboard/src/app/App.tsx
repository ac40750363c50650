import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { type Catalogue, I18nProvider, loadCatalogue, useT } from "../lib/i18n/i18n.tsx";
import { KeyboardProvider } from "../lib/keyboard.tsx";
import { type Language, PreferencesProvider, type PreferencesStore, usePreferences } from "../lib/preferences.tsx";
import { type StepUp, StepUpProvider } from "../lib/step-up.ts";
import { type createTrpcClient, trpc } from "../lib/trpc.ts";
import { DialogStack } from "../ui/dialog-stack.tsx";
import { ToastProvider } from "../ui/Toasts.tsx";
import { createColorSchemeManager } from "./color-scheme.ts";
import type { createDashboardRouter } from "./router.tsx";
import { theme } from "./theme.ts";

interface AppProps {
  readonly preferences: PreferencesStore;
  readonly router: ReturnType<typeof createDashboardRouter>;
  readonly queryClient: QueryClient;
  readonly trpcClient: ReturnType<typeof createTrpcClient>;
  readonly stepUp: StepUp;
  readonly firstCatalogue: Catalogue;
}

export function App({ preferences, router, queryClient, trpcClient, stepUp, firstCatalogue }: AppProps) {
  const [colorScheme] = useState(() => createColorSchemeManager(preferences));
  return (
    <PreferencesProvider store={preferences}>
      {/* Variables and global classes come from files: Mantine would write them into style elements. */}
      <MantineProvider
        theme={theme}
        colorSchemeManager={colorScheme}
        defaultColorScheme="auto"
        withCssVariables={false}
        withGlobalClasses={false}
      >
        <LanguageProvider first={firstCatalogue}>
          <trpc.Provider client={trpcClient} queryClient={queryClient}>
            <QueryClientProvider client={queryClient}>
              <KeyboardProvider>
                <ToastProvider>
                  <StepUpProvider value={stepUp}>
                    <DialogStack>
                      <RouterProvider router={router} />
                    </DialogStack>
                  </StepUpProvider>
                  <Overlays />
                </ToastProvider>
              </KeyboardProvider>
            </QueryClientProvider>
          </trpc.Provider>
        </LanguageProvider>
      </MantineProvider>
    </PreferencesProvider>
  );
}

/** Where menus, dialogs and tooltips are drawn: after the page, and in a landmark. */
function Overlays() {
  const t = useT();
  return <div id="overlays" role="region" aria-label={t("app.overlays")} />;
}

/** Swaps the words once the chosen language is here; until then the old ones stay. */
function LanguageProvider({ first, children }: { first: Catalogue; children: ReactNode }) {
  const [{ language }] = usePreferences();
  const [shown, setShown] = useState<{ language: Language; catalogue: Catalogue }>({ language, catalogue: first });
  useEffect(() => {
    if (language === shown.language) return;
    let isWanted = true;
    loadCatalogue(language).then(
      (catalogue) => isWanted && setShown({ language, catalogue }),
      (error: unknown) => console.error("The language could not be loaded.", error),
    );
    return () => {
      isWanted = false;
    };
  }, [language, shown.language]);
  return (
    <I18nProvider language={shown.language} catalogue={shown.catalogue}>
      {children}
    </I18nProvider>
  );
}
