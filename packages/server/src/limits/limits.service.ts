import type { Pool } from "pg";
import type { z } from "zod";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { createLimitActs, type LimitActs } from "./changes/acts.ts";
import { followChanges } from "./changes/follow.ts";
import { createLimitRegistry, type LimitRegistry, type LimitRegistryOptions } from "./limits.registry.ts";
import type { LimitDetail, limitsOutput } from "./limits.schema.ts";
import { createLimitOverrides, type LimitOverrides } from "./overrides/overrides.service.ts";
import { listBlocked } from "./refusals/blocked.ts";
import type { LimitBlockedQuery, limitBlockedPage } from "./refusals/refusals.schema.ts";
import { rehearse } from "./rehearse/rehearse.ts";
import type { LimitRehearsal, LimitRehearsalOutcome } from "./rehearse/rehearse.schema.ts";

export interface LimitsDeps extends LimitRegistryOptions {
  readonly database: { readonly pool: Pool };
  readonly logger: Logger;
  /** Callers to what people know them by: an e-mail address, the name of a key. Whom nobody knows is left out. */
  readonly describeCallers: (callers: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** Rates and slots of this process, as configured and as changed since. Before start everything runs as configured. */
export interface Limits
  extends Omit<LimitRegistry, "gates" | "find" | "findRate" | "apply" | "applyOverrides">, LimitActs, Service {
  list(): z.output<typeof limitsOutput>;
  /** Raises 404 `LIMIT_NOT_FOUND`. */
  get(name: string): Promise<LimitDetail>;
  readonly overrides: LimitOverrides;
  blocked(query: LimitBlockedQuery): Promise<z.output<typeof limitBlockedPage>>;
  rehearse(rehearsal: LimitRehearsal): Promise<LimitRehearsalOutcome>;
}

export function createLimits(deps: LimitsDeps): Limits {
  const { clock, logger, describeCallers } = deps;
  const { pool } = deps.database;
  const registry = createLimitRegistry(deps);
  const follower = followChanges({ pool, clock, logger, registry });
  const overrides = createLimitOverrides({ pool, registry, follower, describeCallers });
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
    get: async (name) => {
      const limit = registry.find(name);
      return { ...limit.row(), overrides: limit.kind === "rate" ? await overrides.list(limit) : [] };
    },
    overrides,
    blocked: (query) => listBlocked({ clock, registry, describeCallers }, query),
    rehearse: (rehearsal) => rehearse({ clock, registry, describeCallers }, rehearsal),
  };
}
