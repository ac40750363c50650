import { router } from "../../trpc/init.ts";
import { procedure } from "../../trpc/procedures.ts";
import { requirePrincipal } from "../../trpc/ranks.ts";
import {
  bulkIdInput,
  bulkItemsInput,
  bulkItemsPage,
  bulkListInput,
  bulkPage,
  bulkPreviewInput,
  bulkPreviewOutput,
  bulkStartInput,
  bulkSummarySchema,
  type BulkSummary,
} from "./bulk.schema.ts";
import type { Bulk } from "./bulk.service.ts";

/** Counting and freezing a million jobs takes longer than a page. */
const DEADLINE_MS = 90_000;

/** What the audit row keeps of a bulk act. */
function toBulkNote({ id, act, state, target, total, done, failed, undone }: BulkSummary) {
  return { targetType: "bulk", targetId: id, after: { act, state, target, total, done, failed, undone } };
}

/** `queue.bulk.*`. */
export function createBulkRouter(bulk: Bulk) {
  /** Notes the act before it is done, for a refusal is on record with its target. */
  const change = (name: "pause" | "resume" | "abort" | "undo", limit: "bulk" | "write", description: string) =>
    procedure
      .meta({ access: "operator", limit, description })
      .input(bulkIdInput)
      .output(bulkSummarySchema)
      .mutation(async ({ ctx, input }) => {
        ctx.note({ targetType: "bulk", targetId: input.id });
        const { before, bulk: changed } = await bulk[name](input.id);
        ctx.note({ ...toBulkNote(changed), before: { state: before } });
        return changed;
      });

  return router({
    preview: procedure
      .meta({
        access: "viewer",
        limit: "bulk",
        description: "Counts the jobs that a bulk act would be for, exactly, and shows five.",
        deadlineMs: DEADLINE_MS,
        slowMs: 5000,
      })
      .input(bulkPreviewInput)
      .output(bulkPreviewOutput)
      .query(({ input }) => bulk.preview(input)),
    start: procedure
      .meta({
        access: "operator",
        limit: "bulk",
        description: "Retries, cancels, deletes or runs many jobs, in the background.",
        deadlineMs: DEADLINE_MS,
        slowMs: 5000,
      })
      .input(bulkStartInput)
      .output(bulkSummarySchema)
      .mutation(async ({ ctx, input }) => {
        const reason = input.reason === undefined ? {} : { reason: input.reason };
        ctx.note({ targetType: "bulk", ...reason });
        const { userId, email, keyName } = requirePrincipal(ctx.principal);
        const started = await bulk.start(input, { name: keyName ?? email, userId, requestId: ctx.requestId });
        const note = toBulkNote(started);
        const { perSecond, asOf } = started;
        ctx.note({ ...note, after: { ...note.after, perSecond, asOf, isStaged: input.isStaged } });
        return started;
      }),
    list: procedure
      .meta({ access: "viewer", limit: "read", description: "Bulk acts, newest first." })
      .input(bulkListInput.prefault({}))
      .output(bulkPage)
      .query(({ input }) => bulk.list(input)),
    get: procedure
      .meta({ access: "viewer", limit: "read", description: "One bulk act with its progress." })
      .input(bulkIdInput)
      .output(bulkSummarySchema)
      .query(({ input }) => bulk.get(input.id)),
    items: procedure
      .meta({ access: "viewer", limit: "read", description: "The jobs of a bulk act and what became of each." })
      .input(bulkItemsInput)
      .output(bulkItemsPage)
      .query(({ input }) => bulk.items(input)),
    pause: change("pause", "write", "Stops a bulk act after the jobs in hand."),
    resume: change("resume", "write", "Goes on where a bulk act was paused."),
    abort: change("abort", "write", "Ends a bulk act. What is done stays until it is undone."),
    undo: change("undo", "bulk", "Takes back what a bulk act did to jobs that have not started since."),
  });
}
