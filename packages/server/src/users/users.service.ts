import type { Database } from "@switchboard/db";
import { z } from "zod";
import type { Ids } from "../platform/ids.ts";
import { inTransaction, isUniqueViolation, type Sql } from "../platform/sql.ts";
import type { AuditNote, Principal } from "../trpc/context.ts";
import { lowerOf, requireGrantable, requireRank, unauthenticated } from "../trpc/ranks.ts";
import type { Role } from "../trpc/roles.ts";
import { idSchema, parseCursor, timestampSchema, toCursor } from "../trpc/wire.ts";
import { toCsv, toNdjson } from "./export.ts";
import { lastOwner, notYourself, userEmailTaken, userNotFound, usersDuplicate } from "./users.errors.ts";
import type {
  bulkCreateInput,
  bulkCreateOutput,
  exportInput,
  exportOutput,
  User,
  userCreateInput,
  userPage,
  usersListInput,
  userUpdateInput,
} from "./users.schema.ts";
import {
  deleteUser,
  hasOtherActiveOwner,
  insertUsers,
  lockPeople,
  restoreUser,
  selectUser,
  selectUsers,
  suspendUser,
  updateRole,
  updateUser,
  upsertPassword,
} from "./users.store.ts";

export interface UsersDeps {
  readonly database: Pick<Database, "pool">;
  readonly ids: Ids;
  readonly passwords: { hash(password: string): Promise<string> };
  readonly access: {
    /** Ends the person's sessions; keys are judged afresh. */
    endCredentials(userId: string): Promise<void>;
    /** The person's role, name or address has changed; nobody is signed out. */
    forgetCredentials(userId: string): void;
  };
}

/** A person after an act, and what the audit row says of it. */
export interface Changed {
  readonly user: User;
  readonly note: AuditNote;
}

/** People. Every act on somebody of a higher rank raises 403 `RANK_TOO_LOW`, on nobody 404 `USER_NOT_FOUND`. */
export interface Users {
  list(input: z.output<typeof usersListInput>): Promise<z.infer<typeof userPage>>;
  get(id: string): Promise<User>;
  export(input: z.output<typeof exportInput>): Promise<z.infer<typeof exportOutput>>;
  /** Raises 403 `ROLE_ABOVE_OWN`, 409 `USER_EMAIL_TAKEN`. */
  create(principal: Principal, input: z.output<typeof userCreateInput>): Promise<User>;
  /** All or none, in one statement. Raises 409 `USERS_DUPLICATE` naming every row at fault, 403 `ROLE_ABOVE_OWN`. */
  bulkCreate(principal: Principal, input: z.output<typeof bulkCreateInput>): Promise<z.infer<typeof bulkCreateOutput>>;
  /** Raises 409 `USER_EMAIL_TAKEN`. */
  update(principal: Principal, input: z.output<typeof userUpdateInput>): Promise<Changed>;
  /** Raises 403 `ROLE_ABOVE_OWN`, `NOT_YOURSELF`, 409 `LAST_OWNER`. */
  setRole(principal: Principal, id: string, role: Role): Promise<Changed>;
  /** Ends the person's sessions; their keys are refused until they are restored. Raises 403 `NOT_YOURSELF`, 409 `LAST_OWNER`. */
  suspend(principal: Principal, id: string, reason: string | undefined): Promise<Changed>;
  restore(principal: Principal, id: string): Promise<Changed>;
  /** Raises 403 `NOT_YOURSELF`, 409 `LAST_OWNER`. */
  delete(principal: Principal, id: string): Promise<AuditNote>;
}

const LIST = "users.list";
const EXPORT = "users.export";
const EXPORT_ROWS = 5000;
const cursorKeys = z.tuple([timestampSchema, idSchema]);

