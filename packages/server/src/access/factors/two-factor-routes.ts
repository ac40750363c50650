import { z } from "zod";
import type { AuditNote, Principal } from "../../trpc/context.ts";
import type { AppError } from "../../platform/errors.ts";
import {
  codeInvalid,
  invalidCredentials,
  signInExpired,
  twoFactorOff,
  twoFactorOn,
  userSuspended,
} from "../access.errors.ts";
import { openSignedCookie, readCookie } from "../credentials/session-cookie.ts";
import {
  codeOf,
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
import { recordSignIn, SIGN_IN } from "../sign-in/sign-in-routes.ts";
import { confirmPassword, passwordInput } from "./password-routes.ts";
import { findStep, isSameText } from "./totp.ts";
import {
  confirmTwoFactor,
  deleteTwoFactor,
  selectPendingSignIn,
  selectTwoFactor,
  takeStep,
  type TwoFactorRow,
} from "./two-factor.store.ts";

const totpInput = z.object({
  code: z
    .string()
    .trim()
    .regex(/^\d{6}$/),
});
const recoveryInput = z.object({ code: z.string().trim().min(1).max(64) });

export function createTwoFactorRoutes(tools: AuthTools): Record<string, AuthRoute> {
  return {
    "POST /two-factor/enable": (call) => enable(tools, call),
    "POST /two-factor/verify-totp": (call) => verifyTotp(tools, call),
    "POST /two-factor/verify-backup-code": (call) => verifyRecoveryCode(tools, call),
    "POST /two-factor/generate-backup-codes": (call) => renewRecoveryCodes(tools, call),
    "POST /two-factor/disable": (call) => disable(tools, call),
  };
}

/** Stores a secret and ten recovery codes, which count for nothing until a code of the app was right. */
async function enable(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await requireSession(tools, call);
  const input = await readInput(call, passwordInput, "Send JSON with your password.");
  return recorded(tools, call, "access.twoFactor.enable", principal, async () => {
    const { totpURI, backupCodes } = await askWithPassword(
      tools,
      call,
      principal,
      input,
      "TOTP_ALREADY_ENABLED",
      twoFactorOn,
    );
    return { response: Response.json({ totpURI, backupCodes }), note: { after: { isConfirmed: false } } };
  });
}

async function renewRecoveryCodes(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await requireSession(tools, call);
  const input = await readInput(call, passwordInput, "Send JSON with your password.");
  return recorded(tools, call, "access.twoFactor.recoveryCodes", principal, async () => {
    const { backupCodes } = await askWithPassword(
      tools,
      call,
      principal,
      input,
      "TWO_FACTOR_NOT_ENABLED",
      twoFactorOff,
    );
    return { response: Response.json({ backupCodes }) };
  });
}

const madeSchema = z.object({ totpURI: z.string().optional(), backupCodes: z.array(z.string()) });

/** Passes on to better-auth what needs the password, and counts a wrong one. */
async function askWithPassword(
  tools: AuthTools,
  call: AuthCall,
  { email }: Principal,
  body: object,
  conflictCode: string,
  toConflict: () => AppError,
): Promise<z.infer<typeof madeSchema>> {
  const { cookies } = tools;
  const response = await guess(tools, { email, address: call.address }, invalidCredentials, async () => {
    const answer = await tools.answer(toInternal(call, { body, cookies: [cookies.session, cookies.dontRemember] }));
    const code = answer.ok ? undefined : await codeOf(answer);
    if (code === conflictCode) throw toConflict();
    return code === "INVALID_PASSWORD" ? undefined : answer;
  });
  return madeSchema.parse(await response.json());
}

/** With a session: confirms that the app is set up. Without: the second step of a sign-in. */
async function verifyTotp(tools: AuthTools, call: AuthCall): Promise<Response> {
  const input = await readInput(call, totpInput, "Send JSON with the six digits that the app shows.");
  const isRight = async (row: TwoFactorRow): Promise<boolean> => {
    const step = findStep(await tools.seal.open(row.secret), input.code, tools.clock.now().getTime());
    // The plugin takes a code as often as it is sent while it lasts; whoever reads it over a shoulder must not be able to use it.
    return step !== undefined && (await takeStep(tools.pool, row.id, step));
  };
  const principal = await findPrincipal(tools, call);
  return principal ? confirm(tools, call, principal, isRight) : finishSignIn(tools, call, input, isRight);
}

/** Not by the plugin: it marks the person and the factor in two steps, and dying in between asks for a code that no app has. */
function confirm(
  tools: AuthTools,
  call: AuthCall,
  principal: Principal,
  isRight: (row: TwoFactorRow) => Promise<boolean>,
): Promise<Response> {
  const { email } = principal;
  return recorded(tools, call, "access.twoFactor.enable", principal, async () => {
    const row = await selectTwoFactor(tools.pool, principal.userId);
    if (!row) throw twoFactorOff();
    if (row.isConfirmed) throw twoFactorOn();
    await guess(tools, { email, address: call.address }, codeInvalid, async () => (await isRight(row)) || undefined);
    if (!(await confirmTwoFactor(tools.pool, principal.userId))) throw twoFactorOn();
    return { response: Response.json({}), note: { before: { twoFactor: false }, after: { twoFactor: true } } };
  });
}

async function verifyRecoveryCode(tools: AuthTools, call: AuthCall): Promise<Response> {
  const input = await readInput(call, recoveryInput, "Send JSON with one of your recovery codes.");
  return finishSignIn(tools, call, input, async (row) => {
    const codes = await tools.seal.openList(row.recoveryCodes);
    return codes.filter((code) => isSameText(code, input.code)).length > 0;
  });
}

/**
 * The second step of a sign-in. The code is judged here, under our locks, in constant time and once only; the plugin then uses up
 * the first step (and the recovery code, compared and swapped) and makes the session.
 */
async function finishSignIn(
  tools: AuthTools,
  call: AuthCall,
  body: { readonly code: string },
  isRight: (row: TwoFactorRow) => Promise<boolean>,
): Promise<Response> {
  const { cookies, throttle } = tools;
  const cookie = readCookie(call.request.headers, cookies.twoFactor);
  const challenge = cookie === undefined ? undefined : openSignedCookie(cookie, tools.secret);
  const row = challenge === undefined ? undefined : await selectPendingSignIn(tools.pool, challenge);
  if (!row) throw signInExpired();
  const { email, userId } = row;
  const target = (): AuditNote => ({ targetType: "user", targetId: userId });
  return recordRefusal(tools, call, { action: SIGN_IN, target }, () =>
    guess(tools, { email, address: call.address }, codeInvalid, async () => {
      if (!(await isRight(row))) return undefined;
      const internal = toInternal(call, { body, cookies: [cookies.twoFactor, cookies.dontRemember] });
      const response = await tools.answer(internal);
      if (response.status === 403) throw userSuspended();
      // The first step was used up meanwhile, or somebody was faster with the same recovery code.
      if (response.status < 500 && !response.ok) throw signInExpired();
      if (!response.ok) return response;
      await throttle.succeeded(email);
      const { token } = (await response.clone().json()) as { token: string };
      await recordSignIn(tools, call, token);
      return response;
    }),
  );
}

/** Not by the plugin: it marks person and factor in two steps and gives the session another cookie. */
async function disable(tools: AuthTools, call: AuthCall): Promise<Response> {
  const principal = await requireSession(tools, call);
  const { password } = await readInput(call, passwordInput, "Send JSON with your password.");
  return recorded(tools, call, "access.twoFactor.disable", principal, async () => {
    await confirmPassword(tools, call, principal, password);
    if (!(await deleteTwoFactor(tools.pool, principal.userId))) throw twoFactorOff();
    return { response: Response.json({}), note: { before: { twoFactor: true }, after: { twoFactor: false } } };
  });
}
