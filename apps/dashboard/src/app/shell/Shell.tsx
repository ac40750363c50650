import { useRouterState } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { useIsNarrow } from "../../lib/layout.ts";
import { useLive } from "../../lib/live.tsx";
import { usePreferences } from "../../lib/preferences.tsx";
import { PanelBoundary } from "../../ui/PanelBoundary.tsx";
import { BottomNav } from "./BottomNav.tsx";
import { ConnectionBar } from "./ConnectionBar.tsx";
import { Header } from "./Header.tsx";
import { NavigationKeys } from "./NavigationKeys.tsx";
import { Rail } from "./Rail.tsx";
import classes from "./Shell.module.css";
import { useThemeToggle } from "./ThemeSwitch.tsx";

const Palette = lazy(async () => ({ default: (await import("../palette/Palette.tsx")).Palette }));
const ActivityTray = lazy(async () => ({
  default: (await import("../../features/activity/ActivityTray.tsx")).ActivityTray,
}));
const ShortcutSheet = lazy(async () => ({ default: (await import("../palette/ShortcutSheet.tsx")).ShortcutSheet }));

export type Overlay = "palette" | "sheet" | null;

/** The frame around every page: rail, header, connection bar, content. */
export function Shell({ children }: { children: ReactNode }) {
  const t = useT();
  const isNarrow = useIsNarrow();
  const { status } = useLive();
  const [{ railCollapsed }] = usePreferences();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const toggleTheme = useThemeToggle();
  const main = useRef<HTMLElement>(null);
  useFocusOnNavigation(main);
  useRailOnRoot(railCollapsed);
  useShortcut("mod+k", t("keys.palette"), () => setOverlay("palette"), { scope: "everywhere" });
  useShortcut("?", t("keys.sheet"), () => setOverlay("sheet"), { scope: "everywhere" });
  useShortcut("t", t("keys.theme"), toggleTheme, { scope: "everywhere" });

  return (
    <div className={classes.shell} data-connection={status}>
      <a className={classes.skip} href="#content">
        {t("app.skip")}
      </a>
      <NavigationKeys />
      {isNarrow ? null : <Rail onOpen={setOverlay} />}
      <div className={classes.column}>
        <Header onOpen={setOverlay} />
        <ConnectionBar />
        <main className={classes.main} id="content" ref={main} tabIndex={-1}>
          <PanelBoundary>{children}</PanelBoundary>
        </main>
        <Suspense>
          <ActivityTray />
        </Suspense>
        {isNarrow ? <BottomNav onOpen={setOverlay} /> : null}
      </div>
      <Suspense>
        {overlay === "palette" ? (
          <Palette onClose={() => setOverlay(null)} onOpenSheet={() => setOverlay("sheet")} />
        ) : null}
        {overlay === "sheet" ? <ShortcutSheet onClose={() => setOverlay(null)} /> : null}
      </Suspense>
    </div>
  );
}

/** On the root element, since toasts lie outside of the shell and keep clear of the rail. */
function useRailOnRoot(isCollapsed: boolean): void {
  useLayoutEffect(() => {
    const { dataset } = document.documentElement;
    dataset.rail = isCollapsed ? "collapsed" : "full";
    return () => {
      delete dataset.rail;
    };
  }, [isCollapsed]);
}

/** After a link the focus is in the content, so that a screen reader begins there and j/k work at once. */
function useFocusOnNavigation(main: React.RefObject<HTMLElement | null>): void {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname, main]);
}
