import { createFakeClock, openTestDatabase, type FakeClock } from "@switchboard/testing";
import { expect, vi } from "vitest";
import type { Call } from "../../middleware/chain.ts";
import { createLogger, type Logger } from "../../platform/logger.ts";
import type { Principal } from "../../trpc/context.ts";
import type { Role } from "../../trpc/roles.ts";
import type { PolicyOverrides } from "../limits.policies.ts";
import { limitHistoryInput, type LimitRow } from "../limits.schema.ts";
import { createLimits, type Limits } from "../limits.service.ts";

export type TestDatabase = Awaited<ReturnType<typeof openTestDatabase>>;

export const usersList: Call = {
  path: "users.list",
  type: "query",
  meta: { access: "viewer", limit: "read", description: "Users." },
};
export const rateLimited: Call = {
  path: "lab.rateLimited",
  type: "query",
  meta: { access: "viewer", limit: "lab", description: "At most 50." },
};
export const READ = "read.rate";
export const MINUTE_MS = 60_000;

export interface Process {
  readonly limits: Limits;
  readonly clock: FakeClock;
  /** Lets the time of the next reading pass, and waits for what it finds. */
  follow(check: () => void): Promise<void>;
}

export interface ProcessOptions {
  readonly overrides?: PolicyOverrides;
  readonly pool?: TestDatabase["pool"];
  readonly logger?: Logger;
  readonly clock?: FakeClock;
}

/** The limits of several processes, each with a clock of its own, on one database. */
export async function openFleet() {
  const database = await openTestDatabase();
  const started: { limits: Limits; clock: FakeClock }[] = [];
  return {
    database,
    startProcess: async (options: ProcessOptions = {}): Promise<Process> => {
      const {
        overrides = {},
        pool = database.pool,
        logger = createLogger("silent"),
        clock = createFakeClock(),
      } = options;
      const catalog = (): Call[] => [usersList, rateLimited];
      const describeCallers = (callers: readonly string[]): Promise<Map<string, string>> =>
        Promise.resolve(new Map(callers.map((caller) => [caller, `Label of ${caller}`])));
      const limits = createLimits({ database: { pool }, clock, logger, overrides, catalog, describeCallers });
      started.push({ limits, clock });
      await limits.start(new AbortController().signal);
      const follow = async (check: () => void): Promise<void> => {
        // A reading that is under way would be joined, and may have begun before what is to be found.
        await vi.waitFor(() => expect(pool.totalCount - pool.idleCount + pool.waitingCount).toBe(0));
        await clock.advance(2000);
        await vi.waitFor(check, { timeout: 10_000 });
      };
      return { limits, clock, follow };
    },
    /** By the database's clock every change has had its time. */
    letTimePass: async (): Promise<void> => {
      await database.pool.query(
        "UPDATE limit_change SET revert_at = now() - interval '1 ms' WHERE revert_at IS NOT NULL",
      );
      await database.pool.query("UPDATE limit_override SET until = now() - interval '1 ms' WHERE until IS NOT NULL");
    },
    /** Ends all processes and what they changed. */
    clear: async (): Promise<void> => {
      for (const { limits, clock } of started.splice(0)) {
        await limits.stop();
        if (clock.pendingCount() > 0) throw new Error("A timer is left.");
      }
      await database.pool.query("TRUNCATE limit_change, limit_override, limit_history");
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export type Fleet = Awaited<ReturnType<typeof openFleet>>;

const personOf = (role: Role): Principal => ({
  kind: "session",
  userId: `u-${role}`,
  email: `${role}@desk.test`,
  name: role,
  role,
  credentialId: "c",
});
export const operator = personOf("operator");
export const admin = personOf("admin");

export const allowedOf = ({ limits }: Process, key = "user:1", calls = 400, call = usersList): number =>
  Array.from({ length: calls }, () => limits.takePrincipal(call, key).allowed).filter(Boolean).length;
export const rowOf = ({ limits }: Pick<Process, "limits">, name: string): LimitRow => {
  const row = limits.list().items.find((item) => item.name === name);
  if (!row) throw new Error(`${name} is no limit.`);
  return row;
};
export const pick = ({ limits }: Process, name = READ): Pick<LimitRow, "limit" | "burst" | "queueLimit" | "change"> => {
  const { limit, burst, queueLimit, change } = rowOf({ limits }, name);
  return { limit, burst, queueLimit, change };
};
export const historyOf = async ({ limits }: Process, query: object = {}) =>
  (await limits.history(limitHistoryInput.parse(query))).items;

export const causesOf = async (one: Process): Promise<string[]> => (await historyOf(one)).map(({ cause }) => cause);
