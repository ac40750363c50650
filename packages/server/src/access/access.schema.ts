import { z } from "zod";
import { passwordSchema, roleSchema } from "../trpc/roles.ts";
import { cursorSchema, idSchema, limitSchema, pageOf, timestampSchema } from "../trpc/wire.ts";

export const meSchema = z.object({
  user: z.object({ id: idSchema, email: z.string(), name: z.string(), role: roleSchema }),
  via: z.enum(["session", "key"]),
  /** Paths of the procedures this caller may call. */
  rights: z.array(z.string()),
});

export const setupInput = z.object({
  token: z.string().min(1).max(200).meta({ secret: true }),
  email: z.email().max(254),
  name: z.string().trim().min(1).max(120),
  password: passwordSchema,
});
export const setupOutput = z.object({ userId: idSchema });

export const sessionSchema = z.object({
  id: idSchema,
  userId: idSchema,
  email: z.string(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: timestampSchema,
  lastSeenAt: timestampSchema,
  expiresAt: timestampSchema,
  current: z.boolean(),
});
export const sessionsListInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  userId: idSchema.optional(),
});
export type Session = z.infer<typeof sessionSchema>;
export const sessionPage = pageOf(sessionSchema);
export const sessionIdInput = z.object({ id: idSchema });

export const keySchema = z.object({
  id: idSchema,
  name: z.string(),
  /** First characters of the key, enough to recognise it. */
  prefix: z.string(),
  role: roleSchema,
  scopes: z.array(z.string()).nullable(),
  ownerId: idSchema,
  ownerEmail: z.string(),
  createdAt: timestampSchema,
  expiresAt: timestampSchema.nullable(),
  lastUsedAt: timestampSchema.nullable(),
  revokedAt: timestampSchema.nullable(),
  status: z.enum(["active", "expired", "revoked"]),
  /** Until when the secret before the last rotation still works, and when it was last used; null once it has ended. */
  previousExpiresAt: timestampSchema.nullable(),
  previousLastUsedAt: timestampSchema.nullable(),
});
export type Key = z.infer<typeof keySchema>;
export const keysListInput = z.object({ limit: limitSchema, cursor: cursorSchema.optional() });
export const keyPage = pageOf(keySchema);

export const keyCreateInput = z.object({
  name: z.string().trim().min(1).max(80),
  /** No higher than the maker's; the maker's when left out. */
  role: roleSchema.optional(),
  /** Procedure path prefixes, such as `queue` or `users.list`; all that the role has when left out. */
  scopes: z
    .array(z.string().regex(/^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)*$/))
    .min(1)
    .max(50)
    .optional(),
  expiresInDays: z.number().int().min(1).max(3650).optional(),
});
/** `key` is shown here and never again: only its hash is kept. */
export const keyCreateOutput = z.object({ id: idSchema, key: z.string().meta({ secret: true }), item: keySchema });

export const OVERLAP_MAX_SECONDS = 7 * 24 * 3600;
export const keyIdInput = z.object({ id: idSchema });
export const keyRotateInput = z.object({
  id: idSchema,
  /** Seconds the old secret keeps working, at most 7 days. Default 0: it ends at once. */
  overlapSeconds: z.number().int().min(0).max(OVERLAP_MAX_SECONDS).default(0),
});

/** Body of `POST /api/auth/sign-in/email`. Passwords are not checked for length here: a wrong one is a wrong one. */
export const signInInput = z.object({
  email: z.email().max(254),
  password: z.string().min(1).max(1024),
  /** False ends the sign-in with the browser. Default true. */
  rememberMe: z.boolean().optional(),
});

export const rolesOutput = z.object({
  roles: z.array(z.object({ name: roleSchema, rights: z.array(z.string()) })),
});
