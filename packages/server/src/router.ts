import { createAccessRouter } from "./access/access.router.ts";
import { createAuditRouter } from "./audit/audit.router.ts";
import { createCacheRouter } from "./cache/cache.router.ts";
import type { Features } from "./features.ts";
import { createLabRouter } from "./lab/lab.router.ts";
import { createLimitsRouter } from "./limits/limits.router.ts";
import { createQueueRouter } from "./queue/queue.router.ts";
import { createStatsRouter } from "./stats/stats.router.ts";
import type { AnyRouter } from "@trpc/server";
import { router, t } from "./trpc/init.ts";
import { createUsersRouter } from "./users/users.router.ts";

/**
 * The router of all features; without the lab its procedures are not there. Takes `unknown` for a `Features`: the emitted type of
 * this function is what clients check against, and the type of its parameter would drag Prisma's types into each of their checks.
 * `createAppRouter` in `features.ts` is the typed way in.
 */
export function composeRouter(untyped: unknown) {
  const features = untyped as Features;
  const lab = features.lab && createLabRouter(features.lab);
  return router({
    users: createUsersRouter(features.users, features.imports),
    access: createAccessRouter(features.access),
    queue: createQueueRouter(features.queue),
    cache: createCacheRouter(features.cache),
    limits: createLimitsRouter(features.limits),
    stats: createStatsRouter(features.stats),
    audit: createAuditRouter(features.audit),
    // The type always has the lab: a client that calls it where it is off gets 404.
    ...((lab ? { lab } : {}) as { lab: NonNullable<typeof lab> }),
  });
}

/** What clients import, as a type, from `@switchboard/server/router`. */
export type AppRouter = ReturnType<typeof composeRouter>;

const merge = <Own extends AnyRouter>(own: Own) => t.mergeRouters({} as AppRouter, own);

/** The built-in procedures and those of an application: `createClient<RouterWith<typeof procedures>>({ url })`. */
export type RouterWith<Own extends AnyRouter> = ReturnType<typeof merge<Own>>;
