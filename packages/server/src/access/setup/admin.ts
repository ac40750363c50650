import type { Pool } from "pg";
import type { AuditSink } from "../../middleware/chain.ts";
import type { Ids } from "../../platform/ids.ts";
import { inTransaction } from "../../platform/sql.ts";
import { isAbove } from "../../trpc/ranks.ts";
import type { Role } from "../../trpc/roles.ts";
import { roleWouldFall } from "../access.errors.ts";
import { deleteFactors } from "../factors/factors.store.ts";
import { revokeKeysOf } from "../keys/keys.store.ts";
import { deleteSessionsOf } from "../sessions/sessions.store.ts";
import type { Passwords } from "../sign-in/passwords.ts";
import { toAccountKey } from "../sign-in/sign-in-throttle.ts";
import { deleteThrottle } from "../sign-in/throttle.store.ts";
import { insertPerson, liftPerson, lockPersonByEmail, upsertPassword, type FoundPerson } from "./admin.store.ts";
import type { SetupTokenFile } from "./setup-token-file.ts";
import { deleteSetupTokens, lockOwnerClaim } from "./setup.store.ts";

/** 24 characters. */
const PASSWORD_BYTES = 18;

export interface AdminInput {
  readonly email: string;
  readonly role: Extract<Role, "owner" | "admin">;
  /** Default: what is before the @, for somebody new. */
  readonly name?: string | undefined;
}

export interface AdminMade {
  readonly userId: string;
  /** False when a person with this address was there. */
  readonly isNew: boolean;
  /** Made up here and kept as a hash only. */
  readonly password: string;
}

/**
 * The way back in for who can reach the machine but not the dashboard: makes an owner or admin, or gives that role to somebody who is
 * there, with a fresh password and nothing of what may keep them out or let others in: suspension, second factors, lock, sessions,
 * keys. Processes that run notice within 2 s. Raises 409 `ROLE_WOULD_FALL`.
 */
export async function makeAdmin(
  deps: {
    readonly pool: Pool;
    readonly ids: Ids;
    readonly passwords: Passwords;
    readonly audit: AuditSink;
    readonly file: Pick<SetupTokenFile, "remove">;
  },
  input: AdminInput,
): Promise<AdminMade> {
  const { pool, ids, passwords, audit, file } = deps;
  const { role, name } = input;
  const email = input.email.toLowerCase();
  const password = ids.secret(PASSWORD_BYTES);
  const hash = await passwords.hash(password);

  const { userId, before } = await inTransaction(pool, async (sql) => {
    await lockOwnerClaim(sql);
    const found: FoundPerson | undefined = await lockPersonByEmail(sql, email);
    if (found && isAbove(found.role, role)) throw roleWouldFall(found.role, role);
    const id = found?.id ?? ids.uuid();
    if (found) await liftPerson(sql, id, role, name);
    else await insertPerson(sql, { id, email, name: name ?? email.slice(0, email.indexOf("@")), role });
    await upsertPassword(sql, ids.uuid(), id, hash);
    const factors = await deleteFactors(sql, id);
    await deleteSessionsOf(sql, id);
    await revokeKeysOf(sql, id);
    await deleteThrottle(sql, toAccountKey(email));
    // With an owner the set-up is done, by whatever way.
    if (role === "owner") await deleteSetupTokens(sql);
    return { userId: id, before: found && { role: found.role, isSuspended: found.isSuspended, ...factors } };
  });
  if (role === "owner") await file.remove();
  await audit.record({
    action: "access.adminCreate",
    outcome: "ok",
    code: undefined,
    principal: undefined,
    address: "",
    requestId: "",
    note: {
      targetType: "user",
      targetId: userId,
      ...(before ? { before } : {}),
      after: { email, role, isSuspended: false, twoFactor: false, passkeys: 0 },
      reason: "The command admin:create was run on the server.",
    },
  });
  return { userId, isNew: before === undefined, password };
}
