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
