import type { CallContext } from "../../trpc/context.ts";
import { router } from "../../trpc/init.ts";
import { procedure } from "../../trpc/procedures.ts";
import { doneSchema } from "../../trpc/wire.ts";
import {
  scheduleCreateInput,
  scheduleIdInput,
  schedulePreviewInput,
  schedulePreviewOutput,
  scheduleRunNowOutput,
  scheduleRunsInput,
  scheduleRunsPage,
  scheduleSchema,
  schedulesListInput,
  schedulesPage,
  scheduleUpdateInput,
} from "./schedules.schema.ts";
import { toScheduleNote, type Schedules } from "./schedules.service.ts";

export function createSchedulesRouter(schedules: Schedules) {
  return router({
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "Lists schedules, by name." })
      .input(schedulesListInput.prefault({}))
      .output(schedulesPage)
      .query(({ input }) => schedules.list(input)),
    get: procedure
      .meta({ access: "viewer", limit: "read", description: "Shows one schedule." })
      .input(scheduleIdInput)
      .output(scheduleSchema)
      .query(({ input }) => schedules.get(input.id)),
    runs: procedure
      .meta({ access: "viewer", limit: "read", description: "Lists what a schedule ran, newest first." })
      .input(scheduleRunsInput)
      .output(scheduleRunsPage)
      .query(({ input }) => schedules.runs(input)),
    preview: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Shows when a timing would run, and the days on which a change of clocks touches it.",
      })
      .input(schedulePreviewInput)
      .output(schedulePreviewOutput)
      .query(({ input }) => schedules.preview(input)),
    create: procedure
      .meta({ access: "operator", limit: "write", description: "Stores a schedule, which runs from then on." })
      .input(scheduleCreateInput)
      .output(scheduleSchema)
      .mutation(async ({ ctx, input }) => {
        const created = await schedules.create(input, toBy(ctx));
        ctx.note({ targetType: "schedule", targetId: created.id, after: toScheduleNote(created) });
        return created;
      }),
    update: procedure
      .meta({ access: "operator", limit: "write", description: "Changes a schedule, pauses it or lets it run again." })
      .input(scheduleUpdateInput)
      .output(scheduleSchema)
      .mutation(async ({ ctx, input }) => {
        const { before, after } = await schedules.update(input, toBy(ctx));
        ctx.note({
          targetType: "schedule",
          targetId: input.id,
          before: toScheduleNote(before),
          after: toScheduleNote(after),
        });
        return after;
      }),
    delete: procedure
      .meta({ access: "operator", limit: "write", description: "Deletes a schedule with its history; its jobs stay." })
      .input(scheduleIdInput)
      .output(doneSchema)
      .mutation(async ({ ctx, input }) => {
        const before = await schedules.remove(input.id);
        ctx.note({ targetType: "schedule", targetId: input.id, before: toScheduleNote(before) });
        return { done: true as const };
      }),
    runNow: procedure
      .meta({
        access: "operator",
        limit: "write",
        description: "Stores the job of a schedule at once, beside its times.",
      })
      .input(scheduleIdInput)
      .output(scheduleRunNowOutput)
      .mutation(async ({ ctx, input }) => {
        const { jobId } = await schedules.runNow(input.id, { by: toBy(ctx) ?? "", requestId: ctx.requestId });
        ctx.note({ targetType: "schedule", targetId: input.id, after: { jobId } });
        return { jobId };
      }),
  });
}

function toBy({ principal }: Pick<CallContext, "principal">): string | undefined {
  return principal && (principal.keyName ?? principal.email);
}
