import { tracked } from "@trpc/server";
import { router } from "../trpc/init.ts";
import type { CallContext } from "../trpc/context.ts";
import { orJsonText, toJsonText } from "../trpc/json-text.ts";
import { procedure } from "../trpc/procedures.ts";
import { doneSchema } from "../trpc/wire.ts";
import {
  definitionsOutput,
  enqueueInput,
  enqueueManyInput,
  enqueueManyOutput,
  enqueueOutput,
  jobDetailSchema,
  jobIdInput,
  jobPage,
  jobsListInput,
  jobStateOutput,
  queueConfigureInput,
  queueConfigureOutput,
  queueNameInput,
  queuePausedOutput,
  queuesOutput,
  resultInput,
  resultOutput,
  watchInput,
  updateInputInput,
  updateInputOutput,
} from "./queue.schema.ts";
import { createErrorsRouter } from "./errors/errors.router.ts";
import { createFleetRouter } from "./fleet/fleet.router.ts";
import type { JobChange } from "./job-acts.ts";
import { toWatchMark } from "./job-reads.ts";
import type { Queue } from "./queue.service.ts";
import { createBulkRouter } from "./bulk/bulk.router.ts";
import { createSchedulesRouter } from "./schedules/schedules.router.ts";

export function createQueueRouter(queue: Queue) {
  return router({
    definitions: procedure
      .meta({
        access: "viewer",
        limit: "read",
        description: "Lists the kinds of jobs there are, with their input schemas.",
      })
      .output(definitionsOutput)
      .query(() => queue.definitions()),
    enqueue: procedure
      .meta({ access: "operator", limit: "write", description: "Stores one job." })
      .input(enqueueInput)
      .output(enqueueOutput)
      .mutation(async ({ ctx, input }) => {
        const enqueued = await queue.enqueue(input, toCaller(ctx));
        ctx.note({
          targetType: "job",
          targetId: enqueued.id,
          after: { name: input.name, deduplicated: enqueued.deduplicated },
        });
        return enqueued;
      }),
    enqueueMany: procedure
      .meta({ access: "operator", limit: "bulk", description: "Stores up to 10,000 jobs of one kind: all, or none." })
      .input(enqueueManyInput)
      .output(enqueueManyOutput)
      .mutation(async ({ ctx, input }) => {
        const { ids } = await queue.enqueueMany(input, toCaller(ctx));
        ctx.note({
          targetType: "job",
          after: { name: input.name, count: ids.length, firstId: ids[0], lastId: ids.at(-1) },
        });
        return { ids };
      }),
    jobs: router({
      list: procedure
        .meta({ access: "viewer", limit: "read", description: "Lists jobs, newest first." })
        .input(jobsListInput.prefault({}))
        .output(orJsonText(jobPage))
        .query(async ({ ctx, input }) => {
          const page = await queue.list(input);
          return ctx.carriesJsonText ? toJsonText(page) : page;
        }),
      get: procedure
        .meta({ access: "viewer", limit: "read", description: "Shows one job with its input, result and attempts." })
        .input(jobIdInput)
        .output(jobDetailSchema)
        .query(({ input }) => queue.get(input.id)),
      result: procedure
        .meta({
          access: "viewer",
          limit: "read",
          isLongPoll: true,
          description: "Answers what a job came to, waiting for its end if asked to.",
        })
        .input(resultInput)
        .output(resultOutput)
        .query(({ ctx, input }) => queue.result(input, ctx.signal)),
      watch: procedure
        .meta({
          access: "viewer",
          limit: "read",
          description: "One job as it is and at each change, until it has ended; again only what changed.",
        })
        .input(watchInput)
        .subscription(async function* ({ ctx, input }) {
          const jobs = queue.watch(input.id, ctx.signal, input.lastEventId ?? undefined);
          for await (const job of jobs) yield tracked(toWatchMark(job), job);
        }),
      cancel: procedure
        .meta({ access: "operator", limit: "write", description: "Cancels a waiting or running job." })
        .input(jobIdInput)
        .output(jobStateOutput)
        .mutation(async ({ ctx, input }) => noteChange(ctx, await queue.cancel(input.id, toCaller(ctx).enqueuedBy))),
      retry: procedure
        .meta({
          access: "operator",
          limit: "write",
          description: "Gives a discarded or cancelled job another attempt.",
        })
        .input(jobIdInput)
        .output(jobStateOutput)
        .mutation(async ({ ctx, input }) => noteChange(ctx, await queue.retry(input.id, toCaller(ctx).enqueuedBy))),
      runNow: procedure
        .meta({ access: "operator", limit: "write", description: "Makes a waiting job due at once." })
        .input(jobIdInput)
        .output(jobStateOutput)
        .mutation(async ({ ctx, input }) => noteChange(ctx, await queue.runNow(input.id, toCaller(ctx).enqueuedBy))),
      updateInput: procedure
        .meta({
          access: "operator",
          limit: "write",
          description: "Changes the input of a job that waits, failed or was cancelled, and retries it if asked to.",
        })
        .input(updateInputInput)
        .output(updateInputOutput)
        .mutation(async ({ ctx, input }) => {
          const { id, name, state, changed, before, after } = await queue.updateInput(input, toCaller(ctx).enqueuedBy);
          ctx.note({
            targetType: "job",
            targetId: id,
            before: { name, ...before },
            after: { name, ...after, changed },
          });
          return { id, state, changed: [...changed] };
        }),
      delete: procedure
        .meta({ access: "operator", limit: "write", description: "Deletes a job that does not run, with its history." })
        .input(jobIdInput)
        .output(doneSchema)
        .mutation(async ({ ctx, input }) => {
          const { before } = await queue.remove(input.id);
          ctx.note({ targetType: "job", targetId: input.id, before: { state: before } });
          return { done: true as const };
        }),
    }),
    queues: router({
      list: procedure
        .meta({ access: "viewer", limit: "read", description: "Lists the queues with their jobs per state." })
        .output(queuesOutput)
        .query(() => queue.queues()),
      pause: procedure
        .meta({
          access: "operator",
          limit: "write",
          description: "Stops a queue from starting jobs, on all processes.",
        })
        .input(queueNameInput)
        .output(queuePausedOutput)
        .mutation(async ({ ctx, input }) => {
          const { wasPaused } = await queue.pause(input.name, toCaller(ctx).enqueuedBy);
          ctx.note({
            targetType: "queue",
            targetId: input.name,
            before: { paused: wasPaused },
            after: { paused: true },
          });
          return { name: input.name, paused: true };
        }),
      resume: procedure
        .meta({ access: "operator", limit: "write", description: "Lets a paused queue start jobs again." })
        .input(queueNameInput)
        .output(queuePausedOutput)
        .mutation(async ({ ctx, input }) => {
          const { wasPaused } = await queue.resume(input.name);
          ctx.note({
            targetType: "queue",
            targetId: input.name,
            before: { paused: wasPaused },
            after: { paused: false },
          });
          return { name: input.name, paused: false };
        }),
      configure: procedure
        .meta({
          access: "operator",
          limit: "write",
          description: "Sets slots, concurrency and rate of a queue, over all processes, at once.",
        })
        .input(queueConfigureInput)
        .output(queueConfigureOutput)
        .mutation(async ({ ctx, input: { name, reason, ...settings } }) => {
          const { before, after } = await queue.configure(name, settings);
          ctx.note({ targetType: "queue", targetId: name, before, after, ...(reason === undefined ? {} : { reason }) });
          return { name, settings: after };
        }),
    }),
    errors: createErrorsRouter(queue.errors),
    workers: createFleetRouter(queue.workers),
    bulk: createBulkRouter(queue.bulk),
    schedules: createSchedulesRouter(queue.schedules),
  });
}

function toCaller({ principal, requestId }: Pick<CallContext, "principal" | "requestId">): {
  readonly enqueuedBy: string | undefined;
  readonly requestId: string;
} {
  return { enqueuedBy: principal && (principal.keyName ?? principal.email), requestId };
}

function noteChange(
  ctx: Pick<CallContext, "note">,
  { id, state, before }: JobChange,
): { id: string; state: JobChange["state"] } {
  ctx.note({ targetType: "job", targetId: id, before: { state: before }, after: { state } });
  return { id, state };
}
