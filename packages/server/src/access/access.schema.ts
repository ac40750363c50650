import { z } from "zod";
import { passwordSchema, roleSchema } from "../trpc/roles.ts";
import { cursorSchema, idSchema, limitSchema, pageOf, searchSchema, timestampSchema } from "../trpc/wire.ts";

export const meSchema = z.object({
  user: z.object({ id: idSchema, email: z.string(), name: z.string(), role: roleSchema }),
  via: z.enum(["session", "key"]),
  /** Paths of the procedures this caller may call. */
  rights: z.array(z.string()),
  security: z.object({
    /** A code is asked for after the password. */
    twoFactor: z.boolean(),
    passkeys: z.number().int(),
    /** Null without two-factor. */
    recoveryCodesLeft: z.number().int().nullable(),
    /** Within the last 10 minutes this session proved who it is; always true for a key, which is never asked. */
    isVerified: z.boolean(),
    /** Browsers refuse passkeys where the dashboard is opened by an IP address. */
    passkeysAvailable: z.boolean(),
  }),
});

export const resetFactorsInput = z.object({ userId: idSchema, reason: z.string().trim().min(1).max(500).optional() });

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
  name: z.string(),
  role: roleSchema,
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: timestampSchema,
  lastSeenAt: timestampSchema,
  expiresAt: timestampSchema,
  /** When the person last proved who they are, by signing in or by a step-up. */
  verifiedAt: timestampSchema,
  current: z.boolean(),
});
export type Session = z.infer<typeof sessionSchema>;

const sessionsFilter = z.object({
  /** Start of an e-mail address, of a word of a name or of a network address. */
  search: searchSchema.optional(),
  userId: idSchema.optional(),
  /** Last seen longer ago than so many days. */
  idleDays: z.number().int().min(1).max(3650).optional(),
});
export type SessionsFilter = z.infer<typeof sessionsFilter>;
export const sessionsListInput = sessionsFilter.extend({ limit: limitSchema, cursor: cursorSchema.optional() });
export const sessionPage = pageOf(sessionSchema);

/** Which sessions to end. The caller's own is spared unless `includeCurrent`. */
export const sessionsPreviewInput = sessionsFilter.extend({ includeCurrent: z.boolean().default(false) });
export const sessionsPreview = z.object({
  /** Sessions that would end, and whose they are in number. */
  count: z.number().int(),
  people: z.number().int(),
  /** Sessions that match but are of people of a higher rank: they stay. */
  skipped: z.number().int(),
  /** To be sent along: sessions that began later than what was shown stay. */
  asOf: timestampSchema,
  /** The five newest that would end. */
  sample: z.array(sessionSchema),
});
export const sessionsRevokeAllInput = sessionsPreviewInput.extend({
  asOf: timestampSchema,
  reason: z.string().trim().min(1).max(500).optional(),
});
export const sessionsRevoked = z.object({
  revoked: z.number().int(),
  people: z.number().int(),
  skipped: z.number().int(),
});
export const sessionIdInput = z.object({ id: idSchema });

const keyStatus = z.enum(["active", "expired", "revoked"]);
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
  status: keyStatus,
  /** Calls a minute over all procedures; null for no limit beside those of each class. */
  ratePerMinute: z.number().int().nullable(),
  /** Until when the secret before the last rotation still works, and when it was last used; null once it has ended. */
  previousExpiresAt: timestampSchema.nullable(),
  previousLastUsedAt: timestampSchema.nullable(),
});
export type Key = z.infer<typeof keySchema>;
export const keysListInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  /** Start of a word of its name, of its prefix (with or without `swb_`) or of its owner's e-mail address. */
  search: searchSchema.optional(),
  status: keyStatus.optional(),
  ownerId: idSchema.optional(),
});
export type KeysFilter = Pick<z.infer<typeof keysListInput>, "search" | "status" | "ownerId">;
export const keyPage = pageOf(keySchema);

const keyName = z.string().trim().min(1).max(80);
/** One call a minute at least; all of a minute's calls may come at once after a quiet one. */
const ratePerMinute = z.number().int().min(1).max(1_000_000);

export const keyCreateInput = z.object({
  name: keyName,
  /** No higher than the maker's; the maker's when left out. */
  role: roleSchema.optional(),
  /** Procedure path prefixes, such as `queue` or `users.list`; all that the role has when left out. */
  scopes: z
    .array(z.string().regex(/^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)*$/))
    .min(1)
    .max(50)
    .optional(),
  expiresInDays: z.number().int().min(1).max(3650).optional(),
  ratePerMinute: ratePerMinute.optional(),
});
export const keyUpdateInput = z.object({
  id: idSchema,
  name: keyName.optional(),
  /** Null lifts the limit. */
  ratePerMinute: ratePerMinute.nullable().optional(),
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

/** Where a key was used from within the last 24 h, at most 100 addresses, newest first. */
export const keyCallers = z.object({
  items: z.array(
    z.object({
      address: z.string(),
      /** As the caller named itself last. */
      userAgent: z.string().nullable(),
      /** With the secret from before the last rotation. */
      isPrevious: z.boolean(),
      /** To the minute. */
      lastUsedAt: timestampSchema,
    }),
  ),
});
export type KeyCaller = z.infer<typeof keyCallers>["items"][number];

/** Body of `POST /api/auth/sign-in/email`. Passwords are not checked for length here: a wrong one is a wrong one. */
export const signInInput = z.object({
  email: z.email().max(254),
  password: z.string().min(1).max(1024),
  /** False ends the sign-in with the browser. Default true. */
  rememberMe: z.boolean().optional(),
});

export const policyOutput = z.object({
  /** Wrong passwords and codes after which no more are taken, for how long from the last one. */
  lock: z.object({
    accountFailures: z.number().int(),
    addressFailures: z.number().int(),
    seconds: z.number().int(),
  }),
  password: z.object({ minLength: z.number().int(), maxLength: z.number().int() }),
  /** From its last use, renewed once a day. */
  sessionSeconds: z.number().int(),
  stepUp: z.object({
    withinSeconds: z.number().int(),
    /** Those that ask a session for a fresh proof; some only for certain input. */
    procedures: z.array(z.object({ path: z.string(), always: z.boolean() })),
  }),
});

export const rolesOutput = z.object({
  roles: z.array(z.object({ name: roleSchema, rights: z.array(z.string()) })),
});
