import { nowMs } from "./clock.ts";
import { toAppError } from "./errors.ts";
import { postJson } from "./http.ts";

export type SignInResult =
  | { readonly kind: "signed-in" }
  /** The password was right; a code of the authenticator app comes next. */
  | { readonly kind: "second-step" }
  | { readonly kind: "wrong" }
  /** The second step came too late, or for a sign-in that no longer waits: the password is asked for again. */
  | { readonly kind: "expired" }
  | { readonly kind: "suspended" }
  | { readonly kind: "limited"; readonly untilMs: number }
  | { readonly kind: "unreachable" }
  /** Another refusal, in the words of the server. */
  | { readonly kind: "failed"; readonly message: string };

const DEFAULT_WAIT_MS = 30_000;

export function signIn(input: { email: string; password: string; rememberMe: boolean }): Promise<SignInResult> {
  return attempt("/api/auth/sign-in/email", input, "INVALID_CREDENTIALS");
}

/** The second step, by a code of the app. */
export function signInByCode(code: string): Promise<SignInResult> {
  return attempt("/api/auth/two-factor/verify-totp", { code }, "CODE_INVALID");
}

/** The second step, by a recovery code, which is used up. */
export function signInByRecoveryCode(code: string): Promise<SignInResult> {
  return attempt("/api/auth/two-factor/verify-backup-code", { code }, "CODE_INVALID");
}

/** `response` is what the browser answered for a passkey. */
export function signInByPasskey(response: object): Promise<SignInResult> {
  return attempt("/api/auth/passkey/verify-authentication", { response }, "PASSKEY_REFUSED");
}

/** Raises when the server did not end the session: it would be a lie to show the sign-in page. */
export async function signOut(): Promise<void> {
  try {
    await postJson("/api/auth/sign-out", {});
  } catch (error) {
    if (toAppError(error).status !== 401) throw error;
  }
}

async function attempt(path: string, body: object, wrongCode: string): Promise<SignInResult> {
  try {
    const answer = await postJson(path, body);
    const isHalfWay = typeof answer === "object" && answer !== null && "twoFactorRedirect" in answer;
    return { kind: isHalfWay ? "second-step" : "signed-in" };
  } catch (error) {
    return toResult(error, wrongCode);
  }
}

function toResult(error: unknown, wrongCode: string): SignInResult {
  const { code, status, message, retryAfterMs } = toAppError(error);
  if (code === "NETWORK") return { kind: "unreachable" };
  if (code === wrongCode) return { kind: "wrong" };
  if (code === "USER_SUSPENDED") return { kind: "suspended" };
  if (status === 401) return { kind: "expired" };
  if (status === 429) return { kind: "limited", untilMs: nowMs() + (retryAfterMs ?? DEFAULT_WAIT_MS) };
  return { kind: "failed", message };
}
