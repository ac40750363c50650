import { AppError } from "../platform/errors.ts";

/** The key was sent but counts for nothing. One text for all causes: whoever holds a bad key learns nothing from it. */
export function keyInvalid(): AppError {
  return new AppError({
    kind: "UNAUTHORIZED",
    code: "KEY_INVALID",
    publicMessage: "This API key does not count: it is unknown, has expired or was revoked, or its owner is suspended.",
  });
}

/** The set-up link is wrong or was made by another data directory. Nothing was stored. */
export function setupTokenInvalid(): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "SETUP_TOKEN_INVALID",
    publicMessage: "This set-up link is not valid. Take the one from the server's log.",
  });
}

/** There is an owner; the set-up link has done its work. */
export function setupDone(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "SETUP_DONE",
    publicMessage: "The set-up is done: there is an owner. Sign in, or ask the owner for access.",
  });
}

/** Another person has this e-mail address. Nothing was stored. */
export function ownerEmailTaken(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "USER_EMAIL_TAKEN",
    publicMessage: "A person with this e-mail address exists already. Take another one for the owner.",
  });
}

/** Unknown address, no password or a wrong one: one text for all, which takes the same time. */
export function invalidCredentials(details?: { readonly isLocked: boolean }): AppError {
  return new AppError({
    kind: "UNAUTHORIZED",
    code: "INVALID_CREDENTIALS",
    publicMessage: "The e-mail address or the password is wrong.",
    ...(details ? { details } : {}),
  });
}

/** The code of the authenticator app or the recovery code is wrong or was used before. It counts towards the lock. */
export function codeInvalid(details?: { readonly isLocked: boolean }): AppError {
  return new AppError({
    kind: "UNAUTHORIZED",
    code: "CODE_INVALID",
    publicMessage: "This code is wrong or was used before. Take the one that is shown now.",
    ...(details ? { details } : {}),
  });
}

/** Said only to who has proven who they are: a stranger cannot ask who is suspended. */
export function userSuspended(): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "USER_SUSPENDED",
    publicMessage: "This account is suspended. Ask an administrator.",
  });
}

/** Too many failures of one account, whatever the address. It opens again by itself after `retryAfterMs`. */
export function accountLocked(retryAfterMs: number, inWords: string): AppError {
  return new AppError({
    kind: "TOO_MANY_REQUESTS",
    code: "ACCOUNT_LOCKED",
    publicMessage: `Too many wrong passwords or codes for this account. Try again in ${inWords}.`,
    retryAfterMs,
  });
}

/** Too many failures, or too many passkeys asked for, from one address. */
export function addressLimited(retryAfterMs: number, inWords: string): AppError {
  return new AppError({
    kind: "TOO_MANY_REQUESTS",
    code: "RATE_LIMITED",
    publicMessage: `Too many attempts from this address. Try again in ${inWords}.`,
    retryAfterMs,
  });
}

/** The first step of the sign-in is more than 10 minutes ago, was used up or lost its second factor. Begin again. */
export function signInExpired(): AppError {
  return new AppError({
    kind: "UNAUTHORIZED",
    code: "SIGN_IN_EXPIRED",
    publicMessage: "This sign-in has expired. Begin again with your password.",
  });
}

export function twoFactorOn(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "TWO_FACTOR_ON",
    publicMessage: "Two-factor sign-in is on already. Turn it off first to use another app.",
  });
}

export function twoFactorOff(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "TWO_FACTOR_OFF",
    publicMessage: "Two-factor sign-in is off. Turn it on first.",
  });
}

/** What is stored was encrypted under another SWITCHBOARD_SECRET and cannot be read. */
export function factorsUnreadable(cause: unknown): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "FACTORS_UNREADABLE",
    publicMessage:
      "Your second factor was stored under another SWITCHBOARD_SECRET. Ask an administrator to reset it, or run admin:create.",
    cause,
  });
}

/** Browsers bind passkeys to a name and refuse IP addresses. */
export function passkeysUnavailable(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "PASSKEYS_UNAVAILABLE",
    publicMessage:
      "Browsers refuse passkeys at an IP address. Open the dashboard by a name, such as localhost, and set SWITCHBOARD_PUBLIC_URL to it.",
  });
}

/** The passkey is unknown, was made for another site, is a copy, or did not ask for finger or PIN. Nobody was signed in. */
export function passkeyRefused(details?: { readonly isLocked: boolean }): AppError {
  return new AppError({
    kind: "UNAUTHORIZED",
    code: "PASSKEY_REFUSED",
    publicMessage: "This passkey was not accepted. Try again, or sign in another way.",
    ...(details ? { details } : {}),
  });
}

/** What the browser answered does not fit what was asked, or is more than 5 minutes late. Nothing was stored. */
export function passkeyNotStored(): AppError {
  return new AppError({
    kind: "BAD_REQUEST",
    code: "PASSKEY_NOT_STORED",
    publicMessage: "This passkey could not be stored. Begin again.",
  });
}

export function passkeyNotFound(): AppError {
  return new AppError({ kind: "NOT_FOUND", code: "PASSKEY_NOT_FOUND", publicMessage: "You have no such passkey." });
}

export function passkeysFull(max: number): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "PASSKEYS_FULL",
    publicMessage: `You have ${max} passkeys, which is the most there can be. Remove one first.`,
  });
}

/** The command for the locked-out gives roles and takes none. Nothing was changed. */
export function roleWouldFall(role: string, given: string): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "ROLE_WOULD_FALL",
    publicMessage: `This person has the role ${role}, which is above ${given}. Run it again with --role ${role}.`,
  });
}

/** Nobody with this id. Nothing was done. */
export function personNotFound(): AppError {
  return new AppError({ kind: "NOT_FOUND", code: "USER_NOT_FOUND", publicMessage: "There is no such person." });
}

/** One's own factors are changed in one's settings, where the password is asked for. */
export function notYourOwnFactors(): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "NOT_YOURSELF",
    publicMessage: "You cannot reset your own factors here. Change them in your settings.",
  });
}

export function sessionNotFound(): AppError {
  return new AppError({
    kind: "NOT_FOUND",
    code: "SESSION_NOT_FOUND",
    publicMessage: "There is no such session; it may have ended.",
  });
}

export function keyNotFound(): AppError {
  return new AppError({ kind: "NOT_FOUND", code: "KEY_NOT_FOUND", publicMessage: "There is no such API key." });
}

/** The key was revoked or has expired: it cannot be given a new secret. Make a new key. */
export function keyEnded(): AppError {
  return new AppError({
    kind: "CONFLICT",
    code: "KEY_ENDED",
    publicMessage: "This key was revoked or has expired. Make a new one.",
  });
}

/** Whoever rotates a key gets its secret and could act as its owner; so only the owner may. */
export function keyNotYours(): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "KEY_NOT_YOURS",
    publicMessage: "Only its owner can rotate a key. You can revoke it.",
  });
}

/** A key held to scopes made or rotated a key that reaches further than itself. */
export function scopeAboveOwn(own: readonly string[]): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "SCOPE_ABOVE_OWN",
    publicMessage: `This key is held to ${own.join(", ")} and cannot give out more than that.`,
    details: { own },
  });
}

/** A key held to a rate gave a key a higher one, or none. */
export function rateAboveOwn(own: number): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "RATE_ABOVE_OWN",
    publicMessage: `This key is held to ${own} calls a minute and cannot give more than that.`,
    details: { own },
  });
}
