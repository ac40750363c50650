import { TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useT } from "../lib/i18n/i18n.tsx";
import { FieldLabel } from "./FieldLabel.tsx";
import { FormDialog } from "./FormDialog.tsx";

export interface ConfirmDialogProps {
  readonly title: string;
  /** Under the title: the frozen filter. */
  readonly subtitle?: ReactNode;
  /** Pixels. Default 480. */
  readonly width?: number;
  readonly body?: ReactNode;
  /** Verb and count, or verb and name: "Delete 204 jobs". */
  readonly confirmLabel: string;
  /** What has to be typed before the button works. For acts that cannot be undone: the count or the name. */
  readonly typed?: string | undefined;
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
  return (
    <FormDialog
      title={props.title}
      subtitle={props.subtitle}
      width={props.width ?? 480}
      danger={props.danger ?? false}
      submitLabel={props.confirmLabel}
      disabledReason={
        props.disabledReason ?? (isTyped ? undefined : t("confirm.mismatch", { word: props.typed ?? "" }))
      }
      isBusy={props.isBusy ?? false}
      error={props.error}
      footNote={props.footNote ?? (props.typed === undefined ? null : t("confirm.irreversible"))}
      isButtonFirst={props.typed === undefined && !props.withReason}
      onSubmit={() => props.onConfirm(reason.trim())}
      onClose={props.onClose}
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
        <ReasonField value={reason} onChange={setReason} isFirst={props.typed === undefined} />
      ) : null}
    </FormDialog>
  );
}

const REASON_MAX = 500;

/** Why it is done, optional: the audit log keeps it beside the act. */
export function ReasonField(props: { value: string; onChange: (reason: string) => void; isFirst?: boolean }) {
  const t = useT();
  return (
    <TextInput
      label={<FieldLabel hint={t("ui.reasonKept")}>{t("ui.reason")}</FieldLabel>}
      value={props.value}
      maxLength={REASON_MAX}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      {...(props.isFirst ? { "data-autofocus": true } : {})}
    />
  );
}
