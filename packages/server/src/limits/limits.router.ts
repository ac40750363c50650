import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import {
  limitGetInput,
  limitHistoryInput,
  limitHistoryPage,
  limitSchema,
  limitsOutput,
  limitUpdateInput,
} from "./limits.schema.ts";
import type { Limits } from "./limits.service.ts";

export function createLimitsRouter(limits: Limits) {
  return router({
    list: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Rate and concurrency limits with their use in this process.",
      })
      .output(limitsOutput)
      .query(() => limits.list()),
    get: procedure
      .meta({ access: "viewer", limit: "read", description: "One limit by its name." })
      .input(limitGetInput)
      .output(limitSchema)
      .query(({ input }) => limits.get(input.name)),
    history: procedure
      .meta({ access: "viewer", limit: "read", description: "Changes of limits, newest first." })
      .input(limitHistoryInput)
      .output(limitHistoryPage)
      .query(({ input }) => limits.history(input)),
    update: procedure
      .meta({
        access: "operator",
        limit: "write",
        description:
          "Changes a limit in every process, for a time or until the next change. Admins may go beyond an operator's bounds.",
      })
      .input(limitUpdateInput)
      .output(limitSchema)
      .mutation(async ({ ctx, input }) => {
        const { row, note } = await limits.update(requirePrincipal(ctx.principal), input);
        ctx.note(note);
        return row;
      }),
  });
}
