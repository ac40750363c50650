import { normalizeIP } from "@better-auth/core/utils/ip";
import { z } from "zod";
import { createRateLimiter, type RateLimiter } from "../../platform/rate-limiter.ts";
import type { AuditNote } from "../../trpc/context.ts";
import { requireVerified } from "../../trpc/ranks.ts";
import { idSchema } from "../../trpc/wire.ts";
import {
  addressLimited,
  passkeyNotFound,
  passkeyNotStored,
  passkeyRefused,
  passkeysFull,
  passkeysUnavailable,
  userSuspended,
} from "../access.errors.ts";
import { deleteSessionByToken } from "../sessions/sessions.store.ts";
import {
  findPrincipal,
  guess,
  readInput,
  recorded,
  recordRefusal,
  requireSession,
  toInternal,
  type AuthCall,
  type AuthRoute,
} from "../sign-in/auth-call.ts";
import type { AuthTools } from "../sign-in/auth-tools.ts";
import { toRelyingParty } from "../sign-in/pages.ts";
import { recordSignIn, SIGN_IN } from "../sign-in/sign-in-routes.ts";
import { toWords } from "../sign-in/sign-in-throttle.ts";
import { deletePasskey, renamePasskey, selectPasskeyOwner, selectPasskeys } from "./passkeys.store.ts";
import { stamp } from "./password-routes.ts";

const PASSKEYS_MAX = 20;
/** Each challenge is a row, and anybody may ask for one. */
const CHALLENGES_PER_MINUTE = 60;

const nameSchema = z.string().trim().min(1).max(80);
/** Looked into by the library that verifies it. */
const responseSchema = z.looseObject({ id: z.string().min(1).max(2048) });
const registrationInput = z.object({ response: responseSchema, name: nameSchema.optional() });
const authenticationInput = z.object({ response: responseSchema });
const idInput = z.object({ id: idSchema });
const renameInput = z.object({ id: idSchema, name: nameSchema });

export function createPasskeyRoutes(tools: AuthTools): Record<string, AuthRoute> {
  const { clock } = tools;
  const challenges = createRateLimiter({ clock, limit: CHALLENGES_PER_MINUTE, windowMs: 60_000 });
  return {
    "GET /passkey/generate-register-options": (call) => beginRegistration(tools, call, challenges),
    "POST /passkey/verify-registration": (call) => register(tools, call),
    "GET /passkey/generate-authenticate-options": (call) => beginAuthentication(tools, call, challenges),
    "POST /passkey/verify-authentication": (call) => signIn(tools, call),
    "POST /step-up/passkey": (call) => stepUp(tools, call),
    "GET /passkey/list-user-passkeys": (call) => list(tools, call),
    "POST /passkey/update-passkey": (call) => rename(tools, call),
    "POST /passkey/delete-passkey": (call) => remove(tools, call),
  };
}

/** Where the page of a call was opened, and the name that its passkeys are bound to. Raises 409 `PASSKEYS_UNAVAILABLE`. */
function requireSite({ pages }: AuthTools, { request }: AuthCall): { origin: string; relyingParty: string } {
  const origin = pages.originOf(request.headers);
  const relyingParty = toRelyingParty(origin);
  if (relyingParty === undefined) throw passkeysUnavailable();
  return { origin, relyingParty };
}

function requireAllowance(challenges: RateLimiter, address: string): void {
  const { allowed, retryAfterMs } = challenges.take(normalizeIP(address));
  if (!allowed) throw addressLimited(retryAfterMs, toWords(retryAfterMs));
}

async function beginRegistration(tools: AuthTools, call: AuthCall, challenges: RateLimiter): Promise<Response> {
  const { origin, relyingParty } = requireSite(tools, call);
  const principal = await requireSession(tools, call);
  requireVerified(principal);
  requireAllowance(challenges, call.address);
  if ((await selectPasskeys(tools.pool, principal.userId)).length >= PASSKEYS_MAX) throw passkeysFull(PASSKEYS_MAX);
  return tools.answer(toInternal(call, { cookies: [tools.cookies.session], origin }), relyingParty);
}

async function register(tools: AuthTools, call: AuthCall): Promise<Response> {
  const { origin, relyingParty } = requireSite(tools, call);
  const principal = await requireSession(tools, call);
  const body = await readInput(call, registrationInput, "Send JSON with the browser's response and a name.");
  return recorded(tools, call, "access.passkeys.add", principal, async () => {
    requireVerified(principal);
    const cookies = [tools.cookies.session, tools.cookies.challenge];
    const answer = await tools.answer(toInternal(call, { body, cookies, origin }), relyingParty);
    // What is malformed or signed for another site it logs and answers with 500, as it does for its own failures.
    if (!answer.ok) throw passkeyNotStored();
    const { id } = (await answer.json()) as { id: string };
    const made = (await selectPasskeys(tools.pool, principal.userId)).find((passkey) => passkey.id === id);
    return { response: Response.json(made), note: { after: { passkey: made?.name ?? null, id } } };
  });
}

