import { AppError } from "../platform/errors.ts";
import type { Principal } from "./context.ts";
import { rankOf, type Role } from "./roles.ts";

export function unauthenticated(): AppError {
  return new AppError({
    kind: "UNAUTHORIZED",
    code: "UNAUTHENTICATED",
    publicMessage: "Sign in, or send an API key as `Authorization: Bearer <key>`.",
  });
}

/** Narrows the principal of a procedure that is not public. Raises 401 `UNAUTHENTICATED`. */
export function requirePrincipal(principal: Principal | undefined): Principal {
  if (!principal) throw unauthenticated();
  return principal;
}

/** Seconds that a sign-in or a step-up counts as proof of who somebody is. */
export const VERIFIED_SECONDS = 600;

/** A session must be fresh for what cannot be taken back; keys are not asked. Raises 403 `STEP_UP_REQUIRED`. */
export function requireVerified(principal: Principal): void {
  if (principal.kind === "key" || principal.isVerified) return;
  throw new AppError({
    kind: "FORBIDDEN",
    code: "STEP_UP_REQUIRED",
    publicMessage: "Confirm that it is you, with your password or a passkey, and try again.",
    details: { withinSeconds: VERIFIED_SECONDS },
  });
}

export function isAbove(role: Role, other: Role): boolean {
  return rankOf(role) > rankOf(other);
}

export function lowerOf(role: Role, other: Role): Role {
  return isAbove(role, other) ? other : role;
}

/** Nobody touches what belongs to a higher rank. Raises 403 `RANK_TOO_LOW`. */
export function requireRank(own: Role, target: Role): void {
  if (!isAbove(target, own)) return;
  throw new AppError({
    kind: "FORBIDDEN",
    code: "RANK_TOO_LOW",
    publicMessage: `This belongs to the role ${target}, which is above yours (${own}).`,
    details: { target, own },
  });
}

/** Nobody grants what they lack. Raises 403 `ROLE_ABOVE_OWN`. */
export function requireGrantable(own: Role, granted: Role): void {
  if (!isAbove(granted, own)) return;
  throw new AppError({
    kind: "FORBIDDEN",
    code: "ROLE_ABOVE_OWN",
    publicMessage: `The role ${granted} is above yours (${own}): you cannot give it.`,
    details: { granted, own },
  });
}