export function createUsersService({ database, ids, passwords, access }: UsersDeps): Users {
  const { pool } = database;

  const page = async (
    list: string,
    filter: Omit<Parameters<typeof selectUsers>[1], "after">,
    cursor: string | undefined,
  ) => {
    const after = cursor === undefined ? undefined : parseCursor(list, cursor, cursorKeys);
    const found = await selectUsers(pool, { ...filter, after, limit: filter.limit + 1 });
    const items = found.slice(0, filter.limit);
    const last = items.at(-1);
    return {
      items,
      nextCursor: last && found.length > filter.limit ? toCursor(list, [last.createdAt, last.id]) : null,
    };
  };

  const read = async (sql: Sql, id: string): Promise<User> => {
    const user = await selectUser(sql, id);
    if (!user) throw userNotFound();
    return user;
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
    return {
      user: after,
      note: { targetType: "user", targetId: after.id, before: toNoted(before), after: toNoted(after) },
    };
  };

  return {
    list: ({ cursor, ...filter }) => page(LIST, filter, cursor),
    get: (id) => read(pool, id),

    export: async ({ cursor, format, ...filter }) => {
      const { items, nextCursor } = await page(EXPORT, { ...filter, limit: EXPORT_ROWS }, cursor);
      const content = format === "csv" ? toCsv(items, cursor === undefined) : toNdjson(items);
      return { content, rows: items.length, nextCursor };
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
      const seen = new Set<string>();
      const repeated = new Set<number>();
      for (const [index, { email }] of users.entries()) {
        if (seen.has(email)) repeated.add(index);
        seen.add(email);
      }
      const people = users.map((user) => ({ id: ids.uuid(), ...user }));
      await inTransaction(pool, async (sql) => {
        // Stored even when the input repeats itself, to learn which addresses are taken; the refusal rolls all of it back.
        const stored = new Set(
          await insertUsers(
            sql,
            people.filter((_, index) => !repeated.has(index)),
          ),
        );
        const offending = users
          .map(({ email }, index) => ({ index, email }))
          .filter(({ index, email }) => repeated.has(index) || !stored.has(email));
        if (offending.length > 0) throw usersDuplicate(offending);
      });
      return { created: people.length, ids: people.map(({ id }) => id) };
    },

    update: async (principal, { id, email, name, password }) => {
      const passwordHash = password === undefined ? undefined : await passwords.hash(password);
      const changed = await change(principal, id, async (sql, before, ownRole) => {
        requireRank(ownRole, before.role);
        await updateUser(sql, id, { email, name });
        if (passwordHash) await upsertPassword(sql, ids.uuid(), id, passwordHash);
      }).catch((error: unknown) => {
        throw email !== undefined && isUniqueViolation(error) ? userEmailTaken(email) : error;
      });
      if (passwordHash) await access.endCredentials(id);
      else access.forgetCredentials(id);
      return passwordHash ? { ...changed, note: { ...changed.note, reason: "The password was replaced." } } : changed;
    },

    setRole: async (principal, id, role) => {
      const changed = await change(principal, id, async (sql, before, ownRole) => {
        if (role !== "owner") await requireOtherOwner(sql, before);
        if (id === principal.userId) throw notYourself("setRole");
        requireRank(ownRole, before.role);
        requireGrantable(ownRole, role);
        await updateRole(sql, id, role);
      });
      access.forgetCredentials(id);
      return changed;
    },

    suspend: async (principal, id, reason) => {
      const changed = await change(principal, id, async (sql, before, ownRole) => {
        await requireOtherOwner(sql, before);
        if (id === principal.userId) throw notYourself("suspend");
        requireRank(ownRole, before.role);
        await suspendUser(sql, id, reason ?? null);
      });
      await access.endCredentials(id);
      return { ...changed, note: { ...changed.note, ...(reason === undefined ? {} : { reason }) } };
    },

    restore: async (principal, id) => {
      const changed = await change(principal, id, async (sql, before, ownRole) => {
        requireRank(ownRole, before.role);
        await restoreUser(sql, id);
      });
      access.forgetCredentials(id);
      return changed;
    },

    delete: async (principal, id) => {
      const { before } = await actOn(principal, id, async (sql, user, ownRole) => {
        await requireOtherOwner(sql, user);
        if (id === principal.userId) throw notYourself("delete");
        requireRank(ownRole, user.role);
        await deleteUser(sql, id);
      });
      await access.endCredentials(id);
      return { targetType: "user", targetId: id, before: toNoted(before) };
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
async function readOwnRole(sql: Sql, principal: Principal): Promise<Role> {
  const own = await selectUser(sql, principal.userId);
  if (!own || own.status === "suspended") throw unauthenticated();
  return lowerOf(principal.role, own.role);
}

const toNoted = ({ email, name, role, status, suspendedReason }: User): Partial<User> => ({
  email,
  name,
  role,
  status,
  suspendedReason,
});
