import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import { requirePrincipal } from "../trpc/ranks.ts";
import {
  limitDetailSchema,
  limitGetInput,
  limitHistoryInput,
  limitHistoryPage,
  limitSchema,
  limitsOutput,
  limitUpdateInput,
} from "./limits.schema.ts";
import type { Limits } from "./limits.service.ts";
import { limitOverrideDeleteInput, limitOverrideSchema, limitOverrideSetInput } from "./overrides/overrides.schema.ts";
import { limitBlockedInput, limitBlockedPage } from "./refusals/refusals.schema.ts";
import { limitRehearseInput, limitRehearseOutput } from "./rehearse/rehearse.schema.ts";

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
      .meta({ access: "viewer", limit: "read", description: "One limit by its name, with its overrides." })
      .input(limitGetInput)
      .output(limitDetailSchema)
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
    override: router({
      set: procedure
        .meta({
          access: "operator",
          limit: "write",
          description: "Gives one caller an allowance of its own at a rate, for a time or until it is deleted.",
        })
        .input(limitOverrideSetInput)
        .output(limitOverrideSchema)
        .mutation(async ({ ctx, input }) => {
          const { override, note } = await limits.overrides.set(requirePrincipal(ctx.principal), input);
          ctx.note(note);
          return override;
        }),
      delete: procedure
        .meta({
          access: "operator",
          limit: "write",
          description: "Deletes a caller's own allowance; from then on it has what all others have.",
        })
        .input(limitOverrideDeleteInput)
        .output(limitOverrideSchema)
        .mutation(async ({ ctx, input }) => {
          const { override, note } = await limits.overrides.delete(requirePrincipal(ctx.principal), input);
          ctx.note(note);
          return override;
        }),
    }),
    blocked: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Callers that a rate refused in the last 15 minutes in this process, last refused first.",
      })
      .input(limitBlockedInput)
      .output(limitBlockedPage)
      .query(({ input }) => limits.blocked(input)),
    rehearse: procedure
      .meta({
        access: "viewer",
        limit: "bulk",
        description: "Replays the calls of the last minutes against other values of a rate. Changes nothing.",
      })
      .input(limitRehearseInput)
      .output(limitRehearseOutput)
      .query(({ input }) => limits.rehearse(input)),
  });
}
