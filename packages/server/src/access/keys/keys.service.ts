import type { Pool } from "pg";
import { z } from "zod";
import { isInScope } from "../../middleware/rights.ts";
import type { Ids } from "../../platform/ids.ts";
import { inTransaction } from "../../platform/sql.ts";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import { lowerOf, requireGrantable, requireRank } from "../../trpc/ranks.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../../trpc/wire.ts";
import { keyEnded, keyNotFound, keyNotYours, rateAboveOwn, scopeAboveOwn } from "../access.errors.ts";
import type {
  Key,
  keyCallers,
  keyCreateInput,
  keyCreateOutput,
  keyPage,
  keyRotateInput,
  keysListInput,
  keyUpdateInput,
} from "../access.schema.ts";
import type { CredentialCache } from "../credentials/credential-cache.ts";
import { formatKey, hashSecret, makePrefix, makeSecret } from "./key-text.ts";
import { CALLERS_MAX } from "./callers.ts";
import { deletePreviousCallers, markCallersPrevious, selectCallers } from "./callers.store.ts";
import {
  insertKey,
  revokeKey,
  rotateKey,
  selectKey,
  selectKeyNames,
  selectKeys,
  updateKey,
  type KeyRow,
} from "./keys.store.ts";
import { seesAll, toOwnerId } from "../sessions/sessions.service.ts";

type ShownKey = z.infer<typeof keyCreateOutput>;

export interface Keys {
  /** One's own; an admin sees those of all. */
  list(principal: Principal, input: z.output<typeof keysListInput>): Promise<z.infer<typeof keyPage>>;
  /** Raises 404 `KEY_NOT_FOUND`, also for a key that the caller may not see. */
  get(principal: Principal, id: string): Promise<Key>;
  /** By id, of anybody's keys; those that are gone are left out. */
  namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Raises 403 `ROLE_ABOVE_OWN`, `SCOPE_ABOVE_OWN` or `RATE_ABOVE_OWN`. */
  create(principal: Principal, input: z.output<typeof keyCreateInput>): Promise<ShownKey>;
  /** Raises 404 `KEY_NOT_FOUND`, 409 `KEY_ENDED`, 403 `RANK_TOO_LOW` or `RATE_ABOVE_OWN`. */
  update(
    principal: Principal,
    input: z.output<typeof keyUpdateInput>,
  ): Promise<{ readonly item: Key; readonly note: AuditNote }>;
  /** Raises 404 `KEY_NOT_FOUND`. */
  callers(principal: Principal, id: string): Promise<z.infer<typeof keyCallers>>;
  /** Raises 404 `KEY_NOT_FOUND`, 409 `KEY_ENDED`, 403 `KEY_NOT_YOURS`, `RANK_TOO_LOW` or `SCOPE_ABOVE_OWN`. */
  rotate(principal: Principal, input: z.output<typeof keyRotateInput>): Promise<ShownKey>;
  /** Answers what the audit row says. Raises 404 `KEY_NOT_FOUND` or 403 `RANK_TOO_LOW`. */
  revoke(principal: Principal, id: string): Promise<AuditNote>;
}

const LIST = "access.keys.list";
const cursorKeys = z.tuple([timestampSchema, idSchema]);

