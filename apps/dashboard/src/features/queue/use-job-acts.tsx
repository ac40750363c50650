import { type ReactNode, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { useRetryOfOne } from "./bulk/use-retry-of-one.ts";
import { actRights, canUndoCancel, isActFor, type Job, type JobAct, type JobState, shortId } from "./job.ts";

type ActTarget = Pick<Job, "id" | "name" | "state">;

export interface JobActs {
  /** Does it at once, or asks first where it cannot be taken back. Does nothing where the act is not for the job's state. */
  start(act: JobAct, job: ActTarget): void;
  /** Why an act is off, or undefined. */
  offBecause(act: JobAct): string | undefined;
  readonly dialog: ReactNode;
}

export interface JobActsOptions {
  /** After an act; `deleted` when the job is gone. */
  onDone?(id: string, state: JobState | "deleted"): void;
}

/** Retry, cancel, run now and delete of one job, with their questions, toasts and undo. */
export function useJobActs({ onDone }: JobActsOptions = {}): JobActs {
  const t = useT();
  const toast = useToast();
  const gate = useGate();
  const utils = trpc.useUtils();
  const [asked, setAsked] = useState<{ act: "cancel" | "delete"; job: ActTarget }>();
  const putBack = trpc.queue.jobs.retry.useMutation();
  const retry = useRetryOfOne();
  const cancel = trpc.queue.jobs.cancel.useMutation();
  const runNow = trpc.queue.jobs.runNow.useMutation();
  const remove = trpc.queue.jobs.delete.useMutation();

  const perform = async (act: JobAct, { id, state: before }: ActTarget): Promise<void> => {
    const short = shortId(id);
    const undoCancel = async (): Promise<void> => {
      try {
        onDone?.(id, (await putBack.mutateAsync({ id })).state);
        toast({ tone: "ok", title: t("queue.did.retry", { id: short }) });
      } catch (error) {
        toast({ tone: "bad", title: t("queue.didNot.retry", { id: short }), detail: toAppError(error).message });
      }
      void utils.queue.invalidate();
    };
    try {
      let state: JobState | "deleted" = "deleted";
      let onUndo: (() => void) | undefined;
      if (act === "delete") await remove.mutateAsync({ id });
      else if (act === "retry") ({ state, onUndo } = await retry(id));
      else ({ state } = await { cancel, runNow }[act].mutateAsync({ id }));
      if (act === "cancel" && canUndoCancel(before)) onUndo = () => void undoCancel();
      setAsked(undefined);
      onDone?.(id, state);
      toast({ tone: "ok", title: t(`queue.did.${act}`, { id: short }), ...(onUndo ? { onUndo } : {}) });
    } catch (error) {
      setAsked(undefined);
      toast({ tone: "bad", title: t(`queue.didNot.${act}`, { id: short }), detail: toAppError(error).message });
    }
    void utils.queue.invalidate();
  };

  const isBusy = cancel.isPending || remove.isPending;
  return {
    offBecause: (act) => gate(actRights[act]),
    start: (act, job) => {
      if (gate(actRights[act]) !== undefined || !isActFor(act, job.state)) return;
      if (act === "delete" || (act === "cancel" && job.state !== "available" && job.state !== "retryable"))
        setAsked({ act, job });
      else void perform(act, job);
    },
    dialog: asked ? (
      <ConfirmDialog
        danger
        title={t(`queue.ask.${asked.act}`, { id: shortId(asked.job.id) })}
        body={t.rich(bodyOf(asked.act, asked.job.state), { name: <code className="mono">{asked.job.name}</code> })}
        confirmLabel={t(`queue.act.${asked.act}One`)}
        footNote={t(noteOf(asked.act, asked.job.state))}
        isBusy={isBusy}
        onConfirm={() => void perform(asked.act, asked.job)}
        onClose={() => setAsked(undefined)}
      />
    ) : null,
  };
}

function bodyOf(act: "cancel" | "delete", state: JobState) {
  if (act === "delete") return "queue.ask.delete.body";
  return state === "scheduled" ? "queue.ask.cancel.scheduled" : "queue.ask.cancel.body";
}

function noteOf(act: "cancel" | "delete", state: JobState) {
  if (act === "delete") return "confirm.irreversible";
  return state === "scheduled" ? "queue.ask.cancel.lostTime" : "queue.ask.cancel.note";
}
