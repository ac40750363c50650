import { lazy, type ReactNode, Suspense, useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";
import type { Limit } from "../limit.ts";
import { revisionOf } from "./limit-form.ts";
import { useUndoLast } from "./use-undo-last.ts";

const EditLimitDialog = lazy(async () => ({ default: (await import("./EditLimitDialog.tsx")).EditLimitDialog }));

/** Keeps what would go back; goes back at once; forgets what was kept. */
export type LimitAct = "keep" | "revert" | "restore";

const inputs = {
  keep: { forMs: null },
  revert: { restore: "previous" },
  restore: { restore: "configured" },
} as const satisfies Readonly<Record<LimitAct, object>>;

export interface LimitActs {
  readonly offBecause: string | undefined;
  readonly isBusy: boolean;
  edit(): void;
  start(act: LimitAct): void;
  readonly dialog: ReactNode;
}

/** What can be done to a limit. Each act can be taken back from its toast. */
export function useLimitActs(limit: Limit | null | undefined): LimitActs {
  const t = useT();
  const format = useFormat();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [isEditing, setEditing] = useState(false);
  const update = trpc.limits.update.useMutation();
  const undoLast = useUndoLast();
  const offBecause = gate("limits.update");

  const take = (saved: Limit): void => {
    utils.limits.list.setData(
      undefined,
      (list) => list && { ...list, items: list.items.map((item) => (item.name === saved.name ? saved : item)) },
    );
    void utils.limits.invalidate();
  };
  const perform = async (act: LimitAct, { name, ...rest }: Limit): Promise<void> => {
    const expectedRevision = revisionOf(rest);
    try {
      take(await update.mutateAsync({ name, expectedRevision, ...inputs[act] }));
      toast({ tone: "ok", title: t(`limitChange.did.${act}`, { name }), onUndo: () => void undoLast(name) });
    } catch (error) {
      toast({ tone: "bad", title: t(`limitChange.didNot.${act}`, { name }), detail: toAppError(error).message });
      void utils.limits.invalidate();
    }
  };
  const onSaved = (saved: Limit): void => {
    const { name, change } = saved;
    take(saved);
    setEditing(false);
    toast({
      tone: "ok",
      title: change?.revertAt
        ? t("limitChange.did.update", { name, time: format.timeShort(change.revertAt) })
        : t("limitChange.did.updateKept", { name }),
      onUndo: () => void undoLast(name),
    });
  };

  return {
    offBecause,
    isBusy: update.isPending,
    edit: () => {
      if (limit && offBecause === undefined) setEditing(true);
    },
    start: (act) => {
      if (limit && offBecause === undefined && !update.isPending) void perform(act, limit);
    },
    dialog:
      isEditing && limit ? (
        <Suspense>
          <EditLimitDialog limit={limit} onSaved={onSaved} onClose={() => setEditing(false)} />
        </Suspense>
      ) : null,
  };
}
