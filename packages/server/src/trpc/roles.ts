import { z } from "zod";

/** Lowest first: a role has every right of those before it. */
export const roles = ["viewer", "operator", "admin", "owner"] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

export function rankOf(role: Role): number {
  return roles.indexOf(role);
}

/** 12 characters at least, as long as a sentence at most. */
export const passwordSchema = z.string().min(12).max(128).meta({ secret: true });
