import type { Pool } from "pg";
import type { z } from "zod";
import { isAppError } from "../../platform/errors.ts";
import { inTransaction } from "../../platform/sql.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { requireRank } from "../../trpc/ranks.ts";
import { notYourOwnFactors, personNotFound } from "../access.errors.ts";
import type { meSchema, resetFactorsInput } from "../access.schema.ts";
import { deleteSessionsOf } from "../sessions/sessions.store.ts";
import { deleteFactors, lockPerson, selectFactors } from "./factors.store.ts";
import type { Seal } from "./seal.ts";

type Security = z.infer<typeof meSchema>["security"];

export interface Factors {
  security(principal: Principal): Promise<Security>;
  /**
   * Removes somebody's two-factor and passkeys and ends their sessions. Answers what the audit row says. Raises 404 `USER_NOT_FOUND`,
   * 403 `NOT_YOURSELF` or `RANK_TOO_LOW`.
   */
  reset(principal: Principal, input: z.output<typeof resetFactorsInput>): Promise<AuditNote>;
}

export function createFactors(deps: {
  readonly pool: Pool;
  readonly seal: Seal;
  arePasskeysAvailable(): boolean;
  forgetCredentials(userId: string): void;
}): Factors {
  const { pool, seal } = deps;

  const countCodes = async (sealed: string): Promise<number> => {
    try {
      return (await seal.openList(sealed)).length;
    } catch (error) {
      // None of them would count at a sign-in either.
      if (isAppError(error)) return 0;
      throw error;
    }
  };

  return {
    security: async (principal) => {
      const row = await selectFactors(pool, principal.userId);
      return {
        twoFactor: row?.isTwoFactorOn ?? false,
        passkeys: row?.passkeys ?? 0,
        recoveryCodesLeft: row?.recoveryCodes ? await countCodes(row.recoveryCodes) : null,
        isVerified: principal.kind === "key" || principal.isVerified === true,
        passkeysAvailable: deps.arePasskeysAvailable(),
      };
    },

    reset: async (principal, { userId, reason }) => {
      if (userId === principal.userId) throw notYourOwnFactors();
      const { person, before } = await inTransaction(pool, async (sql) => {
        const found = await lockPerson(sql, userId);
        if (!found) throw personNotFound();
        requireRank(principal.role, found.role);
        const removed = await deleteFactors(sql, userId);
        await deleteSessionsOf(sql, userId);
        return { person: found, before: removed };
      });
      deps.forgetCredentials(userId);
      return {
        targetType: "user",
        targetId: userId,
        before: { email: person.email, ...before },
        after: { email: person.email, twoFactor: false, passkeys: 0 },
        ...(reason === undefined ? {} : { reason }),
      };
    },
  };
}
