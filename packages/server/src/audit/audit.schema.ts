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

export const viaSchema = z.enum(["session", "key", "system", "anonymous"]);

/** Why an event cannot be undone; null when it can. */
export const undoStateSchema = z.object({
  possible: z.boolean(),
  code: z.enum(["NO_INVERSE", "ALREADY_UNDONE", "NOT_OK"]).nullable(),
});

export const auditEventSchema = z.object({
  id: idSchema,
  /** Position in the log: 1, 2, 3 without gaps. */
  seq: z.number().int(),
  at: timestampSchema,
  /** Path of the procedure, or `access.signIn` and the like. */
  action: z.string(),
  outcome: auditOutcomeSchema,
  /** Error code when it was refused or failed. */
  code: z.string().nullable(),
  actorId: idSchema.nullable(),
  actorEmail: z.string().nullable(),
  via: viaSchema,
  keyName: z.string().nullable(),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  targetType: z.string().nullable(),
  targetId: z.string().nullable(),
  before: jsonSchema.nullable(),
  after: jsonSchema.nullable(),
  reason: z.string().nullable(),
  /** The event that this one took back. */
  undoes: idSchema.nullable(),
  /** The event that took this one back. */
  undoneBy: idSchema.nullable(),
  undo: undoStateSchema,
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

export const auditFilter = z.object({
  /** A procedure path or the start of one: `users` finds `users.create`. */
  action: z.string().max(200).optional(),
  actorId: idSchema.optional(),
  targetId: z.string().max(200).optional(),
  outcome: auditOutcomeSchema.optional(),
  via: viaSchema.optional(),
  /** Only events that can be undone. */
  undo: z.literal("possible").optional(),
  from: timestampSchema.optional(),
  to: timestampSchema.optional(),
  /** Start of an actor's e-mail or of a target's id. */
  search: searchSchema.optional(),
});
export type AuditFilter = z.output<typeof auditFilter>;
export const auditListInput = auditFilter.extend({ limit: limitSchema, cursor: cursorSchema.optional() });
/** The whole that `audit.list` pages through, as one file. */
export const auditExportInput = auditFilter.extend({ format: z.enum(["csv", "ndjson"]).default("csv") });
export const auditPage = pageOf(auditEventSchema);
export const auditIdInput = z.object({ id: idSchema });

export const undoPreviewSchema = z.object({
  /** The procedure that would run, as the caller and by their rights. */
  action: z.string(),
  target: z.string().nullable(),
  /** What the event's target is at the moment, and what it would be. */
  from: jsonSchema,
  to: jsonSchema,
  /** Why an undo would be refused at the moment. */
  refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export const undoInput = z.object({ id: idSchema, reason: z.string().trim().min(1).max(500).optional() });
/** The event that the undo left. */
export const undoOutput = z.object({ eventId: idSchema });

export const integritySchema = z.object({
  /** Events in the log, by their numbers; whether each is there and unchanged is what `audit:verify` finds out. */
  events: z.number().int(),
  /** 0 in an empty log. */
  firstSeq: z.number().int(),
  headSeq: z.number().int(),
  /** SHA-256 of the chain up to its last row, in hexadecimal. */
  headHash: z.string(),
  /** Events that retention has removed so far. */
  pruned: z.number().int(),
  retentionDays: z.number().int().nullable(),
  /** Whether the server works under a database role that can neither change nor delete a row of the log. */
  isRoleSeparated: z.boolean(),
});

export const RETENTION_MIN_DAYS = 30;
export const RETENTION_MAX_DAYS = 3650;
const daysSchema = z.number().int().min(RETENTION_MIN_DAYS).max(RETENTION_MAX_DAYS);
export const retentionPreviewInput = z.object({ days: daysSchema });
/** How many events are older than `days`, and the beginning of the day (UTC) before which they would be removed. */
export const retentionPreviewOutput = z.object({ events: z.number().int(), before: timestampSchema });
/** null keeps events for ever. */
export const retentionInput = z.object({ days: daysSchema.nullable() });
export const retentionOutput = z.object({ retentionDays: z.number().int().nullable() });

export const markerKindSchema = z.enum(["limit", "pause", "access", "deploy", "other"]);
export const markersInput = z.object({ from: timestampSchema, to: timestampSchema });
export const markersOutput = z.object({
  items: z.array(
    z.object({
      id: idSchema,
      at: timestampSchema,
      action: z.string(),
      kind: markerKindSchema,
      actorEmail: z.string().nullable(),
      target: z.string().nullable(),
    }),
  ),
});
