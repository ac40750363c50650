import { procedure } from "../trpc/procedures.ts";
import { router } from "../trpc/init.ts";
import { auditEventSchema, auditIdInput, auditListInput, auditPage } from "./audit.schema.ts";
import type { Audit } from "./audit.service.ts";

export function createAuditRouter(audit: Audit) {
  return router({
    list: procedure
      .meta({ access: "operator", limit: "read", description: "Who did what and what became of it, newest first." })
      .input(auditListInput)
      .output(auditPage)
      .query(({ input }) => audit.list(input)),
    get: procedure
      .meta({ access: "operator", limit: "read", description: "One event of the audit log." })
      .input(auditIdInput)
      .output(auditEventSchema)
      .query(({ input }) => audit.get(input.id)),
  });
}
