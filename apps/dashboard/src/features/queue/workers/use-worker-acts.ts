import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";
import { stateOf, type WorkerRow } from "./worker.ts";

type Target = Pick<WorkerRow, "id" | "host" | "pid" | "isStale" | "quietedAt">;

export interface WorkerActs {
  /** Quiets a process that runs jobs and resumes a quiet one; each is the undo of the other. */
  toggle(worker: Target): void;
  offBecause(worker: Target): string | undefined;
}

export function useWorkerActs(): WorkerActs {
  const t = useT();
  const toast = useToast();
  const gate = useGate();
  const utils = trpc.useUtils();
  const quiet = trpc.queue.workers.quiet.useMutation();
  const resume = trpc.queue.workers.resume.useMutation();
  const offBecause = (worker: Target): string | undefined => {
    if (stateOf(worker) === "stale") return t("queueWorkers.off.stale");
    return gate(worker.quietedAt === null ? "queue.workers.quiet" : "queue.workers.resume");
  };
  const perform = async ({ id, host, pid }: Target, toQuiet: boolean, isUndo: boolean): Promise<void> => {
    const name = `${host} ${pid}`;
    try {
      await (toQuiet ? quiet : resume).mutateAsync({ id });
      toast({
        tone: "ok",
        title: t(toQuiet ? "queueWorkers.did.quiet" : "queueWorkers.did.resume", { name }),
        ...(isUndo
          ? {}
          : { onUndo: () => void perform({ id, host, pid, isStale: false, quietedAt: null }, !toQuiet, true) }),
      });
    } catch (error) {
      toast({
        tone: "bad",
        title: t(toQuiet ? "queueWorkers.didNot.quiet" : "queueWorkers.didNot.resume", { name }),
        detail: toAppError(error).message,
      });
    }
    void utils.queue.workers.list.invalidate();
  };
  return {
    offBecause,
    toggle: (worker) => {
      if (offBecause(worker) === undefined) void perform(worker, worker.quietedAt === null, false);
    },
  };
}
