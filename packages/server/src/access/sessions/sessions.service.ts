import { z } from "zod";
import type { Sql } from "../../platform/sql.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { requireRank } from "../../trpc/ranks.ts";
import { rankOf } from "../../trpc/roles.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../../trpc/wire.ts";
import { sessionNotFound } from "../access.errors.ts";
import type { sessionPage, sessionsListInput } from "../access.schema.ts";
import type { CredentialCache } from "../credentials/credential-cache.ts";
import { deleteSession, selectSessionOwner, selectSessions } from "./sessions.store.ts";

export interface Sessions {
  /** One's own; an admin sees those of all, or of `userId`. */
  list(principal: Principal, input: z.output<typeof sessionsListInput>): Promise<z.infer<typeof sessionPage>>;
  /** Answers what the audit row says. Raises 404 `SESSION_NOT_FOUND` or 403 `RANK_TOO_LOW`. */
  revoke(principal: Principal, id: string): Promise<AuditNote>;
}

const LIST = "access.sessions.list";
const cursorKeys = z.tuple([timestampSchema, idSchema]);

/** Whether somebody may see what belongs to others. */
export function seesAll(principal: Principal): boolean {
  return rankOf(principal.role) >= rankOf("admin");
}

export function createSessions(sql: Sql, cache: CredentialCache): Sessions {
  return {
    list: async (principal, { limit, cursor, userId }) => {
      if (!seesAll(principal) && userId !== undefined && userId !== principal.userId)
        return { items: [], nextCursor: null };
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, cursorKeys);
      const whose = seesAll(principal) ? userId : principal.userId;
      const found = await selectSessions(sql, { userId: whose, after, limit: limit + 1 });
      const items = found.slice(0, limit).map((session) => ({
        ...session,
        current: principal.kind === "session" && session.id === principal.credentialId,
      }));
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? toCursor(LIST, [last.createdAt, last.id]) : null };
    },

    revoke: async (principal, id) => {
      const owner = await selectSessionOwner(sql, id);
      // To those who may not see it, it does not exist.
      if (!owner || (owner.userId !== principal.userId && !seesAll(principal))) throw sessionNotFound();
      requireRank(principal.role, owner.role);
      await deleteSession(sql, id);
      cache.forget(({ credentialId }) => credentialId === id);
      return { targetType: "session", targetId: id, before: { userId: owner.userId, email: owner.email } };
    },
  };
}
