import { z } from "zod";
import { isInScope } from "../../middleware/rights.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Sql } from "../../platform/sql.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { lowerOf, requireGrantable, requireRank } from "../../trpc/ranks.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../../trpc/wire.ts";
import { keyEnded, keyNotFound, keyNotYours, scopeAboveOwn } from "../access.errors.ts";
import type { Key, keyCreateInput, keyCreateOutput, keyPage, keyRotateInput, keysListInput } from "../access.schema.ts";
import type { CredentialCache } from "../credentials/credential-cache.ts";
import { formatKey, hashSecret, makePrefix, makeSecret } from "./key-text.ts";
import { insertKey, revokeKey, rotateKey, selectKey, selectKeys, type KeyRow } from "./keys.store.ts";
import { seesAll } from "../sessions/sessions.service.ts";

type ShownKey = z.infer<typeof keyCreateOutput>;

export interface Keys {
  /** One's own; an admin sees those of all. */
  list(principal: Principal, input: z.output<typeof keysListInput>): Promise<z.infer<typeof keyPage>>;
  /** Raises 403 `ROLE_ABOVE_OWN` or `SCOPE_ABOVE_OWN`. */
  create(principal: Principal, input: z.output<typeof keyCreateInput>): Promise<ShownKey>;
  /** Raises 404 `KEY_NOT_FOUND`, 409 `KEY_ENDED`, 403 `KEY_NOT_YOURS`, `RANK_TOO_LOW` or `SCOPE_ABOVE_OWN`. */
  rotate(principal: Principal, input: z.output<typeof keyRotateInput>): Promise<ShownKey>;
  /** Answers what the audit row says. Raises 404 `KEY_NOT_FOUND` or 403 `RANK_TOO_LOW`. */
  revoke(principal: Principal, id: string): Promise<AuditNote>;
}

const LIST = "access.keys.list";
const cursorKeys = z.tuple([timestampSchema, idSchema]);

/** Own code instead of better-auth's api-key plugin; docs/decisions/002-own-api-keys.md says why. */
export function createKeys(deps: { readonly sql: Sql; readonly ids: Ids; readonly cache: CredentialCache }): Keys {
  const { sql, ids, cache } = deps;

  const read = async (id: string): Promise<KeyRow> => {
    const row = await selectKey(sql, id);
    if (!row) throw keyNotFound();
    return row;
  };
  /** To those who may not see it, it does not exist. */
  const readVisible = async (principal: Principal, id: string): Promise<KeyRow> => {
    const row = await read(id);
    if (row.ownerId !== principal.userId && !seesAll(principal)) throw keyNotFound();
    return row;
  };
  const forget = (id: string): void => cache.forget(({ credentialId }) => credentialId === id);

  return {
    list: async (principal, { limit, cursor }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, cursorKeys);
      const userId = seesAll(principal) ? undefined : principal.userId;
      const found = await selectKeys(sql, { userId, after, limit: limit + 1 });
      const items = found.slice(0, limit).map(toKey);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? toCursor(LIST, [last.createdAt, last.id]) : null };
    },

    create: async (principal, { name, role = principal.role, scopes = principal.scopes, expiresInDays = null }) => {
      requireGrantable(principal.role, role);
      requireWithinScopes(principal, scopes);
      const id = ids.uuid();
      const prefix = makePrefix(ids);
      const secret = makeSecret(ids);
      await insertKey(sql, {
        id,
        userId: principal.userId,
        name,
        prefix,
        secretHash: hashSecret(secret),
        role,
        scopes: scopes ? [...scopes] : null,
        expiresInDays,
      });
      return { id, key: formatKey({ prefix, secret }), item: toKey(await read(id)) };
    },

    rotate: async (principal, { id, overlapSeconds }) => {
      const row = await readVisible(principal, id);
      if (row.ownerId !== principal.userId) throw keyNotYours();
      // The answer holds a usable secret: a small key must not turn itself into a large one of the same person.
      requireRank(principal.role, toKey(row).role);
      requireWithinScopes(principal, row.scopes ?? undefined);
      const secret = makeSecret(ids);
      if (!(await rotateKey(sql, id, hashSecret(secret), overlapSeconds))) throw keyEnded();
      forget(id);
      return { id, key: formatKey({ prefix: row.prefix, secret }), item: toKey(await read(id)) };
    },

    revoke: async (principal, id) => {
      const row = await readVisible(principal, id);
      // A key of a higher rank, or of a person of a higher rank, is not ours to end.
      requireRank(principal.role, row.ownerId === principal.userId ? toKey(row).role : row.ownerRole);
      await revokeKey(sql, id);
      forget(id);
      return { targetType: "key", targetId: id, before: { name: row.name, owner: row.ownerEmail } };
    },
  };
}

/** The role shown is the one that counts: no higher than the owner's present one. */
function toKey({ ownerRole, ...key }: KeyRow): Key {
  return { ...key, role: lowerOf(key.role, ownerRole) };
}

/** No scopes mean everything; so a caller that is held to some cannot give out a key without. */
function requireWithinScopes(principal: Principal, scopes: readonly string[] | undefined): void {
  const own = principal.scopes;
  if (!own || scopes?.every((scope) => isInScope(own, scope))) return;
  throw scopeAboveOwn(own);
}
