import type { AuthenticationResponseJSON } from "@simplewebauthn/browser";
import { getJson, postJson } from "../../lib/http.ts";

/**
 * Whether this browser can use a passkey at this address, and why not: browsers bind passkeys to a name, so an IP address has
 * none, and they offer them to safe origins only.
 */
export type PasskeySupport = "yes" | "loopback" | "address" | "insecure" | "browser";

export function passkeySupport(): PasskeySupport {
  const { hostname } = window.location;
  if (hostname === "127.0.0.1" || hostname === "[::1]") return "loopback";
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname) || hostname.startsWith("[")) return "address";
  if (!window.isSecureContext) return "insecure";
  return typeof window.PublicKeyCredential === "function" ? "yes" : "browser";
}

/** This page on the name of the same machine, which passkeys can belong to. */
export function namedAddress(): string {
  const { protocol, port, pathname, search } = window.location;
  return `${protocol}//localhost${port ? `:${port}` : ""}${pathname}${search}`;
}

/** Why the browser did not use a passkey. It tells a closed question and one that ran out of time alike, on purpose. */
export type PasskeyRefusal = "dismissed" | "known" | "unsupported" | "address" | "failed";

export class PasskeyError extends Error {
  readonly reason: PasskeyRefusal;

  constructor(reason: PasskeyRefusal, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "PasskeyError";
    this.reason = reason;
  }
}

/** The library is fetched when it is needed: most people sign in with a password. */
const loadLibrary = () => import("@simplewebauthn/browser");

/** Lets the browser ask for a passkey. Raises a PasskeyError, or an AnswerError when the server has no passkeys. */
export async function askForPasskey(): Promise<AuthenticationResponseJSON> {
  const [library, options] = await Promise.all([loadLibrary(), readOptions("authenticate")]);
  return inBrowser(() => library.startAuthentication({ optionsJSON: options as never }));
}

/**
 * Offers passkeys among the suggestions of a field whose `autocomplete` ends in `webauthn`. Waits until one is chosen; undefined
 * where the browser cannot do that. `cancel` ends the wait, after which it answers undefined too.
 */
export async function offerPasskeys(signal: AbortSignal): Promise<AuthenticationResponseJSON | undefined> {
  const library = await loadLibrary();
  if (signal.aborted || !(await library.browserSupportsWebAuthnAutofill())) return undefined;
  const options = await readOptions("authenticate");
  if (signal.aborted) return undefined;
  signal.addEventListener("abort", () => library.WebAuthnAbortService.cancelCeremony(), { once: true });
  return library.startAuthentication({ optionsJSON: options as never, useBrowserAutofill: true });
}

export async function confirmByPasskey(): Promise<void> {
  await postJson("/api/auth/step-up/passkey", { response: await askForPasskey() });
}

/** Lets the browser make a passkey and keeps its public half. */
export async function addPasskey(name: string): Promise<void> {
  const [library, options] = await Promise.all([loadLibrary(), readOptions("register")]);
  const response = await inBrowser(() => library.startRegistration({ optionsJSON: options as never }));
  await postJson("/api/auth/passkey/verify-registration", { response, name });
}

async function readOptions(ceremony: "register" | "authenticate"): Promise<unknown> {
  return getJson(`/api/auth/passkey/generate-${ceremony}-options`);
}

async function inBrowser<Result>(ceremony: () => Promise<Result>): Promise<Result> {
  try {
    return await ceremony();
  } catch (error) {
    throw new PasskeyError(reasonOf(error), error);
  }
}

/** The library gives its errors the name of the browser's own. */
function reasonOf(error: unknown): PasskeyRefusal {
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "AbortError":
      return "dismissed";
    case "InvalidStateError":
      return "known";
    case "NotSupportedError":
    case "ConstraintError":
      return "unsupported";
    case "SecurityError":
      return "address";
    default:
      return "failed";
  }
}
