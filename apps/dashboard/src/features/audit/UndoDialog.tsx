import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { type Translate, useT } from "../../lib/i18n/i18n.tsx";
import { type Role, useMe } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { FieldLabel } from "../../ui/FieldLabel.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import classes from "./Audit.module.css";
import { ChangeList } from "./ChangeList.tsx";
import { type AuditEvent, changesOf, shortId } from "./changes.ts";

const STEP_UP = "STEP_UP_REQUIRED";
type Preview = Outputs["audit"]["undoPreview"];

interface UndoDialogProps {
  readonly event: AuditEvent;
  onShow(id: string): void;
  onClose(): void;
}

/** What would run, on what, and what it would change; then the undo, as whoever asks for it. */
export function UndoDialog({ event, onShow, onClose }: UndoDialogProps) {
  const t = useT();
  const format = useFormat();
  const toast = useToast();
  const me = useMe();
  const utils = trpc.useUtils();
  const [reason, setReason] = useState("");
  // Asked anew each time: it says what the target is at this moment.
  const preview = trpc.audit.undoPreview.useQuery({ id: event.id }, { staleTime: 0, gcTime: 0 });
  const undo = trpc.audit.undo.useMutation({
    onSuccess: ({ eventId }) => {
      toast({
        tone: "ok",
        title: t("audit.undo.done", { action: event.action }),
        action: { label: t("audit.undo.show"), run: () => onShow(eventId) },
      });
      onClose();
    },
    // Whatever it was: any page may show what it changed, or what it was refused for.
    onSettled: () => void utils.invalidate(),
  });
  const offBecause = preview.data === undefined ? t("audit.undo.reading") : refusalOf(preview.data, me.user.role, t);
  const isConfirmedFirst = preview.data?.refusal?.code === STEP_UP;
  const submit = (): void => {
    if (offBecause !== undefined || undo.isPending) return;
    undo.mutate({ id: event.id, ...(reason.trim() ? { reason: reason.trim() } : {}) });
  };
  return (
    <Dialog
      title={t.rich("audit.undo.title", { action: <code className={classes.titleCode}>{event.action}</code> })}
      subtitle={t("audit.undo.subtitle", {
        who: event.keyName ?? event.actorEmail ?? t(`audit.via.${event.via}`),
        time: format.dateTime(event.at),
      })}
      width={560}
      onClose={onClose}
      onSubmit={submit}
      footNote={t(isConfirmedFirst ? "audit.undo.stepUp" : "audit.undo.note")}
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton
            size="md"
            type="submit"
            tone="primary"
            disabledReason={offBecause}
            loading={undo.isPending}
            keys="mod+Enter"
          >
            {t("ui.undo")}
          </ActionButton>
        </>
      }
    >
      <AsyncView query={preview} skeleton={<SkeletonLines lines={4} />} errorTitle={t("audit.undo.previewFailed")}>
        {(answer) => <WhatWouldRun preview={answer} />}
      </AsyncView>
      <TextInput
        label={<FieldLabel hint={t("ui.reasonKept")}>{t("ui.reason")}</FieldLabel>}
        value={reason}
        maxLength={500}
        onChange={(change) => setReason(change.currentTarget.value)}
        data-autofocus
      />
      {undo.error ? <Notice tone="bad" title={toAppError(undo.error).message} /> : null}
    </Dialog>
  );
}

/** Why the undo would be refused, in words. Whoever is asked to confirm who they are may go on: the undo asks. */
function refusalOf({ action, refusal }: Preview, ownRole: Role, t: Translate): string | undefined {
  switch (refusal?.code) {
    case undefined:
    case STEP_UP:
      return undefined;
    case "UNDO_STALE":
      return t("audit.undo.stale");
    case "ALREADY_UNDONE":
      return t("audit.undo.off.ALREADY_UNDONE");
    case "RIGHT_MISSING":
      return t("gate.right", { right: action, role: t(`role.${ownRole}`) });
    default:
      return refusal?.message;
  }
}

function WhatWouldRun({ preview }: { preview: Preview }) {
  const t = useT();
  const { action, target, from, to } = preview;
  const me = useMe();
  const refusal = refusalOf(preview, me.user.role, t);
  const { changed } = changesOf({ before: from, after: to });
  const run = <code className="mono">{action}</code>;
  return (
    <>
      {refusal === undefined ? null : <Notice tone="bad" title={refusal} />}
      <div>
        <p>
          {target === null
            ? t.rich("audit.undo.runs", { action: run })
            : t.rich("audit.undo.runsOn", {
                action: run,
                target: (
                  <code className="mono" title={target}>
                    {shortId(target)}
                  </code>
                ),
              })}
        </p>
        {changed.length > 0 ? (
          <>
            <h3 className={classes.subhead}>{t("audit.undo.changes")}</h3>
            <ChangeList changes={changed} />
          </>
        ) : (
          <p className="muted">{t("audit.undo.noChange")}</p>
        )}
      </div>
    </>
  );
}
