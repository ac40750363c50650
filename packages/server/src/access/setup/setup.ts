import type { Pool } from "pg";
import type { z } from "zod";
import type { AuditSink } from "../../middleware/chain.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Logger } from "../../platform/logger.ts";
import { inTransaction, isUniqueViolation, type Sql } from "../../platform/sql.ts";
import { ownerEmailTaken, setupDone, setupTokenInvalid } from "../access.errors.ts";
import type { setupInput, setupOutput } from "../access.schema.ts";
import { hashSecret, isSameHash } from "../keys/key-text.ts";
import type { Passwords } from "../sign-in/passwords.ts";
import type { SetupTokenFile } from "./setup-token-file.ts";
import {
  deleteSetupTokens,
  hasOwner,
  insertOwner,
  insertSetupToken,
  lockOwnerClaim,
  selectSetupTokens,
} from "./setup.store.ts";

export interface Setup {
  /** Makes the one-time token known, unless there is an owner. */
  start(): Promise<void>;
  /** The token while there is no owner. */
  token(): string | undefined;
  isRequired(): Promise<boolean>;
  /** Raises 403 `SETUP_TOKEN_INVALID`, 409 `SETUP_DONE` or `USER_EMAIL_TAKEN`. */
  claim(input: z.output<typeof setupInput>): Promise<z.infer<typeof setupOutput>>;
  ensureOwner(input: { readonly email: string; readonly password: string }): Promise<void>;
}

export function createSetup(deps: {
  readonly pool: Pool;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly passwords: Passwords;
  readonly audit: AuditSink;
  readonly file: SetupTokenFile;
}): Setup {
  const { pool, ids, logger, passwords, audit, file } = deps;
  // An owner never goes away again: the last one cannot be removed. So a yes is remembered, a no is asked again.
  let isDone = false;
  let isOpen = false;

  const isRequired = async (): Promise<boolean> => {
    isDone ||= await hasOwner(pool);
    return !isDone;
  };

  /** Makes the owner, or answers undefined when there is one. */
  const makeOwner = async (
    sql: Sql,
    email: string,
    name: string,
    passwordHash: string,
  ): Promise<string | undefined> => {
    await lockOwnerClaim(sql);
    if (await hasOwner(sql)) return undefined;
    const id = ids.uuid();
    await insertOwner(sql, { id, accountId: ids.uuid(), email, name, passwordHash });
    await deleteSetupTokens(sql);
    return id;
  };

  const close = async (): Promise<void> => {
    isDone = true;
    isOpen = false;
    await file.remove();
  };

  return {
    isRequired,
    token: () => (isOpen ? file.read() : undefined),

    start: async () => {
      if (!(await isRequired())) return close();
      // In the database by its hash, so that the link works at every replica whatever its data directory.
      await insertSetupToken(pool, hashSecret(await file.ensure()));
      isOpen = true;
    },

    claim: async ({ token, email, name, password }) => {
      if (!(await isRequired())) throw setupDone();
      const given = hashSecret(token);
      // Before the password is hashed: a stranger must not be able to keep the processors busy.
      const known = await selectSetupTokens(pool);
      if (!known.some((hash) => isSameHash(given, hash))) throw setupTokenInvalid();
      const passwordHash = await passwords.hash(password);
      const userId = await inTransaction(pool, (sql) => makeOwner(sql, email.toLowerCase(), name, passwordHash)).catch(
        (error: unknown) => {
          throw isUniqueViolation(error) ? ownerEmailTaken() : error;
        },
      );
      await close();
      if (!userId) throw setupDone();
      logger.info("access.setup-done", { userId });
      return { userId };
    },

    ensureOwner: async ({ email, password }) => {
      if (!(await isRequired())) return;
      const address = email.toLowerCase();
      const passwordHash = await passwords.hash(password);
      const name = address.slice(0, address.indexOf("@"));
      try {
        const userId = await inTransaction(pool, (sql) => makeOwner(sql, address, name, passwordHash));
        await close();
        if (!userId) return;
        logger.info("access.owner-made", { userId });
        const note = { targetType: "user", targetId: userId, after: { email: address, role: "owner" } };
        const entry = {
          outcome: "ok",
          code: undefined,
          principal: undefined,
          address: "",
          requestId: "",
          note,
        } as const;
        await audit.record({ action: "access.ensureOwner", ...entry });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        // Not promoted: whoever sets the variable names a new person, and somebody else may have that address already.
        logger.warn("access.owner-email-taken", {
          hint: "A person without the role owner has this address; use the set-up link.",
        });
      }
    },
  };
}
