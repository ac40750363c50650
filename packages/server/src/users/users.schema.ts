import { z } from "zod";
import { passwordSchema, roleSchema } from "../trpc/roles.ts";
import { cursorSchema, idSchema, limitSchema, pageOf, searchSchema, timestampSchema } from "../trpc/wire.ts";

export const BULK_MAX = 10_000;

export const emailSchema = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());
/** Composed: an Ü of two code points would be another letter to the search. */
export const nameSchema = z.string().trim().normalize("NFC").min(1).max(120);
export const userStatusSchema = z.enum(["active", "suspended"]);

export const userSchema = z.object({
  id: idSchema,
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  status: userStatusSchema,
  suspendedReason: z.string().nullable(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
  lastSeenAt: timestampSchema.nullable(),
});
export type User = z.infer<typeof userSchema>;

/**
 * `search` matches the start of an e-mail, the start of any word of a name, or a whole id, blind to case. Words end at white space and
 * punctuation: `brien` finds O'Brien, `o'b` as well. Without a letter or a digit it finds e-mails only.
 */
export const usersFilter = z.object({
  search: searchSchema.optional(),
  role: roleSchema.optional(),
  status: userStatusSchema.optional(),
});
export const usersListInput = usersFilter.extend({ limit: limitSchema, cursor: cursorSchema.optional() });
export const userPage = pageOf(userSchema);

export const userIdInput = z.object({ id: idSchema });
export const userCreateInput = z.object({
  email: emailSchema,
  name: nameSchema,
  role: roleSchema.default("viewer"),
  /** Without one the person cannot sign in until a password is set. */
  password: passwordSchema.optional(),
});
export const userUpdateInput = z.object({
  id: idSchema,
  email: emailSchema.optional(),
  name: nameSchema.optional(),
  /** Replaces the password and signs the person out everywhere. */
  password: passwordSchema.optional(),
});
/** Why somebody was acted on: for the audit row, and on a suspension for the person's page. */
export const reasonSchema = z.string().trim().min(1).max(500);
export const userSetRoleInput = z.object({ id: idSchema, role: roleSchema, reason: reasonSchema.optional() });
export const userSuspendInput = z.object({ id: idSchema, reason: reasonSchema.optional() });
export const userDeleteInput = z.object({ id: idSchema, reason: reasonSchema.optional() });

/** What ends with a suspension, a change of role or a deletion: sessions and keys that still count, and the second factors. */
export const userImpactSchema = z.object({
  sessions: z.number().int(),
  keys: z.number().int(),
  passkeys: z.number().int(),
  twoFactor: z.boolean(),
});

/** Somebody who was deleted and can be brought back until `erasedAt`. */
export const deletedUserSchema = z.object({
  id: idSchema,
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  deletedAt: timestampSchema,
  /** Address of who did it. */
  deletedBy: z.string().nullable(),
  erasedAt: timestampSchema,
});
export type DeletedUser = z.infer<typeof deletedUserSchema>;
export const deletedUsersInput = z.object({ limit: limitSchema, cursor: cursorSchema.optional() });
export const deletedUserPage = pageOf(deletedUserSchema);

export const bulkUserSchema = z.object({ email: emailSchema, name: nameSchema, role: roleSchema.default("viewer") });
export const bulkCreateInput = z.object({ users: z.array(bulkUserSchema).min(1).max(BULK_MAX) });
export type BulkUser = z.output<typeof bulkUserSchema>;
/** Ids in the order of the input. */
export const bulkCreateOutput = z.object({ created: z.number().int(), ids: z.array(idSchema) });

/** One chunk of an export: at most 5,000 rows; ask again with `nextCursor` until it is null. The first chunk of a CSV has the header. */
export const exportInput = usersFilter.extend({
  format: z.enum(["csv", "ndjson"]).default("csv"),
  cursor: cursorSchema.optional(),
});
/** Of the export as one file. Strict: a filter that is misspelt must not export everybody. */
export const exportFileInput = z.strictObject({ ...usersFilter.shape, format: exportInput.shape.format });
export const exportOutput = z.object({
  content: z.string(),
  rows: z.number().int(),
  nextCursor: z.string().nullable(),
});
