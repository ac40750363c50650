import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { useToast } from "../../ui/Toasts.tsx";
import type { QueueRow } from "./job.ts";

type PauseTarget = Pick<QueueRow, "name" | "paused">;

export interface QueuePause {
  /** Pauses a queue that runs and resumes one that is paused; each is the undo of the other. */
  toggle(queue: PauseTarget): void;
  offBecause(queue: PauseTarget): string | undefined;
}

export function useQueuePause(): QueuePause {
  const t = useT();
  const toast = useToast();
  const gate = useGate();
  const utils = trpc.useUtils();
  const pause = trpc.queue.queues.pause.useMutation();
  const resume = trpc.queue.queues.resume.useMutation();
  const offBecause = ({ paused }: PauseTarget): string | undefined =>
    gate(paused ? "queue.queues.resume" : "queue.queues.pause");

  const perform = async ({ name, paused }: PauseTarget, isUndo: boolean): Promise<void> => {
    try {
      await (paused ? resume : pause).mutateAsync({ name });
      toast({
        tone: "ok",
        title: t(paused ? "queue.resumed" : "queue.pausedToast", { name }),
        ...(isUndo ? {} : { onUndo: () => void perform({ name, paused: !paused }, true) }),
      });
    } catch (error) {
      toast({
        tone: "bad",
        title: t(paused ? "queue.notResumed" : "queue.notPaused", { name }),
        detail: toAppError(error).message,
      });
    }
    void utils.queue.queues.list.invalidate();
  };
  return {
    offBecause,
    toggle: (queue) => {
      if (offBecause(queue) === undefined) void perform(queue, false);
    },
  };
}