/** Before a sign-in any passkey will do; before a step-up one of the person's. */
async function beginAuthentication(tools: AuthTools, call: AuthCall, challenges: RateLimiter): Promise<Response> {
  const { origin, relyingParty } = requireSite(tools, call);
  requireAllowance(challenges, call.address);
  const principal = await findPrincipal(tools, call);
  const cookies = principal ? [tools.cookies.session] : [];
  const answer = await tools.answer(toInternal(call, { cookies, origin }), relyingParty);
  if (!answer.ok) return answer;
  // The plugin says `preferred`, and an authenticator that then asks for no finger or PIN would be refused afterwards.
  const options = { ...((await answer.json()) as object), userVerification: "required" };
  const headers = new Headers();
  for (const cookie of answer.headers.getSetCookie()) headers.append("set-cookie", cookie);
  return Response.json(options, { headers });
}

/** A device and the finger or PIN that unlocks it: two factors, no code is asked for after it. */
async function signIn(tools: AuthTools, call: AuthCall): Promise<Response> {
  const body = await readInput(call, authenticationInput, "Send JSON with the browser's response.");
  const target = async (): Promise<AuditNote> => {
    const userId = await selectPasskeyOwner(tools.pool, body.response.id);
    return userId === undefined ? {} : { targetType: "user", targetId: userId };
  };
  return recordRefusal(tools, call, { action: SIGN_IN, target }, async () => {
    const { response, token } = await authenticate(tools, call, body);
    await recordSignIn(tools, call, token);
    return response;
  });
}

interface Authenticated {
  readonly response: Response;
  readonly token: string;
  readonly userId: string;
}

const signedInSchema = z.object({ session: z.object({ token: z.string() }), user: z.object({ id: z.string() }) });

/**
 * Has the plugin verify a response, which signs its owner in. Only the address is locked, not the account: signatures cannot be
 * guessed, and whom a stranger locked out by guessing passwords still gets in.
 */
async function authenticate(tools: AuthTools, call: AuthCall, body: object): Promise<Authenticated> {
  const { origin, relyingParty } = requireSite(tools, call);
  return guess(tools, { email: undefined, address: call.address }, passkeyRefused, async () => {
    const path = "/passkey/verify-authentication";
    const internal = toInternal(call, { path, body, cookies: [tools.cookies.challenge], origin });
    const response = await tools.answer(internal, relyingParty);
    if (response.status === 403) throw userSuspended();
    if (response.status >= 500) throw new Error("The passkey could not be checked.");
    if (!response.ok) return undefined;
    const { session, user } = signedInSchema.parse(await response.clone().json());
    return { response, token: session.token, userId: user.id };
  });
}

/** The plugin verifies only by signing in. That session ends here before anybody has seen its cookie. */
async function stepUp(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await requireSession(tools, call);
  const body = await readInput(call, authenticationInput, "Send JSON with the browser's response.");
  return recorded(tools, call, "access.stepUp", principal, async () => {
    const { token, userId } = await authenticate(tools, call, body);
    await deleteSessionByToken(tools.pool, token);
    if (userId !== principal.userId) throw passkeyRefused();
    return { response: await stamp(tools, principal), note: { after: { by: "passkey" } } };
  });
}

/** Not by the plugin, whose answer holds the public keys and not when one was last used. */
async function list(tools: AuthTools, call: AuthCall): Promise<Response> {
  const { userId } = await requireSession(tools, call);
  return Response.json(await selectPasskeys(tools.pool, userId));
}

async function rename(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await requireSession(tools, call);
  const { id, name } = await readInput(call, renameInput, "Send JSON with the passkey's id and a name.");
  return recorded(tools, call, "access.passkeys.rename", principal, async () => {
    const renamed = await renamePasskey(tools.pool, principal.userId, id, name);
    if (!renamed) throw passkeyNotFound();
    const note = { before: { id, passkey: renamed.oldName }, after: { id, passkey: name } };
    return { response: Response.json({ passkey: renamed.passkey }), note };
  });
}

async function remove(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await requireSession(tools, call);
  const { id } = await readInput(call, idInput, "Send JSON with the passkey's id.");
  return recorded(tools, call, "access.passkeys.remove", principal, async () => {
    requireVerified(principal);
    const removed = await deletePasskey(tools.pool, principal.userId, id);
    if (!removed) throw passkeyNotFound();
    return { response: Response.json({ status: true }), note: { before: { id, passkey: removed.name } } };
  });
}
