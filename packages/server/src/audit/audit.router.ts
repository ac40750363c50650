import { router } from "../trpc/init.ts";
import { orJsonText, toJsonText } from "../trpc/json-text.ts";
import { procedure } from "../trpc/procedures.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import {
  auditEventSchema,
  auditIdInput,
  auditListInput,
  auditPage,
  integritySchema,
  markersInput,
  markersOutput,
  retentionInput,
  retentionOutput,
  retentionPreviewInput,
  retentionPreviewOutput,
  undoInput,
  undoOutput,
  undoPreviewSchema,
} from "./audit.schema.ts";
import type { Audit } from "./audit.service.ts";

export function createAuditRouter(audit: Audit) {
  return router({
    list: procedure
      .meta({ access: "operator", limit: "read", description: "Who did what and what became of it, newest first." })
      .input(auditListInput)
      .output(orJsonText(auditPage))
      .query(async ({ ctx, input }) => {
        const page = await audit.list(input);
        return ctx.carriesJsonText ? toJsonText(page) : page;
      }),
    get: procedure
      .meta({ access: "operator", limit: "read", description: "One event of the audit log." })
      .input(auditIdInput)
      .output(auditEventSchema)
      .query(({ input }) => audit.get(input.id)),
    undoPreview: procedure
      .meta({
        access: "operator",
        limit: "read",
        description: "What an undo of an event would do, and what stands against it.",
      })
      .input(auditIdInput)
      .output(undoPreviewSchema)
      .query(({ ctx, input }) => audit.undoPreview(requirePrincipal(ctx.principal), input.id)),
    undo: procedure
      .meta({
        access: "operator",
        limit: "write",
        // Where the opposite act asks for it, as the deletion of a person does.
        stepUp: "byInput",
        description: "Takes back what an event did, as you: it needs your right to the opposite act.",
      })
      .input(undoInput)
      .output(undoOutput)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "auditEvent", targetId: input.id, ...(input.reason ? { reason: input.reason } : {}) });
        const { address, requestId } = ctx;
        const undone = await audit.undo({ principal: requirePrincipal(ctx.principal), address, requestId }, input);
        ctx.note({ after: undone });
        return undone;
      }),
    integrity: procedure
      .meta({
        access: "operator",
        limit: "read",
        description: "Length and head of the log's hash chain, and who could change it.",
      })
      .output(integritySchema)
      .query(() => audit.integrity()),
    markers: procedure
      .meta({
        access: "operator",
        limit: "read",
        description: "Acts that explain a bend in a chart, newest 200 of a time.",
      })
      .input(markersInput)
      .output(markersOutput)
      .query(({ input }) => audit.markers(input)),
    retention: router({
      preview: procedure
        .meta({
          access: "owner",
          limit: "read",
          description: "How many events a retention of so many days would remove.",
        })
        .input(retentionPreviewInput)
        .output(retentionPreviewOutput)
        .query(({ input }) => audit.retention.preview(input.days)),
      set: procedure
        .meta({
          access: "owner",
          limit: "write",
          stepUp: true,
          description: "Removes events older than so many days, from now on; null keeps them for ever.",
        })
        .input(retentionInput)
        .output(retentionOutput)
        .mutation(async ({ ctx, input }) => {
          const { before, after } = await audit.retention.set(requirePrincipal(ctx.principal), input.days);
          ctx.note({ targetType: "setting", targetId: "audit.retention", before, after });
          return after;
        }),
    }),
  });
}
