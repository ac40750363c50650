import type { Database } from "@switchboard/db";
import type { JsonText } from "@switchboard/trpc-fast-lane";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { Service } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { inTransaction, isUniqueViolation, type PreparedSql, type Sql } from "../platform/sql.ts";
import type { AuditNote, Principal } from "../trpc/context.ts";
import { toJsonText } from "../trpc/json-text.ts";
import { lowerOf, requireGrantable, requireRank, requireVerified, unauthenticated } from "../trpc/ranks.ts";
import type { Role } from "../trpc/roles.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../trpc/wire.ts";
import { copyUser, eraseDeleted, KEPT_DAYS, putBack, selectDeleted, takeDeleted } from "./deleted.store.ts";
import { toCsv, toNdjson } from "./export.ts";
import { selectUsersJson } from "./search.store.ts";
import { findUsers, type PeopleQuery } from "./search.ts";
import { lastOwner, notYourself, userEmailTaken, userNotFound, usersDuplicate } from "./users.errors.ts";
import type {
  bulkCreateInput,
  bulkCreateOutput,
  deletedUserPage,
  deletedUsersInput,
  exportInput,
  exportOutput,
  User,
  userCreateInput,
  userImpactSchema,
  userPage,
  userSetRoleInput,
  usersListInput,
  usersFilter,
  userUpdateInput,
} from "./users.schema.ts";
import {
  analyzeUsers,
  deleteUser,
  hasOtherActiveOwner,
  insertAllUsers,
  insertUsers,
  lockPeople,
  restoreUser,
  selectEmails,
  selectImpact,
  selectUser,
  suspendUser,
  updateRole,
  updateUser,
  upsertPassword,
  type NewUser,
} from "./users.store.ts";

export interface UsersDeps {
  readonly database: Pick<Database, "pool">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly passwords: { hash(password: string): Promise<string> };
  readonly access: {
    /** Ends the person's sessions, as part of the transaction. */
    endCredentials(userId: string, sql: Sql): Promise<void>;
    /** Revokes the person's keys for good, as part of the transaction. */
    revokeKeysOf(userId: string, sql: Sql): Promise<void>;
    /** What is known of the person, their sessions and keys is read afresh from here on. */
    forgetCredentials(userId: string): void;
  };
}

/** A person after an act, and what the audit row says of it. */
export interface Changed {
  readonly user: User;
  readonly note: AuditNote;
}

/** People. Every act on somebody of a higher rank raises 403 `RANK_TOO_LOW`, on nobody 404 `USER_NOT_FOUND`. */
export interface Users extends Service {
  list(input: z.output<typeof usersListInput>): Promise<z.infer<typeof userPage>>;
  /** The same as JSON. */
  listJson(input: z.output<typeof usersListInput>): Promise<JsonText>;
  get(id: string): Promise<User>;
  /** By id; whoever is gone is left out. */
  emailsOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  export(input: z.output<typeof exportInput>): Promise<z.infer<typeof exportOutput>>;
  /**
   * Everybody who passes the filter, newest first, each once; who is created after the first page does not come up. Nothing is held
   * between two pages. Raises the reason of `signal` before the page that follows its abort.
   */
  exportPages(filter: z.output<typeof usersFilter>, signal: AbortSignal): AsyncGenerator<readonly User[]>;
  /** Raises 403 `ROLE_ABOVE_OWN`, 409 `USER_EMAIL_TAKEN`. */
  create(principal: Principal, input: z.output<typeof userCreateInput>): Promise<User>;
  /** All or none, in one statement. Raises 409 `USERS_DUPLICATE` naming every row at fault, 403 `ROLE_ABOVE_OWN`. */
  bulkCreate(principal: Principal, input: z.output<typeof bulkCreateInput>): Promise<z.infer<typeof bulkCreateOutput>>;
  impact(id: string): Promise<z.infer<typeof userImpactSchema>>;
  /** Those who can be brought back, latest first. */
  deleted(input: z.output<typeof deletedUsersInput>): Promise<z.infer<typeof deletedUserPage>>;
  /** A new password ends the person's sessions and keys. Raises 409 `USER_EMAIL_TAKEN`, with a password 403 `STEP_UP_REQUIRED`. */
  update(principal: Principal, input: z.output<typeof userUpdateInput>): Promise<Changed>;
  /** Ends the person's sessions and keys. Raises 403 `ROLE_ABOVE_OWN`, `NOT_YOURSELF`, 409 `LAST_OWNER`. */
  setRole(principal: Principal, input: z.output<typeof userSetRoleInput>): Promise<Changed>;
  /** Ends the person's sessions; their keys are refused until they are restored. Raises 403 `NOT_YOURSELF`, 409 `LAST_OWNER`. */
  suspend(principal: Principal, id: string, reason: string | undefined): Promise<Changed>;
  restore(principal: Principal, id: string): Promise<Changed>;
  /** A copy is kept for 7 days. Raises 403 `NOT_YOURSELF`, 409 `LAST_OWNER`. */
  delete(principal: Principal, id: string, reason: string | undefined): Promise<AuditNote>;
  /** As they were, sessions aside. Raises 409 `USER_EMAIL_TAKEN` when somebody else has the address by now. */
  undelete(principal: Principal, id: string): Promise<Changed>;
}