/** Own code instead of better-auth's api-key plugin; docs/decisions/002-own-api-keys.md says why. */
export function createKeys(deps: { readonly pool: Pool; readonly ids: Ids; readonly cache: CredentialCache }): Keys {
  const { pool, ids, cache } = deps;

  const read = async (id: string): Promise<KeyRow> => {
    const row = await selectKey(pool, id);
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
    list: async (principal, { limit, cursor, ownerId, ...filter }) => {
      const after = cursor === undefined ? undefined : parseCursor(LIST, cursor, cursorKeys);
      const ownerIds = [toOwnerId(principal), ownerId].filter((id) => id !== undefined);
      const found = await selectKeys(pool, { ...filter, ownerIds, after, limit: limit + 1 });
      const items = found.slice(0, limit).map(toKey);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? toCursor(LIST, [last.createdAt, last.id]) : null };
    },

    get: async (principal, id) => toKey(await readVisible(principal, id)),
    namesOf: (ids) => selectKeyNames(pool, ids),

    create: async (principal, input) => {
      const { name, role = principal.role, scopes = principal.scopes } = input;
      const ratePerMinute = input.ratePerMinute ?? principal.ratePerMinute ?? null;
      requireGrantable(principal.role, role);
      requireWithinScopes(principal, scopes);
      requireWithinRate(principal, ratePerMinute);
      const id = ids.uuid();
      const prefix = makePrefix(ids);
      const secret = makeSecret(ids);
      await insertKey(pool, {
        id,
        userId: principal.userId,
        name,
        prefix,
        secretHash: hashSecret(secret),
        role,
        scopes: scopes ? [...scopes] : null,
        expiresInDays: input.expiresInDays ?? null,
        ratePerMinute,
      });
      return { id, key: formatKey({ prefix, secret }), item: toKey(await read(id)) };
    },

    update: async (principal, { id, ...change }) => {
      const row = await readVisible(principal, id);
      requireOwnRank(principal, row);
      if (change.ratePerMinute !== undefined) requireWithinRate(principal, change.ratePerMinute);
      if (!(await updateKey(pool, id, change))) throw keyEnded();
      forget(id);
      const item = toKey(await read(id));
      return { item, note: { targetType: "key", targetId: id, before: toNoted(row), after: toNoted(item) } };
    },

    callers: async (principal, id) => {
      await readVisible(principal, id);
      return { items: await selectCallers(pool, id, CALLERS_MAX) };
    },

    rotate: async (principal, { id, overlapSeconds }) => {
      const row = await readVisible(principal, id);
      if (row.ownerId !== principal.userId) throw keyNotYours();
      // The answer holds a usable secret: a small key must not turn itself into a large one of the same person.
      requireRank(principal.role, toKey(row).role);
      requireWithinScopes(principal, row.scopes ?? undefined);
      const secret = makeSecret(ids);
      await inTransaction(pool, async (sql) => {
        if (!(await rotateKey(sql, id, hashSecret(secret), overlapSeconds))) throw keyEnded();
        await deletePreviousCallers(sql, id);
        await markCallersPrevious(sql, id);
      });
      forget(id);
      return { id, key: formatKey({ prefix: row.prefix, secret }), item: toKey(await read(id)) };
    },

    revoke: async (principal, id) => {
      const row = await readVisible(principal, id);
      requireOwnRank(principal, row);
      await revokeKey(pool, id);
      forget(id);
      return { targetType: "key", targetId: id, before: { name: row.name, owner: row.ownerEmail } };
    },
  };
}

/** The role shown is the one that counts: no higher than the owner's present one. */
function toKey({ ownerRole, ...key }: KeyRow): Key {
  return { ...key, role: lowerOf(key.role, ownerRole) };
}

const toNoted = ({ name, ratePerMinute }: Key): Pick<Key, "name" | "ratePerMinute"> => ({ name, ratePerMinute });

/** A key of a higher rank, or of a person of a higher rank, is not ours to end or to change. */
function requireOwnRank(principal: Principal, row: KeyRow): void {
  requireRank(principal.role, row.ownerId === principal.userId ? toKey(row).role : row.ownerRole);
}

/** A key held to a rate would otherwise lift it, or give out a key without one. */
function requireWithinRate({ ratePerMinute: own }: Principal, given: number | null): void {
  if (own === undefined || (given !== null && given <= own)) return;
  throw rateAboveOwn(own);
}

/** No scopes mean everything; so a caller that is held to some cannot give out a key without. */
function requireWithinScopes(principal: Principal, scopes: readonly string[] | undefined): void {
  const own = principal.scopes;
  if (!own || scopes?.every((scope) => isInScope(own, scope))) return;
  throw scopeAboveOwn(own);
}
