import { lazy, type ReactNode, Suspense, useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import "../../../lib/i18n/en/limit-callers.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";
import { useUndoLast } from "../change/use-undo-last.ts";
import type { Limit } from "../limit.ts";
import type { Override, OverrideTarget } from "./caller.ts";

const OverrideDialog = lazy(async () => ({ default: (await import("./OverrideDialog.tsx")).OverrideDialog }));

export interface OverrideActs {
  readonly offBecause: string | undefined;
  readonly isBusy: boolean;
  /** Without a target, whoever is typed. */
  give(target?: OverrideTarget): void;
  remove(override: Override): void;
  readonly dialog: ReactNode;
}

/** What can be done about a caller's own allowance. Each act can be taken back from its toast. */
export function useOverrideActs(limit: Limit | null | undefined): OverrideActs {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const utils = trpc.useUtils();
  const [target, setTarget] = useState<OverrideTarget>();
  const removal = trpc.limits.override.delete.useMutation();
  const undoSet = useUndoLast("limits.override.set");
  const undoDelete = useUndoLast("limits.override.delete");
  const offBecause = gate("limits.override.set");

  const remove = async ({ name, caller, label }: Override): Promise<void> => {
    const shown = label ?? caller;
    try {
      await removal.mutateAsync({ name, caller });
      toast({
        tone: "ok",
        title: t("limitCallers.did.delete", { caller: shown }),
        onUndo: () => void undoDelete(shown, `${name} ${caller}`),
      });
    } catch (error) {
      toast({
        tone: "bad",
        title: t("limitCallers.didNot.delete", { caller: shown }),
        detail: toAppError(error).message,
      });
    }
    void utils.limits.invalidate();
  };
  const onSaved = ({ name, caller, label }: Override): void => {
    const shown = label ?? caller;
    void utils.limits.invalidate();
    setTarget(undefined);
    toast({
      tone: "ok",
      title: t("limitCallers.did.set", { caller: shown }),
      onUndo: () => void undoSet(shown, `${name} ${caller}`),
    });
  };

  return {
    offBecause,
    isBusy: removal.isPending,
    give: (wanted = { label: null }) => {
      if (limit?.kind === "rate" && offBecause === undefined) setTarget(wanted);
    },
    remove: (override) => {
      if (offBecause === undefined && !removal.isPending) void remove(override);
    },
    dialog:
      target && limit ? (
        <Suspense>
          <OverrideDialog limit={limit} target={target} onSaved={onSaved} onClose={() => setTarget(undefined)} />
        </Suspense>
      ) : null,
  };
}
