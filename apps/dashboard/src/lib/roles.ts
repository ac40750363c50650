import type { Role } from "./session.tsx";

/** Lowest first, as the server ranks them: a role has every right of those before it. */
export const roles = ["viewer", "operator", "admin", "owner"] as const satisfies readonly Role[];

export function rankOf(role: Role): number {
  return roles.indexOf(role);
}

/** The roles that somebody of this role may give. */
export function grantableRoles(own: Role): readonly Role[] {
  return roles.slice(0, rankOf(own) + 1);
}
