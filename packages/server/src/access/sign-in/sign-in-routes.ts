import type { AuditNote, Principal } from "../../trpc/context.ts";
import { invalidCredentials, userSuspended } from "../access.errors.ts";
import { signInInput } from "../access.schema.ts";
import { deleteSessionByToken, selectUserId } from "../sessions/sessions.store.ts";
import {
  findPrincipal,
  guess,
  readInput,
  record,
  recordRefusal,
  toInternal,
  type AuthCall,
  type AuthRoute,
} from "./auth-call.ts";
import type { AuthTools } from "./auth-tools.ts";

export const SIGN_IN = "access.signIn";

export function createSignInRoutes(tools: AuthTools): Record<string, AuthRoute> {
  return {
    "POST /sign-in/email": (call) => signIn(tools, call),
    "POST /sign-out": (call) => signOut(tools, call),
    "GET /get-session": (call) => getSession(tools, call),
  };
}

async function signIn(tools: AuthTools, call: AuthCall): Promise<Response> {
  const input = await readInput(call, signInInput, "Send JSON with an e-mail address and a password.");
  const email = input.email.toLowerCase();
  const { address } = call;
  const target = (): Promise<AuditNote> => toTarget(tools, email);
  return recordRefusal(tools, call, { action: SIGN_IN, target }, () =>
    guess(tools, { email, address }, invalidCredentials, async () => {
      const cookies = [tools.cookies.session, tools.cookies.dontRemember];
      const response = await tools.answer(toInternal(call, { body: { ...input, email }, cookies }));
      if (response.status === 401) return undefined;
      if (response.status === 403) throw userSuspended();
      if (!response.ok) return response;
      const { token } = (await response.clone().json()) as { token?: string };
      // Half-way in: the count of failures stays, or the password would buy any number of guesses at the codes.
      if (token === undefined) await recordHalfWay(tools, call, email);
      else {
        await tools.throttle.succeeded(email);
        await recordSignIn(tools, call, token);
      }
      return response;
    }),
  );
}

/** Nobody is signed in without the audit row. */
export async function recordSignIn(tools: AuthTools, call: AuthCall, token: string): Promise<Principal | undefined> {
  const principal = await tools.credentials.readSession(token);
  const note = principal ? { targetType: "session", targetId: principal.credentialId } : {};
  await record(tools, call, SIGN_IN, { outcome: "ok", code: undefined, principal, note });
  return principal;
}

async function recordHalfWay(tools: AuthTools, call: AuthCall, email: string): Promise<void> {
  const note = await toTarget(tools, email);
  const entry = { outcome: "refused", code: "TWO_FACTOR_REQUIRED", principal: undefined, note } as const;
  await record(tools, call, SIGN_IN, entry);
}

async function toTarget(tools: AuthTools, email: string): Promise<AuditNote> {
  const userId = await selectUserId(tools.pool, email);
  return userId ? { targetType: "user", targetId: userId } : { targetType: "email", targetId: email };
}

async function signOut(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await findPrincipal(tools, call);
  const token = tools.credentials.readToken(call.request.headers);
  // Ended here and not by better-auth, which answers success when its own delete failed.
  if (token !== undefined) {
    const id = await deleteSessionByToken(tools.pool, token);
    if (id !== undefined) tools.forgetSession(id);
  }
  if (principal) {
    const note = { targetType: "session", targetId: principal.credentialId };
    await record(tools, call, "access.signOut", { outcome: "ok", code: undefined, principal, note });
  }
  return tools.answer(toInternal(call, { body: {}, cookies: [tools.cookies.session, tools.cookies.dontRemember] }));
}

async function getSession(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await findPrincipal(tools, call);
  if (!principal) return Response.json(null);
  return tools.answer(toInternal(call, { cookies: [tools.cookies.session, tools.cookies.dontRemember] }));
}