const LIST = "users.list";
const EXPORT = "users.export";
const DELETED = "users.deleted";
const EXPORT_ROWS = 5000;
/** Of an export as a file: small enough to be thrown away young, large enough that the database is not asked all the time. */
const EXPORT_PAGE = 2000;
const ERASE_EVERY_MS = 3_600_000;
const cursorKeys = z.tuple([timestampSchema, idSchema]);

export function createUsersService({ database, clock, ids, logger, passwords, access }: UsersDeps): Users {
  const { pool } = database;
  let running: AbortController | undefined;

  const toAfter = (list: string, cursor: string | undefined): PeopleQuery["after"] =>
    cursor === undefined ? undefined : parseCursor(list, cursor, cursorKeys);

  const page = async (list: string, filter: Omit<PeopleQuery, "after">, cursor: string | undefined) => {
    const after = toAfter(list, cursor);
    const found = await findUsers(pool, { ...filter, after, limit: filter.limit + 1 });
    const items = found.slice(0, filter.limit);
    const last = items.at(-1);
    return {
      items,
      nextCursor: last && found.length > filter.limit ? toCursor(list, [last.createdAt, last.id]) : null,
    };
  };

  const read = async (sql: PreparedSql, id: string): Promise<User> => {
    const user = await selectUser(sql, id);
    if (!user) throw userNotFound();
    return user;
  };

  /** Raises `USERS_DUPLICATE` for all addresses at fault. Stores everybody where those who had them went meanwhile. */
  const insertOrName = (people: readonly NewUser[]): Promise<void> => {
    const seen = new Set<string>();
    const repeated = new Set<number>();
    for (const [index, { email }] of people.entries()) {
      if (seen.has(email)) repeated.add(index);
      seen.add(email);
    }
    return inTransaction(pool, async (sql) => {
      // Stored even when the input repeats itself, to learn which addresses are taken; the refusal rolls all of it back.
      const stored = new Set(
        await insertUsers(
          sql,
          people.filter((_, index) => !repeated.has(index)),
        ),
      );
      const offending = people
        .map(({ email }, index) => ({ index, email }))
        .filter(({ index, email }) => repeated.has(index) || !stored.has(email));
      if (offending.length > 0) throw usersDuplicate(offending);
    });
  };

  /** Runs an act on a person behind the lock, with the ranks of both as they are by then. */
  const actOn = (
    principal: Principal,
    id: string,
    act: (sql: Sql, before: User, ownRole: Role) => Promise<void>,
  ): Promise<{ before: User; after: User | undefined }> =>
    inTransaction(pool, async (sql) => {
      await lockPeople(sql);
      const before = await read(sql, id);
      const ownRole = await readOwnRole(sql, principal);
      requireRank(principal.role, before.role);
      await act(sql, before, ownRole);
      return { before, after: await selectUser(sql, id) };
    });

  const change = async (...parameters: Parameters<typeof actOn>): Promise<Changed> => {
    const { before, after } = await actOn(...parameters);
    if (!after) throw userNotFound();
    access.forgetCredentials(after.id);
    return {
      user: after,
      note: { targetType: "user", targetId: after.id, before: toNoted(before), after: toNoted(after) },
    };
  };

  const erase = async (): Promise<void> => {
    try {
      const erased = await eraseDeleted(pool);
      if (erased > 0) logger.info("users.erased", { people: erased, keptDays: KEPT_DAYS });
    } catch (error) {
      // They cannot be brought back any more; the next round takes the rows.
      logger.warn("users.erase-failed", { err: error });
    }
  };

  return {
    list: ({ cursor, ...filter }) => page(LIST, filter, cursor),
    listJson: async ({ cursor, search, ...filter }) =>
      search
        ? toJsonText(await page(LIST, { search, ...filter }, cursor))
        : selectUsersJson(pool, LIST, { ...filter, after: toAfter(LIST, cursor) }),
    get: (id) => read(pool, id),
    emailsOf: (ids) => selectEmails(pool, ids),

    export: async ({ cursor, format, ...filter }) => {
      const { items, nextCursor } = await page(EXPORT, { ...filter, limit: EXPORT_ROWS }, cursor);
      const content = format === "csv" ? toCsv(items, cursor === undefined) : toNdjson(items);
      return { content, rows: items.length, nextCursor };
    },

    async *exportPages(filter, signal) {
      let after: PeopleQuery["after"];
      for (;;) {
        signal.throwIfAborted();
        const users = await findUsers(pool, { ...filter, after, limit: EXPORT_PAGE });
        const last = users.at(-1);
        if (!last) return;
        yield users;
        after = [last.createdAt, last.id];
      }
    },

    create: async (principal, { password, ...person }) => {
      requireGrantable(principal.role, person.role);
      const id = ids.uuid();
      const passwordHash = password === undefined ? undefined : await passwords.hash(password);
      return inTransaction(pool, async (sql) => {
        const stored = await insertUsers(sql, [{ id, ...person }]);
        if (stored.length === 0) throw userEmailTaken(person.email);
        if (passwordHash) await upsertPassword(sql, ids.uuid(), id, passwordHash);
        return read(sql, id);
      });
    },

    bulkCreate: async (principal, { users }) => {
      for (const role of new Set(users.map((user) => user.role))) requireGrantable(principal.role, role);
      const people = users.map((user) => ({ id: ids.uuid(), ...user }));
      await insertAllUsers(pool, people).catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error;
        return insertOrName(people);
      });
      await analyzeUsers(pool, people.length).catch((error: unknown) => {
        // They are stored all the same; autovacuum comes by later.
        logger.warn("users.analyze-failed", { err: error });
      });
      return { created: people.length, ids: people.map(({ id }) => id) };
    },

    impact: async (id) => {
      await read(pool, id);
      return selectImpact(pool, id);
    },

    deleted: async ({ limit, cursor }) => {
      const after = cursor === undefined ? undefined : parseCursor(DELETED, cursor, cursorKeys);
      const found = await selectDeleted(pool, { after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? toCursor(DELETED, [last.deletedAt, last.id]) : null };
    },

    update: async (principal, { id, email, name, password }) => {
      if (password !== undefined) requireVerified(principal);
      const passwordHash = password === undefined ? undefined : await passwords.hash(password);
      const changed = await change(principal, id, async (sql, before, ownRole) => {
        requireRank(ownRole, before.role);
        await updateUser(sql, id, { email, name });
        if (!passwordHash) return;
        await upsertPassword(sql, ids.uuid(), id, passwordHash);
        await access.endCredentials(id, sql);
        await access.revokeKeysOf(id, sql);
      }).catch((error: unknown) => {
        throw email !== undefined && isUniqueViolation(error) ? userEmailTaken(email) : error;
      });
      return passwordHash ? withReason(changed, "The password was replaced.") : changed;
    },

    setRole: async (principal, { id, role, reason }) => {
      const changed = await change(principal, id, async (sql, before, ownRole) => {
        if (role !== "owner") await requireOtherOwner(sql, before);
        if (id === principal.userId) throw notYourself("setRole");
        requireRank(ownRole, before.role);
        requireGrantable(ownRole, role);
        if (role === before.role) return;
        await updateRole(sql, id, role);
        await access.endCredentials(id, sql);
        await access.revokeKeysOf(id, sql);
      });
      return withReason(changed, reason);
    },

    suspend: async (principal, id, reason) => {
      const changed = await change(principal, id, async (sql, before, ownRole) => {
        await requireOtherOwner(sql, before);
        if (id === principal.userId) throw notYourself("suspend");
        requireRank(ownRole, before.role);
        await suspendUser(sql, id, reason ?? null);
        await access.endCredentials(id, sql);
      });
      return withReason(changed, reason);
    },

    restore: (principal, id) =>
      change(principal, id, async (sql, before, ownRole) => {
        requireRank(ownRole, before.role);
        await restoreUser(sql, id);
      }),

    delete: async (principal, id, reason) => {
      const { before } = await actOn(principal, id, async (sql, user, ownRole) => {
        await requireOtherOwner(sql, user);
        if (id === principal.userId) throw notYourself("delete");
        requireRank(ownRole, user.role);
        await copyUser(sql, id, principal.email);
        await deleteUser(sql, id);
      });
      access.forgetCredentials(id);
      return { targetType: "user", targetId: id, before: toNoted(before), ...(reason === undefined ? {} : { reason }) };
    },

    undelete: async (principal, id) => {
      const user = await inTransaction(pool, async (sql) => {
        await lockPeople(sql);
        const kept = await takeDeleted(sql, id);
        if (!kept) throw userNotFound();
        requireRank(await readOwnRole(sql, principal), kept.role);
        await putBack(sql, kept.rows).catch((error: unknown) => {
          throw isUniqueViolation(error) ? userEmailTaken(kept.email) : error;
        });
        return read(sql, id);
      });
      access.forgetCredentials(id);
      return { user, note: { targetType: "user", targetId: id, after: toNoted(user) } };
    },

    name: "users",
    start: async () => {
      running = new AbortController();
      await erase();
      clock.every(ERASE_EVERY_MS, erase, running.signal);
    },
    stop: async () => {
      running?.abort();
      running = undefined;
    },
  };
}

/** Raises 409 `LAST_OWNER` for the last owner who can still sign in. Asked before anything about the caller, so that the loser of
 *  two owners who demote each other learns why. */
async function requireOtherOwner(sql: Sql, user: User): Promise<void> {
  if (user.role !== "owner" || user.status !== "active") return;
  if (!(await hasOtherActiveOwner(sql, user.id))) throw lastOwner();
}

/** The caller may have been demoted, suspended or deleted since they were identified. */
async function readOwnRole(sql: PreparedSql, principal: Principal): Promise<Role> {
  const own = await selectUser(sql, principal.userId);
  if (!own || own.status === "suspended") throw unauthenticated();
  return lowerOf(principal.role, own.role);
}

function withReason(changed: Changed, reason: string | undefined): Changed {
  return reason === undefined ? changed : { ...changed, note: { ...changed.note, reason } };
}

const toNoted = ({ email, name, role, status, suspendedReason }: User): Partial<User> => ({
  email,
  name,
  role,
  status,
  suspendedReason,
});
