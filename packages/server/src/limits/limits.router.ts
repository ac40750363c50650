import { router } from "../trpc/init.ts";
import { procedure } from "../trpc/procedures.ts";
import { limitGetInput, limitSchema, limitsOutput } from "./limits.schema.ts";
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
  });
}
