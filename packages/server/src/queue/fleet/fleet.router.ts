import { router } from "../../trpc/init.ts";
import { procedure } from "../../trpc/procedures.ts";
import { workerIdInput, workerQuietOutput, workersOutput } from "./fleet.schema.ts";
import type { Fleet } from "./fleet.service.ts";

export function createFleetRouter(fleet: Fleet) {
  return router({
    list: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Lists the processes that run jobs, and what nobody runs.",
      })
      .output(workersOutput)
      .query(() => fleet.list()),
    quiet: procedure
      .meta({
        access: "operator",
        limit: "write",
        description: "Lets a process start no further job; those that run go on.",
      })
      .input(workerIdInput)
      .output(workerQuietOutput)
      .mutation(async ({ ctx, input }) => {
        const { principal } = ctx;
        const { wasQuiet } = await fleet.quiet(input.id, principal && (principal.keyName ?? principal.email));
        ctx.note({ targetType: "worker", targetId: input.id, before: { quiet: wasQuiet }, after: { quiet: true } });
        return { id: input.id, isQuiet: true };
      }),
    resume: procedure
      .meta({ access: "operator", limit: "write", description: "Lets a quiet process start jobs again." })
      .input(workerIdInput)
      .output(workerQuietOutput)
      .mutation(async ({ ctx, input }) => {
        const { wasQuiet } = await fleet.resume(input.id);
        ctx.note({ targetType: "worker", targetId: input.id, before: { quiet: wasQuiet }, after: { quiet: false } });
        return { id: input.id, isQuiet: false };
      }),
  });
}
