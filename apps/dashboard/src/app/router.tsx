import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { activitySearch, bulkActSearch } from "../features/activity/activity.search.ts";
import { auditSearch } from "../features/audit/audit.search.ts";
import { cacheSearch } from "../features/cache/cache.search.ts";
import { importSearch, importsSearch } from "../features/imports/imports.search.ts";
import { keysSearch } from "../features/keys/keys.search.ts";
import { limitsSearch } from "../features/limits/limits.search.ts";
import { overviewSearch } from "../features/overview/overview.search.ts";
import { proceduresSearch } from "../features/procedures/procedures.search.ts";
import { jobSearch, jobsSearch } from "../features/queue/jobs.search.ts";
import { errorsSearch } from "../features/queue/errors/errors.search.ts";
import { schedulesSearch } from "../features/queue/schedules/schedules.search.ts";
import { workersSearch } from "../features/queue/workers/workers.search.ts";
import { sessionsSearch } from "../features/sessions/sessions.search.ts";
import { accessSearch, systemSearch } from "../features/settings/settings.search.ts";
import { userSearch, usersSearch } from "../features/users/users.search.ts";
import {
  defineSearch,
  type GlobalSearch,
  parseGlobalSearch,
  parseSearch,
  stringifySearch,
  text,
} from "../lib/search.ts";
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

const overviewRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/overview",
  validateSearch: overviewSearch,
  staticData: { usesRange: true },
  component: lazyRouteComponent(() => import("../features/overview/OverviewPage.tsx"), "OverviewPage"),
});

const proceduresRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/procedures",
  validateSearch: proceduresSearch,
  staticData: { usesRange: true },
  component: lazyRouteComponent(() => import("../features/procedures/ProceduresPage.tsx"), "ProceduresPage"),
});

const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("../features/audit/AuditPage.tsx"), "AuditPage"),
});

const jobsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/queue/jobs",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("../features/queue/JobsPage.tsx"), "JobsPage"),
});

const jobRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/queue/jobs/$id",
  validateSearch: jobSearch,
  component: lazyRouteComponent(() => import("../features/queue/JobPage.tsx"), "JobPage"),
});

const errorsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/queue/errors",
  validateSearch: errorsSearch,
  component: lazyRouteComponent(() => import("../features/queue/errors/ErrorsPage.tsx"), "ErrorsPage"),
});

const schedulesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/queue/schedules",
  validateSearch: schedulesSearch,
  component: lazyRouteComponent(() => import("../features/queue/schedules/SchedulesPage.tsx"), "SchedulesPage"),
});

const scheduleRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/queue/schedules/$id",
  validateSearch: defineSearch({}),
  component: lazyRouteComponent(() => import("../features/queue/schedules/SchedulePage.tsx"), "SchedulePage"),
});

const workersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/queue/workers",
  validateSearch: workersSearch,
  component: lazyRouteComponent(() => import("../features/queue/workers/WorkersPage.tsx"), "WorkersPage"),
});

const activityRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/activity",
  validateSearch: activitySearch,
  component: lazyRouteComponent(() => import("../features/activity/ActivityPage.tsx"), "ActivityPage"),
});

const bulkActRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/activity/$id",
  validateSearch: bulkActSearch,
  component: lazyRouteComponent(() => import("../features/activity/BulkActPage.tsx"), "BulkActPage"),
});

const cacheRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/cache",
  validateSearch: cacheSearch,
  component: lazyRouteComponent(() => import("../features/cache/CachePage.tsx"), "CachePage"),
});

const limitsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/limits",
  validateSearch: limitsSearch,
  component: lazyRouteComponent(() => import("../features/limits/LimitsPage.tsx"), "LimitsPage"),
});

const usersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/users",
  validateSearch: usersSearch,
  component: lazyRouteComponent(() => import("../features/users/UsersPage.tsx"), "UsersPage"),
});

const userRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/users/$id",
  validateSearch: userSearch,
  component: lazyRouteComponent(() => import("../features/users/UserPage.tsx"), "UserPage"),
});

const importsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/users/imports",
  validateSearch: importsSearch,
  component: lazyRouteComponent(() => import("../features/imports/ImportsPage.tsx"), "ImportsPage"),
});

const importRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/users/imports/$id",
  validateSearch: importSearch,
  component: lazyRouteComponent(() => import("../features/imports/ImportPage.tsx"), "ImportPage"),
});

const sessionsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/sessions",
  validateSearch: sessionsSearch,
  component: lazyRouteComponent(() => import("../features/sessions/SessionsPage.tsx"), "SessionsPage"),
});

const keysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/keys",
  validateSearch: keysSearch,
  component: lazyRouteComponent(() => import("../features/keys/KeysPage.tsx"), "KeysPage"),
});

const settingsSystemRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/system",
  validateSearch: systemSearch,
  component: lazyRouteComponent(() => import("../features/settings/SystemPage.tsx"), "SystemPage"),
});

const settingsAccessRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings/access",
  validateSearch: accessSearch,
  component: lazyRouteComponent(() => import("../features/settings/AccessPage.tsx"), "AccessPage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  setUpRoute,
  appRoute.addChildren([
    homeRoute,
    overviewRoute,
    proceduresRoute,
    auditRoute,
    jobsRoute,
    jobRoute,
    errorsRoute,
    schedulesRoute,
    scheduleRoute,
    workersRoute,
    activityRoute,
    bulkActRoute,
    cacheRoute,
    limitsRoute,
    usersRoute,
    userRoute,
    importsRoute,
    importRoute,
    sessionsRoute,
    keysRoute,
    settingsMeRoute,
    settingsSystemRoute,
    settingsAccessRoute,
  ]),
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
