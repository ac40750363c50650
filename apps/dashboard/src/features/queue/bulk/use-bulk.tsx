import { type ReactNode, useState } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";
import { actRights, canUndoCancel, type Job, type JobState } from "../job.ts";
import type { BulkAct, BulkResult } from "./bulk-run.ts";
import { BulkDialog } from "./BulkDialog.tsx";

/** A call per job: more than this in one go would be for the server to do. */
const JOBS_MAX = 200;

export interface Bulk {
  ask(act: BulkAct): void;
  offBecause(act: BulkAct): string | undefined;
  readonly dialog: ReactNode;
}

interface BulkOptions {
  readonly rows: readonly Job[];
  readonly selection: ReadonlySet<string>;
  onDone(id: string, state: JobState | "deleted"): void;
  /** After a run whose report was read. */
  onClosed(): void;
}

/** Retry, cancel or delete what is selected. The rows are frozen when the dialog opens. */
export function useBulk({ rows, selection, onDone, onClosed }: BulkOptions): Bulk {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const retry = trpc.queue.jobs.retry.useMutation();
  const [asked, setAsked] = useState<{ act: BulkAct; jobs: readonly Job[] }>();
  const offBecause = (act: BulkAct): string | undefined =>
    gate(actRights[act]) ?? (selection.size > JOBS_MAX ? t("queue.bulk.tooMany", { max: JOBS_MAX }) : undefined);

  const undoCancel = async (cancelled: readonly Job[]): Promise<void> => {
    const answers = await Promise.allSettled(cancelled.map(({ id }) => retry.mutateAsync({ id })));
    const count = answers.filter(({ status }) => status === "fulfilled").length;
    void utils.queue.invalidate();
    toast({
      tone: count === cancelled.length ? "ok" : "bad",
      title: t("queue.bulk.undone", { count }),
      ...(count < cancelled.length ? { detail: t("queue.bulk.undoneNot", { count: cancelled.length - count }) } : {}),
    });
  };
  const close = (act: BulkAct, results: readonly BulkResult[]): void => {
    setAsked(undefined);
    if (results.length === 0) return;
    onClosed();
    void utils.queue.invalidate();
    const done = results.filter(({ refusal }) => refusal === null).map(({ job }) => job);
    if (done.length === 0) return;
    const back = done.filter(({ state }) => canUndoCancel(state));
    toast({
      tone: "ok",
      title: t(`queue.bulk.did.${act}`, { count: done.length }),
      ...(act === "cancel" && back.length > 0 ? { onUndo: () => void undoCancel(back) } : {}),
    });
  };

  return {
    offBecause,
    ask: (act) => {
      if (offBecause(act) !== undefined) return;
      setAsked({ act, jobs: rows.filter(({ id }) => selection.has(id)) });
    },
    dialog: asked ? (
      <BulkDialog act={asked.act} jobs={asked.jobs} onDone={onDone} onClose={(results) => close(asked.act, results)} />
    ) : null,
  };
}
