import type { Pool } from "pg";
import type { z } from "zod";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { createLimitActs, type LimitActs } from "./changes/acts.ts";
import { followChanges } from "./changes/follow.ts";
import { createLimitRegistry, type LimitRegistry, type LimitRegistryOptions } from "./limits.registry.ts";
import type { LimitRow, limitsOutput } from "./limits.schema.ts";

export interface LimitsDeps extends LimitRegistryOptions {
  readonly database: { readonly pool: Pool };
  readonly logger: Logger;
}

/** Rates and slots of this process, as configured and as changed since. Before start everything runs as configured. */
export interface Limits extends Omit<LimitRegistry, "gates" | "find" | "apply">, LimitActs, Service {
  list(): z.output<typeof limitsOutput>;
  /** Raises 404 `LIMIT_NOT_FOUND`. */
  get(name: string): LimitRow;
}

export function createLimits(deps: LimitsDeps): Limits {
  const { clock, logger } = deps;
  const { pool } = deps.database;
  const registry = createLimitRegistry(deps);
  const follower = followChanges({ pool, clock, logger, registry });
  const { takeAddress, takePrincipal, takeKey, peekPrincipal, tryAcquire, acquire } = registry;
  return {
    takeAddress,
    takePrincipal,
    takeKey,
    peekPrincipal,
    tryAcquire,
    acquire,
    ...createLimitActs({ pool, registry, follower }),
    name: "limits",
    start: follower.start,
    stop: follower.stop,
    list: () => ({ items: registry.gates().map((gate) => gate.row()), asOf: clock.now().toISOString() }),
    get: (name) => registry.find(name).row(),
  };
}
