import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { defineSearch, type GlobalSearch, parseGlobalSearch, parseSearch, stringifySearch, text } from "../lib/search.ts";
import { AppGate } from "./AppGate.tsx";
import { navItems } from "./navigation.ts";
import { NotFound, RouteFailure } from "./RouteFailure.tsx";

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createDashboardRouter>;
  }
  interface StaticDataRouteOption {
    /** The page follows the time window of the header; elsewhere the control is not shown. */
    readonly usesRange?: boolean;
  }
}

const rootRoute = createRootRoute({
  validateSearch: parseGlobalSearch,
  search: { middlewares: [retainSearchParams<GlobalSearch>(["range"])] },
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: defineSearch({ next: text(2000) }),
  component: lazyRouteComponent(() => import("../features/sign-in/SignInPage.tsx"), "SignInPage"),
});

const setUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  validateSearch: defineSearch({ token: text() }),
  component: lazyRouteComponent(() => import("../features/set-up/SetUpPage.tsx"), "SetUpPage"),
});

/** Everything for people who are signed in. */
const appRoute = createRoute({ getParentRoute: () => rootRoute, id: "app", component: AppGate });

const homeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: navItems[0]?.to ?? "/settings/me", replace: true });
  },
});

const settingsMeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/me",
  validateSearch: defineSearch({}),
  component: lazyRouteComponent(() => import("../features/settings/MePage.tsx"), "MePage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  setUpRoute,
  appRoute.addChildren([homeRoute, settingsMeRoute]),
]);

export function createDashboardRouter() {
  return createRouter({
    routeTree,
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    // Data is read by the pages through queries, which know by themselves how fresh they are.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: false,
  });
}
