import { z } from "zod";
import type { Sql } from "../../platform/sql.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { isAbove, requireRank } from "../../trpc/ranks.ts";
import { rankOf, roles } from "../../trpc/roles.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../../trpc/wire.ts";
import { sessionNotFound } from "../access.errors.ts";
import type {
  Session,
  sessionPage,
  SessionsFilter,
  sessionsListInput,
  sessionsPreview,
  sessionsPreviewInput,
  sessionsRevokeAllInput,
  sessionsRevoked,
} from "../access.schema.ts";
import type { CredentialCache } from "../credentials/credential-cache.ts";
import {
  deleteSession,
  deleteSessions,
  previewSessions,
  selectSessionOwner,
  selectSessions,
  type SessionsAim,
} from "./sessions.store.ts";

/** An admin sees and ends the sessions of all people, anybody else their own. */
export interface Sessions {
  list(principal: Principal, input: z.output<typeof sessionsListInput>): Promise<z.infer<typeof sessionPage>>;
  /** Answers what the audit row says. Raises 404 `SESSION_NOT_FOUND` or 403 `RANK_TOO_LOW`. */
  revoke(principal: Principal, id: string): Promise<AuditNote>;
  preview(principal: Principal, input: z.output<typeof sessionsPreviewInput>): Promise<z.infer<typeof sessionsPreview>>;
  /** Ends what `preview` counted, and the caller's own session only when asked to. Sessions of a higher rank are skipped. */
  revokeAll(
    principal: Principal,
    input: z.output<typeof sessionsRevokeAllInput>,
  ): Promise<z.infer<typeof sessionsRevoked> & { readonly note: AuditNote }>;
}

const LIST = "access.sessions.list";
const SAMPLE_SIZE = 5;
const cursorKeys = z.tuple([timestampSchema, idSchema]);

/** Whether somebody may see what belongs to others. */
export function seesAll(principal: Principal): boolean {
  return rankOf(principal.role) >= rankOf("admin");
}

/** Whose things alone a caller sees; undefined for those who see all. */
export function toOwnerId(principal: Principal): string | undefined {
  return seesAll(principal) ? undefined : principal.userId;
}

export function createSessions(sql: Sql, cache: CredentialCache): Sessions {
  const mark =
    (principal: Principal) =>
    (session: Omit<Session, "current">): Session => ({
      ...session,
      current: principal.kind === "session" && session.id === principal.credentialId,
    });

  return {
    list: async (principal, { limit, cursor, ...filter }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, cursorKeys);
      const found = await selectSessions(sql, { ...filter, ownerId: toOwnerId(principal), after, limit: limit + 1 });
      const items = found.slice(0, limit).map(mark(principal));
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

    preview: async (principal, input) => {
      const preview = await previewSessions(sql, toAim(principal, input), SAMPLE_SIZE);
      return { ...preview, sample: preview.sample.map(mark(principal)) };
    },

    revokeAll: async (principal, { asOf, reason, ...input }) => {
      const ended = await deleteSessions(sql, toAim(principal, input), asOf);
      // All of them: which ones have ended is known to the database only, and a look-up each is cheap.
      cache.forget(({ kind }) => kind === "session");
      return {
        ...ended,
        note: {
          targetType: "session",
          ...(input.userId === undefined ? {} : { targetId: input.userId }),
          before: { ...input, asOf },
          after: ended,
          ...(reason === undefined ? {} : { reason }),
        },
      };
    },
  };
}

function toAim(
  principal: Principal,
  { includeCurrent, ...filter }: SessionsFilter & { readonly includeCurrent: boolean },
): SessionsAim {
  return {
    ...filter,
    ownerId: toOwnerId(principal),
    roles: roles.filter((role) => !isAbove(role, principal.role)),
    except: principal.kind === "session" && !includeCurrent ? principal.credentialId : undefined,
  };
}
