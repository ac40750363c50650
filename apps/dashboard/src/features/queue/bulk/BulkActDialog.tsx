import { Button, TextInput } from "@mantine/core";
import { Snowflake } from "lucide-react";
import { useState } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/queue.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { useGate } from "../../../lib/session.tsx";
import { trpc } from "../../../lib/trpc.ts";
import { ActionButton } from "../../../ui/ActionButton.tsx";
import { AsyncView } from "../../../ui/AsyncView.tsx";
import { ReasonField } from "../../../ui/ConfirmDialog.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { Chip } from "../../../ui/FilterBar.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { SkeletonLines } from "../../../ui/Skeleton.tsx";
import { filterChips } from "../jobs/job-filter.ts";
import {
  type BulkAct,
  type BulkPreviewed,
  type BulkSummary,
  type BulkTarget,
  frozenTarget,
  type Pace,
  perSecondOf,
  STAGED_FROM,
} from "./bulk.ts";
import { BulkPreview } from "./BulkPreview.tsx";
import { PaceFields } from "./PaceFields.tsx";

export interface BulkActDialogProps {
  readonly act: BulkAct;
  readonly target: BulkTarget;
  /** The server has it and goes on by itself. */
  onStarted(bulk: BulkSummary): void;
  onClose(): void;
}

/** What an act on many jobs would do, counted by the server and frozen; then its pace and its reason; then it starts. */
export function BulkActDialog({ act, target, onStarted, onClose }: BulkActDialogProps) {
  const t = useT();
  const gate = useGate();
  const preview = trpc.queue.bulk.preview.useQuery(
    { act, target },
    // Counted anew when it opens; then it stands until somebody asks for another one.
    { staleTime: Number.POSITIVE_INFINITY, refetchOnMount: "always" },
  );
  const start = trpc.queue.bulk.start.useMutation();
  const [pace, setPace] = useState<Pace>({ kind: "atOnce" });
  const [staged, setStaged] = useState<boolean>();
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [hasChanged, setChanged] = useState(false);

  // What was counted before it opened is another preview.
  const found = preview.isFetchedAfterMount && !preview.isRefetchError ? preview.data : undefined;
  const view = { data: found, error: preview.error, isPending: preview.isPending, refetch: preview.refetch };
  const count = found?.matching ?? 0;
  const isStaged = act === "retry" && (staged ?? count >= STAGED_FROM);
  const perSecond = perSecondOf(pace);
  const offBecause = (): string | undefined => {
    const off = gate("queue.bulk.start");
    if (off !== undefined || !found) return off ?? t("queue.bulk.counting");
    if (count === 0) return t(`queue.bulk.nothing.${act}`);
    if (perSecond === undefined) return t("queue.bulk.paceBad");
    if (act === "delete" && typed.trim() !== String(count)) return t("confirm.mismatch", { word: String(count) });
    return undefined;
  };
  const submit = (): void => {
    if (!found || perSecond === undefined || offBecause() !== undefined || start.isPending) return;
    start.mutate(
      {
        act,
        target: frozenTarget(target, found.asOf),
        expected: count,
        perSecond,
        isStaged,
        ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
      },
      {
        onSuccess: (bulk) => {
          onClose();
          onStarted(bulk);
        },
        onError: (error) => {
          if (toAppError(error).code !== "BULK_CHANGED") return;
          setChanged(true);
          void preview.refetch();
        },
      },
    );
  };
  const refusal = start.error && toAppError(start.error).code !== "BULK_CHANGED" ? toAppError(start.error) : null;

  return (
    <Dialog
      title={found ? t(`queue.bulk.title.${act}`, { count }) : t(`queue.bulk.open.${act}`)}
      subtitle={<Frozen target={target} asOf={found?.asOf} />}
      onClose={onClose}
      onSubmit={submit}
      footNote={found ? t(found.isUndoable ? "queue.bulk.undoable" : "confirm.irreversible") : null}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton
            size="md"
            type="submit"
            tone={act === "retry" || act === "runNow" ? "primary" : "danger-fill"}
            disabledReason={offBecause()}
            loading={start.isPending}
            {...(act === "delete" ? {} : { "data-autofocus": true })}
          >
            {found ? t(`queue.bulk.go.${act}`, { count }) : t(`queue.bulk.open.${act}`)}
          </ActionButton>
        </>
      }
    >
      {hasChanged && !preview.isFetching ? <Notice tone="warn" title={t("queue.bulk.changed")} /> : null}
      <AsyncView query={view} errorTitle={t("queue.bulk.notCounted")} skeleton={<SkeletonLines lines={6} />}>
        {(data: BulkPreviewed) => <BulkPreview act={act} preview={data} />}
      </AsyncView>
      <PaceFields
        act={act}
        count={count}
        pace={pace}
        onPace={setPace}
        isStaged={isStaged}
        onStaged={setStaged}
        paceError={perSecond === undefined ? t("queue.bulk.paceBad") : undefined}
      />
      {act === "delete" ? (
        <TextInput
          data-autofocus
          label={found ? t("confirm.type", { word: String(count) }) : t("queue.bulk.typeCount")}
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      ) : null}
      <ReasonField value={reason} onChange={setReason} />
      {refusal ? <Notice tone="bad" title={refusal.message} /> : null}
    </Dialog>
  );
}

function Frozen({ target, asOf }: { target: BulkTarget; asOf: string | undefined }) {
  const t = useT();
  const format = useFormat();
  if ("ids" in target) return t("queue.bulk.chosen", { count: target.ids.length });
  const chips = filterChips(target.filter, t, format);
  return (
    <>
      {asOf === undefined ? null : (
        <>
          <Snowflake size={14} aria-hidden />
          <span className="num">{t("queue.bulk.frozen", { time: format.time(asOf) })}</span>
        </>
      )}
      {chips.length === 0 ? t("queue.bulk.all") : null}
      {chips.map((chip) => (
        <Chip key={chip.id} chip={chip} />
      ))}
    </>
  );
}
