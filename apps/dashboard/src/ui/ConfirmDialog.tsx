import { Button, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { toAppError } from "../lib/errors.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import { ActionButton } from "./ActionButton.tsx";
import { Dialog } from "./Dialog.tsx";
import { FieldLabel } from "./FieldLabel.tsx";
import { Notice } from "./Notice.tsx";

export interface ConfirmDialogProps {
  readonly title: string;
  readonly body?: ReactNode;
  /** Verb and count, or verb and name: "Delete 204 jobs". */
  readonly confirmLabel: string;
  /** What has to be typed before the button works. For acts that cannot be undone: the count or the name. */
  readonly typed?: string;
  /** Asks for a reason, which the audit log keeps. */
  readonly withReason?: boolean;
  readonly danger?: boolean;
  readonly footNote?: ReactNode;
  /** Why the button is off. */
  readonly disabledReason?: string | undefined;
  readonly isBusy?: boolean;
  /** Of the last try: shown above the foot. */
  readonly error?: unknown;
  onConfirm(reason: string): void;
  onClose(): void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const isTyped = props.typed === undefined || typed.trim() === props.typed;
  const offBecause = props.disabledReason ?? (isTyped ? undefined : t("confirm.mismatch", { word: props.typed ?? "" }));
  const submit = (): void => {
    if (offBecause === undefined && !props.isBusy) props.onConfirm(reason.trim());
  };
  const footNote = props.footNote ?? (props.typed === undefined ? null : t("confirm.irreversible"));
  return (
    <Dialog
      title={props.title}
      width={480}
      onClose={props.onClose}
      onSubmit={submit}
      footNote={footNote}
      actions={
        <>
          <Button size="md" onClick={props.onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton
            size="md"
            type="submit"
            tone={props.danger ? "danger-fill" : "primary"}
            disabledReason={offBecause}
            loading={props.isBusy ?? false}
            {...(props.typed === undefined && !props.withReason ? { "data-autofocus": true } : {})}
          >
            {props.confirmLabel}
          </ActionButton>
        </>
      }
    >
      {props.body ? <div>{props.body}</div> : null}
      {props.typed === undefined ? null : (
        <TextInput
          label={t("confirm.type", { word: props.typed })}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
      )}
      {props.withReason ? (
        <TextInput
          label={<FieldLabel hint={t("ui.reasonKept")}>{t("ui.reason")}</FieldLabel>}
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.currentTarget.value)}
          {...(props.typed === undefined ? { "data-autofocus": true } : {})}
        />
      ) : null}
      {props.error ? <Notice tone="bad" title={toAppError(props.error).message} /> : null}
    </Dialog>
  );
}
