import { createAccessRouter } from "./access/access.router.ts";
import { createAuditRouter } from "./audit/audit.router.ts";
import { createCacheRouter } from "./cache/cache.router.ts";
import { createLabRouter } from "./lab/lab.router.ts";
import { createLimitsRouter } from "./limits/limits.router.ts";
import { createQueueRouter } from "./queue/queue.router.ts";
import { createStatsRouter } from "./stats/stats.router.ts";
import { router } from "./trpc/init.ts";
import { createUsersRouter } from "./users/users.router.ts";
import type { Features } from "./features.ts";

function createFullRouter(features: Features & { readonly lab: NonNullable<Features["lab"]> }) {
  return router({
    users: createUsersRouter(features.users),
    access: createAccessRouter(features.access),
    queue: createQueueRouter(features.queue),
    cache: createCacheRouter(features.cache),
    limits: createLimitsRouter(features.limits),
    stats: createStatsRouter(features.stats),
    audit: createAuditRouter(features.audit),
    lab: createLabRouter(features.lab),
  });
}

/** What clients import, as a type. It has the lab, which answers 404 where it is off. */
export type AppRouter = ReturnType<typeof createFullRouter>;

export function createAppRouter(features: Features): AppRouter {
  if (features.lab) return createFullRouter({ ...features, lab: features.lab });
  const { lab: _off, ...procedures } = createFullRouter({ ...features, lab: {} as never })._def.record;
  return router(procedures) as unknown as AppRouter;
}
