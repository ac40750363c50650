import { useNavigate } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import "../../../lib/i18n/en/queue.ts";
import "../../../lib/i18n/en/queue-errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { useToast } from "../../../ui/Toasts.tsx";
import type { BulkSummary } from "../bulk/bulk.ts";
import { useBulkUndo } from "../bulk/use-bulk-undo.ts";
import { type ErrorGroup, type GroupAct, targetOf } from "./error-group.ts";

type GroupTarget = Pick<ErrorGroup, "fingerprint" | "discarded">;

const BulkActDialog = lazy(async () => ({ default: (await import("../bulk/BulkActDialog.tsx")).BulkActDialog }));

export interface ErrorActs {
  /** Why the acts are off for a group, or undefined. */
  offBecause(group: GroupTarget): string | undefined;
  /** Opens the preview. Does nothing when it is off. */
  start(act: GroupAct, group: GroupTarget): void;
  readonly dialog: ReactNode;
}

/** Retry and delete of all failed jobs of a group, each as a bulk act that is previewed first. */
export function useErrorActs(): ErrorActs {
  const t = useT();
  const gate = useGate();
  const toast = useToast();
  const navigate = useNavigate();
  const utils = trpc.useUtils();
  const undo = useBulkUndo();
  const [asked, setAsked] = useState<{ act: GroupAct; group: GroupTarget }>();

  const onStarted = ({ id, act, total }: BulkSummary): void => {
    setAsked(undefined);
    void utils.queue.invalidate();
    toast({
      tone: "ok",
      title: t(`queue.bulk.started.${act}`, { count: total }),
      action: {
        label: t("queue.bulk.show"),
        run: () => void navigate({ to: "/activity/$id", params: { id } }),
      },
      ...(act === "delete" ? {} : { onUndo: () => undo(id) }),
    });
  };
  const offBecause = ({ discarded }: GroupTarget): string | undefined =>
    gate("queue.bulk.start") ?? (discarded === 0 ? t("queueErrors.off.none") : undefined);
  return {
    offBecause,
    start: (act, group) => {
      if (offBecause(group) === undefined) setAsked({ act, group });
    },
    dialog: asked ? (
      <Suspense>
        <BulkActDialog
          act={asked.act}
          target={targetOf(asked.group)}
          onStarted={onStarted}
          onClose={() => setAsked(undefined)}
        />
      </Suspense>
    ) : null,
  };
}
