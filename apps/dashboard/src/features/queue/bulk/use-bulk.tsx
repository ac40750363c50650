import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";
import type { BulkAct, BulkSummary, BulkTarget } from "./bulk.ts";
import { BulkActDialog } from "./BulkActDialog.tsx";
import { useBulkUndo } from "./use-bulk-undo.ts";

export interface Bulk {
  ask(act: BulkAct): void;
  readonly offBecause: string | undefined;
  readonly dialog: ReactNode;
}

interface BulkOptions {
  /** As it is when the dialog opens; undefined when nothing is chosen. */
  target(): BulkTarget | undefined;
  onStarted(): void;
}

/** Retry, cancel, run or delete many jobs: the server does it, also when this tab is closed. */
export function useBulk({ target, onStarted }: BulkOptions): Bulk {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const navigate = useNavigate();
  const utils = trpc.useUtils();
  const undo = useBulkUndo();
  const [asked, setAsked] = useState<{ readonly act: BulkAct; readonly target: BulkTarget }>();
  const offBecause = gate("queue.bulk.start");

  const tell = (bulk: BulkSummary): void => {
    onStarted();
    void utils.queue.invalidate();
    toast({
      tone: "ok",
      title: t(`queue.bulk.started.${bulk.act}`, { count: bulk.total }),
      action: {
        label: t("queue.bulk.show"),
        run: () => void navigate({ to: "/activity/$id", params: { id: bulk.id } }),
      },
      onUndo: () => undo(bulk.id),
    });
  };

  return {
    offBecause,
    ask: (act) => {
      const chosen = target();
      if (offBecause === undefined && chosen) setAsked({ act, target: chosen });
    },
    dialog: asked ? <BulkActDialog {...asked} onStarted={tell} onClose={() => setAsked(undefined)} /> : null,
  };
}
