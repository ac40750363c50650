import { z } from "zod";
import { inTransaction } from "../../platform/sql.ts";
import type { Principal } from "../../trpc/context.ts";
import { passwordSchema } from "../../trpc/roles.ts";
import { invalidCredentials } from "../access.errors.ts";
import { revokeKeysOf } from "../keys/keys.store.ts";
import { guess, readInput, recorded, requireSession, type AuthCall, type AuthRoute } from "../sign-in/auth-call.ts";
import type { AuthTools } from "../sign-in/auth-tools.ts";
import { deletePendingSignIns } from "./factors.store.ts";
import { deleteOtherSessions, replacePassword, selectPassword, stampVerified } from "./passwords.store.ts";

/** A password as it is typed: a wrong one is a wrong one, whatever its length. */
const typedPassword = z.string().min(1).max(1024);
export const passwordInput = z.object({ password: typedPassword });
const changeInput = z.object({ currentPassword: typedPassword, newPassword: passwordSchema });

export function createPasswordRoutes(tools: AuthTools): Record<string, AuthRoute> {
  return {
    "POST /step-up/password": (call) => stepUp(tools, call),
    "POST /change-password": (call) => changePassword(tools, call),
  };
}

/**
 * Checks the password of who is signed in, under the locks of sign-in, and answers its hash. Raises 401 `INVALID_CREDENTIALS`, 429
 * `ACCOUNT_LOCKED` or `RATE_LIMITED`.
 */
export function confirmPassword(
  tools: AuthTools,
  { address }: AuthCall,
  { userId, email }: Principal,
  password: string,
): Promise<string> {
  const { pool, passwords, throttle } = tools;
  return guess(tools, { email, address }, invalidCredentials, async () => {
    const row = await selectPassword(pool, userId);
    if (!row?.hash) {
      // Takes the time of a check, or somebody without a password could be told by it.
      await passwords.hash(password);
      return undefined;
    }
    if (!(await passwords.verify(row.hash, password))) return undefined;
    // With a second factor the password alone forgives nothing: it would buy any number of guesses at the codes.
    if (!row.isTwoFactorOn) await throttle.succeeded(email);
    return row.hash;
  });
}

async function stepUp(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await requireSession(tools, call);
  const { password } = await readInput(call, passwordInput, "Send JSON with your password.");
  return recorded(tools, call, "access.stepUp", principal, async () => {
    await confirmPassword(tools, call, principal, password);
    return { response: await stamp(tools, principal), note: { after: { by: "password" } } };
  });
}

export async function stamp(tools: AuthTools, { credentialId }: Principal): Promise<Response> {
  await stampVerified(tools.pool, credentialId);
  tools.forgetSession(credentialId);
  return Response.json({});
}

/**
 * Not by better-auth, which stores the password, ends the sessions and makes another one in steps of their own and knows no keys:
 * here all of it counts, or nothing.
 */
async function changePassword(tools: AuthTools, call: AuthCall): Promise<Response> {
  const { pool, passwords } = tools;
  const principal = await requireSession(tools, call);
  const { userId, credentialId } = principal;
  const wanted = "Send JSON with your current password and a new one of 12 to 128 characters.";
  const { currentPassword, newPassword } = await readInput(call, changeInput, wanted);
  return recorded(tools, call, "access.password.change", principal, async () => {
    const checkedHash = await confirmPassword(tools, call, principal, currentPassword);
    const hash = await passwords.hash(newPassword);
    const ended = await inTransaction(pool, async (sql) => {
      // Changed by somebody else while this one was hashed: theirs stays, and what was typed here is the old one.
      if (!(await replacePassword(sql, userId, checkedHash, hash))) throw invalidCredentials();
      await deletePendingSignIns(sql, userId);
      await revokeKeysOf(sql, userId);
      await stampVerified(sql, credentialId);
      return deleteOtherSessions(sql, userId, credentialId);
    });
    tools.forgetCredentials(userId);
    return { response: Response.json({}), note: { after: { endedSessions: ended } } };
  });
}
