import { trpc } from "../../../lib/trpc.ts";
import type { JobState } from "../job.ts";
import { useBulkUndo } from "./use-bulk-undo.ts";

const LOOKS_MAX = 30;
const LOOK_EVERY_MS = 100;

/**
 * Retries one job as a bulk act of one: only that one keeps how the job was, and so can be taken back while the job has not started.
 * Resolves once the job waits again. Raises the refusal.
 */
export function useRetryOfOne(): (id: string) => Promise<{ readonly state: JobState; onUndo(): void }> {
  const start = trpc.queue.bulk.start.useMutation();
  const { client } = trpc.useUtils();
  const undo = useBulkUndo();
  return async (id) => {
    let bulk = await start.mutateAsync({ act: "retry", target: { ids: [id] }, expected: 1 });
    for (let looks = 0; bulk.state === "running" && looks < LOOKS_MAX; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      bulk = await client.queue.bulk.get.query({ id: bulk.id });
    }
    if (bulk.failed > 0) {
      const { items } = await client.queue.bulk.items.query({ id: bulk.id, limit: 1 });
      throw new Error(items[0]?.problem ?? bulk.problem ?? "");
    }
    return { state: "available", onUndo: () => undo(bulk.id) };
  };
}
