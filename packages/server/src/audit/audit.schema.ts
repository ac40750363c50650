import { z } from "zod";
import {
  cursorSchema,
  idSchema,
  jsonSchema,
  limitSchema,
  pageOf,
  searchSchema,
  timestampSchema,
} from "../trpc/wire.ts";

export const auditOutcomeSchema = z.enum(["ok", "refused", "failed"]);

export const auditEventSchema = z.object({
  id: idSchema,
  at: timestampSchema,
  /** Path of the procedure, or `access.signIn` and the like. */
  action: z.string(),
  outcome: auditOutcomeSchema,
  /** Error code when it was refused or failed. */
  code: z.string().nullable(),
  actorId: idSchema.nullable(),
  actorEmail: z.string().nullable(),
  via: z.enum(["session", "key", "system", "anonymous"]),
  keyName: z.string().nullable(),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  targetType: z.string().nullable(),
  targetId: z.string().nullable(),
  before: jsonSchema.nullable(),
  after: jsonSchema.nullable(),
  reason: z.string().nullable(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

export const auditListInput = z.object({
  limit: limitSchema,
  cursor: cursorSchema.optional(),
  /** A procedure path or the start of one: `users` finds `users.create`. */
  action: z.string().max(200).optional(),
  actorId: idSchema.optional(),
  targetId: z.string().max(200).optional(),
  outcome: auditOutcomeSchema.optional(),
  from: timestampSchema.optional(),
  to: timestampSchema.optional(),
  /** Start of an actor's e-mail or of a target's id. */
  search: searchSchema.optional(),
});
export const auditPage = pageOf(auditEventSchema);
export const auditIdInput = z.object({ id: idSchema });
