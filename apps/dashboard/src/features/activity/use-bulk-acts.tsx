import { type ReactNode, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import type { BulkSummary } from "./bulk-state.ts";

export type BulkPageAct = "pause" | "resume" | "abort" | "undo";

export interface BulkActs {
  offBecause(act: BulkPageAct): string | undefined;
  /** To abort and to undo is asked for first. */
  begin(act: BulkPageAct): void;
  readonly busy: BulkPageAct | null;
  readonly dialog: ReactNode;
}

/** What can be done to one bulk act. Each answers the act as it is then, which is shown at once. */
export function useBulkActs(item: BulkSummary | undefined): BulkActs {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [asked, setAsked] = useState<"abort" | "undo">();
  const close = (): void => setAsked(undefined);

  const show = (next: BulkSummary): void => {
    utils.queue.bulk.get.setData({ id: next.id }, next);
    void utils.queue.bulk.list.invalidate();
    void utils.queue.bulk.items.invalidate({ id: next.id });
    close();
  };
  const plain = {
    onSuccess: show,
    onError: (error: unknown) => {
      toast({ tone: "bad", title: t("activity.didNot"), detail: toAppError(error).message });
      void utils.queue.bulk.invalidate();
    },
  };
  const pause = trpc.queue.bulk.pause.useMutation(plain);
  const resume = trpc.queue.bulk.resume.useMutation(plain);
  const abort = trpc.queue.bulk.abort.useMutation({ onSuccess: show });
  const undo = trpc.queue.bulk.undo.useMutation({ onSuccess: show });
  const all = { pause, resume, abort, undo };

  const offBecause = (act: BulkPageAct): string | undefined => gate(`queue.bulk.${act}`);
  const begin = (act: BulkPageAct): void => {
    if (!item || offBecause(act) !== undefined || all[act].isPending) return;
    if (act === "abort" || act === "undo") {
      all[act].reset();
      setAsked(act);
    } else all[act].mutate({ id: item.id });
  };
  const busy = (["pause", "resume", "abort", "undo"] as const).find((act) => all[act].isPending) ?? null;
  return { offBecause, begin, busy, dialog: item && asked ? dialogOf(asked, item) : null };

  function dialogOf(act: "abort" | "undo", found: BulkSummary): ReactNode {
    const left = Math.max(0, found.total - found.done - found.failed);
    return (
      <ConfirmDialog
        danger={act === "abort"}
        title={t(`activity.${act}.title`)}
        body={
          act === "abort"
            ? t("activity.abort.body", { count: found.done, left: format.number(left) })
            : t(`activity.undo.body.${found.act}`, {
                count: found.done - found.undone,
              })
        }
        confirmLabel={t(`activity.${act}.submit`)}
        footNote={t(`activity.${act}.note`)}
        isBusy={all[act].isPending}
        error={all[act].error}
        onConfirm={() => all[act].mutate({ id: found.id })}
        onClose={close}
      />
    );
  }
}
