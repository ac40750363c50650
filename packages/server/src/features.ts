import type { Access } from "./access/access.service.ts";
import type { Audit } from "./audit/audit.service.ts";
import type { Cache } from "./cache/cache.service.ts";
import type { Lab } from "./lab/lab.service.ts";
import type { Limits } from "./limits/limits.service.ts";
import type { Queue } from "./queue/queue.service.ts";
import type { Stats } from "./stats/stats.service.ts";
import { composeRouter, type AppRouter } from "./router.ts";
import type { UserImports } from "./users/imports/imports.service.ts";
import type { Users } from "./users/users.service.ts";

/** THE list: a line here and one in `router.ts` is all that a new feature touches. */
export interface Features {
  readonly users: Users;
  readonly imports: UserImports;
  readonly access: Access;
  readonly queue: Queue;
  readonly cache: Cache;
  readonly limits: Limits;
  readonly stats: Stats;
  readonly audit: Audit;
  /** On with `SWITCHBOARD_LAB=1` only. */
  readonly lab: Lab | undefined;
}

export function createAppRouter(features: Features): AppRouter {
  return composeRouter(features);
}
