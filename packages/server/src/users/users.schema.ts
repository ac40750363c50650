import { z } from "zod";
import { passwordSchema, roleSchema } from "../trpc/roles.ts";
import { cursorSchema, idSchema, limitSchema, pageOf, searchSchema, timestampSchema } from "../trpc/wire.ts";

export const BULK_MAX = 10_000;

export const emailSchema = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());
export const nameSchema = z.string().trim().min(1).max(120);
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

/** `search` matches the start of an e-mail, the start of any word of a name, or a whole id. */
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
export const userSetRoleInput = z.object({ id: idSchema, role: roleSchema });
export const userSuspendInput = z.object({ id: idSchema, reason: z.string().trim().min(1).max(500).optional() });

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
export const exportOutput = z.object({
  content: z.string(),
  rows: z.number().int(),
  nextCursor: z.string().nullable(),
});
